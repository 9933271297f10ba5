import { type ErrorCode, RecorderError } from '../errors.ts';

/** What the API says about a failure. */
export interface Problem {
  readonly status: number;
  readonly code: number;
  readonly reason: string;
}

const BODY_REASON = 'api body validate failed!';
const INTERNAL: Problem = { status: 500, code: 500, reason: 'internal_error' };

/** HTTP status, code and reason of the failures that calls raise; all others are internal errors. */
const PROBLEMS: Partial<Record<ErrorCode, Problem>> = {
  request_invalid: { status: 400, code: 2, reason: BODY_REASON },
  body_unreadable: { status: 400, code: 8, reason: 'request body is not JSON' },
  body_too_large: { status: 413, code: 2, reason: BODY_REASON },
  expired_hour_invalid: { status: 400, code: 2, reason: 'Acquire: invalid resourceExpiredHour value!' },
  services_not_selected: { status: 400, code: 2, reason: 'services not selected!' },
  channel_name_invalid: { status: 400, code: 401, reason: 'invalid_channel_name' },
  app_id_invalid: { status: 400, code: 400, reason: 'invalid_appid' },
  over_capacity: { status: 400, code: 406, reason: 'vendor_over_load' },
  resource_unreadable: { status: 400, code: 1001, reason: 'resourceId cannot be decrypted' },
  resource_foreign: { status: 400, code: 1003, reason: 'appid or sid does not belong to resourceId' },
  resource_mismatch: { status: 400, code: 432, reason: 'cname or uid does not belong to resourceId' },
  resource_expired: { status: 400, code: 433, reason: 'resourceId expired' },
  resource_time_limit: { status: 400, code: 433, reason: 'resourceId exceeded time limit!' },
  task_conflict: { status: 400, code: 53, reason: 'task conflict' },
  no_worker: { status: 500, code: 502, reason: 'Failed to allocate worker' },
  recording_not_found: { status: 404, code: 404, reason: 'failed to find worker' },
  recording_exiting: { status: 400, code: 501, reason: 'service is exiting' },
  stop_repeated: { status: 400, code: 49, reason: 'invalid operation' },
  nothing_recorded: { status: 206, code: 435, reason: 'no recorded data' },
  not_completed: { status: 206, code: 65, reason: 'request not completed' },
};

/** Answer to a start that was called again for the same resourceId; not a failure. */
export const ALREADY_STARTED: Problem = { status: 201, code: 7, reason: 'already started' };

export function problemOf(error: unknown): Problem {
  return (error instanceof RecorderError && PROBLEMS[error.code]) || INTERNAL;
}
