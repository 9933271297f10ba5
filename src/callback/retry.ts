import type { UtcMs } from '../types.ts';
import type { Message } from './outbox.ts';

export interface Retries {
  /** Wait after the first failed attempt, the second, ...; the last one also holds for all further ones. */
  readonly waitsMs: readonly number[];
  /** The last attempt is made so long after the event. */
  readonly giveUpMs: number;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/** The API's own service tries at once and three times in all; a receiver that is being replaced needs longer than that. */
export const RETRIES: Retries = {
  waitsMs: [0, 2 * SECOND_MS, 10 * SECOND_MS, 30 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS],
  giveUpMs: 60 * MINUTE_MS,
};

/**
 * How long to wait after an attempt that failed just now; null: it was the last. Each message is tried at least once,
 * however long it had to wait for its turn.
 */
export function waitAfterFailure(
  { eventMs, attempts }: Pick<Message, 'eventMs' | 'attempts'>,
  nowMs: UtcMs,
  { waitsMs, giveUpMs }: Retries,
): number | null {
  const leftMs = eventMs + giveUpMs - nowMs;
  if (leftMs <= 0) return null;
  return Math.min(waitsMs[attempts] ?? waitsMs.at(-1) ?? 0, leftMs);
}
