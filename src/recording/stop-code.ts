import type { EndReason } from './status.ts';

/** Why a web recording stopped, as the API numbers and names it. */
export interface StopCode {
  readonly code: number;
  readonly message: string;
}

const OK = { code: 0, message: 'ok' };
const START_ENGINE_FAILED = { code: 3, message: 'start_engine_failed' };
const RECORDER_ERROR = { code: 6, message: 'recorder_error' };

const STOP_CODES: Readonly<Record<EndReason, StopCode>> = {
  requested: OK,
  idle: OK,
  token_expired: RECORDER_ERROR,
  token_invalid: RECORDER_ERROR,
  uid_taken: RECORDER_ERROR,
  max_duration: { code: 1, message: 'max_recording_hour' },
  page_timeout: { code: 4, message: 'page_load_timeout' },
  page_unreachable: { code: 5, message: 'access_url_failed' },
  browser_failed: START_ENGINE_FAILED,
  page_lost: RECORDER_ERROR,
  capability_limit: { code: 2, message: 'capability_limit' },
  browser_lost: RECORDER_ERROR,
  encoder_failed: RECORDER_ERROR,
  disk_full: RECORDER_ERROR,
  session_lost: RECORDER_ERROR,
  internal: RECORDER_ERROR,
};

export function stopCodeOf(reason: EndReason): StopCode {
  return STOP_CODES[reason];
}
