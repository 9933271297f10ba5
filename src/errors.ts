/**
 * Every failure that the project itself raises has a code from this table. `blame` says whose doing it is: of the
 * caller's request, of the recorded page, of the place that the files go to, of this one recording, or of the machine.
 */
const CODES = {
  config_invalid: 'request',
  request_invalid: 'request',
  /** A request's body that is not JSON. */
  body_unreadable: 'request',
  body_too_large: 'request',
  expired_hour_invalid: 'request',
  /** A start that asks for nothing that can be recorded. */
  services_not_selected: 'request',
  channel_name_invalid: 'request',
  app_id_invalid: 'request',
  /** A resourceId that was not made here, or was damaged. */
  resource_unreadable: 'request',
  /** App id or sid are not those of the resourceId. */
  resource_foreign: 'request',
  /** cname or uid are not those of the resourceId. */
  resource_mismatch: 'request',
  /** Not started in time, or used before. */
  resource_expired: 'request',
  /** Calls for the recording are no longer taken; the recording itself goes on. */
  resource_time_limit: 'request',
  task_conflict: 'request',
  over_capacity: 'node',
  no_worker: 'node',
  recording_not_found: 'request',
  recording_exiting: 'request',
  stop_repeated: 'request',
  /** A stop of a recording that has no media. */
  nothing_recorded: 'page',
  /** The recording did not answer in time; the call may be repeated. */
  not_completed: 'recording',
  /** An address that is not public and that no setting allows. */
  address_forbidden: 'request',
  /** Nobody answers at the address that files, pushes or callbacks go to. */
  unreachable: 'destination',
  /** An RTMP server refuses the stream, or has gone. */
  push_failed: 'destination',
  page_unreachable: 'page',
  page_timeout: 'page',
  /** The page crashed, hung or lost its sound. */
  page_lost: 'page',
  browser_failed: 'recording',
  browser_lost: 'recording',
  display_failed: 'node',
  sound_failed: 'node',
  encoder_failed: 'recording',
  capture_failed: 'recording',
  disk_full: 'node',
  session_lost: 'recording',
  wrong_state: 'request',
  missing_program: 'node',
  internal: 'recording',
} as const satisfies Record<string, Blame>;

export type Blame = 'request' | 'page' | 'destination' | 'recording' | 'node';
export type ErrorCode = keyof typeof CODES;

export class RecorderError extends Error {
  readonly code: ErrorCode;

  /** @param message one sentence: what was expected, what came, what to do. */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RecorderError';
    this.code = code;
  }

  get blame(): Blame {
    return CODES[this.code];
  }
}

/** Any thrown value as a short text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
