import { type ErrorCode, messageOf, RecorderError } from '../errors.ts';
import type { ReloadReason } from '../recording/link.ts';
import type { EndReason } from '../recording/status.ts';
import type { Cause, Trouble } from './machine.ts';

const REASONS: Partial<Record<ErrorCode, EndReason>> = {
  page_unreachable: 'page_unreachable',
  page_timeout: 'page_timeout',
  page_lost: 'page_lost',
  browser_failed: 'browser_failed',
  browser_lost: 'browser_lost',
  display_failed: 'browser_failed',
  sound_failed: 'browser_failed',
  missing_program: 'browser_failed',
  encoder_failed: 'encoder_failed',
  capture_failed: 'encoder_failed',
  disk_full: 'disk_full',
};

const RELOAD_REASONS: Partial<Record<ErrorCode, ReloadReason>> = {
  page_unreachable: 'navigation_error',
  page_timeout: 'page_load_timeout',
  page_lost: 'page_crashed',
};

/** A failure as the cause of an end, now. */
export function causeOf(error: unknown): Cause {
  const reason = error instanceof RecorderError ? (REASONS[error.code] ?? 'internal') : 'internal';
  return { reason, detail: messageOf(error), atMs: Date.now() };
}

/** A failure of the page as a trouble that it may come back from. What is not of the page's own making is its stage's. */
export function troubleOf(error: unknown, atMs = Date.now()): Trouble {
  const reason = error instanceof RecorderError ? (RELOAD_REASONS[error.code] ?? 'browser_lost') : 'browser_lost';
  return { reason, detail: messageOf(error), atMs };
}
