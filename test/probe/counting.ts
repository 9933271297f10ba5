import type { Frame } from './frames.ts';

/** How the frames of a file follow the page's own count of frames. */
export interface Count {
  readonly frames: number;
  /** Frames without a readable bar code. */
  readonly unread: number;
  readonly first: number | null;
  readonly last: number | null;
  /** Different page frames in the file. */
  readonly unique: number;
  /** Frames that show the same page frame as the one before. */
  readonly repeated: number;
  /** Page frames between the first and the last that are in no frame of the file. */
  readonly lost: number;
  /** Places where the count went back: the page was loaded anew. */
  readonly restarts: number;
  /** `unique` as a share of all frames, 0 to 1. */
  readonly share: number;
  /** Different page frames per second of the time between the first and the last frame. */
  readonly perSecond: number;
}

export function countPageFrames(frames: readonly Frame[]): Count {
  const tally = { unread: 0, unique: 0, repeated: 0, lost: 0, restarts: 0 };
  let first: number | null = null;
  let last: number | null = null;
  for (const { number } of frames) {
    if (number === null) {
      tally.unread += 1;
      continue;
    }
    first ??= number;
    if (number === last) tally.repeated += 1;
    else tally.unique += 1;
    if (last !== null && number < last) tally.restarts += 1;
    if (last !== null && number > last) tally.lost += number - last - 1;
    last = number;
  }
  const span = (frames.at(-1)?.time ?? 0) - (frames[0]?.time ?? 0);
  return {
    frames: frames.length,
    ...tally,
    first,
    last,
    share: frames.length === 0 ? 0 : tally.unique / frames.length,
    perSecond: span > 0 ? (tally.unique - 1) / span : 0,
  };
}

/** Every place where the page's count does not go up by one, for a message that helps. */
export function irregularities(frames: readonly Frame[]): string[] {
  const found: string[] = [];
  let last: number | null = null;
  for (const { index, time, number } of frames) {
    if (number === null) found.push(`frame ${index} at ${time.toFixed(3)} s: no readable number`);
    else if (last !== null && number !== last + 1) {
      found.push(`frame ${index} at ${time.toFixed(3)} s: number ${number} after ${last}`);
    }
    last = number ?? last;
  }
  return found;
}

const FLAT = 24;

/** A picture that is white all over, as a page not yet painted is. */
export function isWhite(frame: Frame): boolean {
  return frame.luma > 230 && frame.spread < FLAT;
}

export function isBlack(frame: Frame): boolean {
  return frame.luma < 26 && frame.spread < FLAT;
}

/** The times of frames where a flash begins. One that was already going on in the first frame does not count. */
export function flashOnsets(frames: readonly Frame[]): number[] {
  return frames.filter((frame, i) => i > 0 && frame.flash && frames[i - 1]?.flash === false).map(({ time }) => time);
}

/** Neighbouring frames that look the same, for pages without a bar code. */
export function equalNeighbours(frames: readonly Frame[], tolerance = 1): number {
  return frames.filter(({ change }) => change !== null && change <= tolerance).length;
}

/** Largest distance in seconds between neighbouring frames. */
export function longestGap(frames: readonly Frame[]): number {
  return frames.reduce((longest, { time }, i) => Math.max(longest, i === 0 ? 0 : time - (frames[i - 1]?.time ?? 0)), 0);
}
