/** How sound and picture go together over a file. All in milliseconds; negative = the sound is early. */
export interface Cadence {
  readonly pairs: number;
  readonly flashesAlone: number;
  readonly beepsAlone: number;
  readonly offsets: readonly number[];
  readonly median: number;
  /** From the 5th to the 95th of 100. */
  readonly spread: number;
  readonly worst: number;
  /** By how much the offset changes from the first pair to the last, along a straight line through all of them. */
  readonly drift: number;
}

/** Flashes and beeps come once a second; what is further apart than this does not belong together. */
const MAX_APART_S = 0.45;

/** @param flashes, beeps times of their onsets in seconds, rising. */
export function judgeCadence(flashes: readonly number[], beeps: readonly number[]): Cadence {
  const pairs = pairUp(flashes, beeps);
  const offsets = pairs.map(([flash, beep]) => (beep - flash) * 1000);
  const sorted = [...offsets].sort((a, b) => a - b);
  const times = pairs.map(([flash]) => flash);
  return {
    pairs: pairs.length,
    flashesAlone: flashes.length - pairs.length,
    beepsAlone: beeps.length - pairs.length,
    offsets,
    median: quantile(sorted, 0.5),
    spread: quantile(sorted, 0.95) - quantile(sorted, 0.05),
    worst: sorted.reduce((worst, offset) => (Math.abs(offset) > Math.abs(worst) ? offset : worst), 0),
    drift: slope(times, offsets) * ((times.at(-1) ?? 0) - (times[0] ?? 0)),
  };
}

function pairUp(flashes: readonly number[], beeps: readonly number[]): [number, number][] {
  const pairs: [number, number][] = [];
  let next = 0;
  for (const flash of flashes) {
    while (next < beeps.length && (beeps[next] as number) < flash - MAX_APART_S) next += 1;
    const beep = beeps[next];
    if (beep === undefined || beep > flash + MAX_APART_S) continue;
    pairs.push([flash, beep]);
    next += 1;
  }
  return pairs;
}

/** @param sorted rising. NaN when empty. */
function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

/** Least squares. */
function slope(xs: readonly number[], ys: readonly number[]): number {
  const meanX = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const meanY = ys.reduce((sum, y) => sum + y, 0) / ys.length;
  let above = 0;
  let below = 0;
  for (const [i, x] of xs.entries()) {
    above += (x - meanX) * ((ys[i] as number) - meanY);
    below += (x - meanX) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
