import type { TimedFrame } from '../output/take.ts';
import { TICKS_PER_SECOND } from '../output/transport-stream.ts';

/** About two seconds of sound. */
const ENOUGH = 100;
const FOLLOW = 1 / ENOUGH;
/** More than this between the two can only mean that they are of different takes. */
const ONE_TAKE_MS = 1_000;

/**
 * Estimates how much later the file plays the sound than it was captured, measured against the picture. It knows the clocks of
 * the capture only: how late the page itself is, or the way of its picture through the display (which a constant corrects for,
 * taken as right here), it cannot see.
 */
export class SoundOffset {
  #shiftMs = 0;
  #pictureMs: number | null = null;
  #offsetMs = 0;
  #count = 0;

  /** Ticks that all sound is put later on purpose. */
  set shift(ticks: number) {
    this.#shiftMs = toMs(ticks);
  }

  frame({ kind, mediaTime, capturedMs }: TimedFrame): void {
    const delayMs = toMs(mediaTime) - capturedMs;
    if (kind === 'video') this.#pictureMs = delayMs;
    else if (this.#pictureMs !== null) this.#measured(delayMs - this.#pictureMs - this.#shiftMs);
  }

  /** Milliseconds; null until there is enough. */
  get ms(): number | null {
    return this.#count < ENOUGH ? null : Math.round(this.#offsetMs) + 0;
  }

  #measured(offsetMs: number): void {
    if (Math.abs(offsetMs) > ONE_TAKE_MS) return;
    this.#count += 1;
    this.#offsetMs += (offsetMs - this.#offsetMs) * Math.max(FOLLOW, 1 / this.#count);
  }
}

function toMs(ticks: number): number {
  return (ticks / TICKS_PER_SECOND) * 1000;
}
