import type { Frame } from './frames.ts';

/** The clock pages write the lower 24 bits of the time of day, in milliseconds, into their bar code. */
const RANGE = 2 ** 24;

/** A stretch of wall time of which a recording has no new picture. */
export interface Gap {
  /** When the last picture before it, and the first after it, were drawn; UTC ms. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** When the pictures were drawn, by the page's own clock: UTC ms, those without a bar code left out. @param nearMs some time within two hours. */
export function drawnTimes(frames: readonly Frame[], nearMs: number): number[] {
  return frames.flatMap(({ number }) => (number === null ? [] : [nearest(number, nearMs)]));
}

function nearest(bits: number, nearMs: number): number {
  const off = (((bits - nearMs) % RANGE) + 1.5 * RANGE) % RANGE;
  return nearMs + off - RANGE / 2;
}

/** The longest stretch without a new picture. */
export function longestGap(times: readonly number[]): Gap {
  return times.slice(1).reduce<Gap>(
    (longest, toMs, i) => {
      const fromMs = times[i] as number;
      return toMs - fromMs > longest.toMs - longest.fromMs ? { fromMs, toMs } : longest;
    },
    { fromMs: 0, toMs: 0 },
  );
}
