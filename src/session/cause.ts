import { type ErrorCode, messageOf, RecorderError } from '../errors.ts';
import type { EndReason } from '../recording/status.ts';
import type { Cause } from './machine.ts';

const REASONS: Partial<Record<ErrorCode, EndReason>> = {
  page_unreachable: 'page_unreachable',
  page_timeout: 'page_timeout',
  browser_failed: 'browser_failed',
  browser_lost: 'browser_lost',
  display_failed: 'browser_failed',
  sound_failed: 'browser_failed',
  missing_program: 'browser_failed',
  encoder_failed: 'encoder_failed',
  disk_full: 'disk_full',
};

/** A failure as the cause of an end, now. */
export function causeOf(error: unknown): Cause {
  const reason = error instanceof RecorderError ? (REASONS[error.code] ?? 'internal') : 'internal';
  return { reason, detail: messageOf(error), atMs: Date.now() };
}
