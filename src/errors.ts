/**
 * Every failure that the project itself raises has a code from this table. `blame` says whose doing it is: of the
 * caller's request, of the recorded page, of the place that the files go to, of this one recording, or of the machine.
 */
const CODES = {
  config_invalid: 'request',
  request_invalid: 'request',
  page_unreachable: 'page',
  page_timeout: 'page',
  browser_failed: 'recording',
  display_failed: 'node',
  sound_failed: 'node',
  encoder_failed: 'recording',
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
