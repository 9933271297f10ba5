/** The display is looked at this many times per frame of the recording, and one picture of each interval is kept. */
export const GRABS = 2;

/**
 * Where in a frame's interval the page is drawn: about so many milliseconds after the frame's start (measured; at the most
 * half an interval).
 */
const DRAWN_AFTER_MS = 7;

export interface Clocks {
  /** When the capture made its first grab, UTC ms. */
  readonly grabStartMs: number;
  /** When a frame of the page began, UTC ms: any one. */
  readonly frameStartMs: number;
  readonly fps: number;
}

/**
 * Which of the grabs of each interval to keep: the one that is farther in time from the page's drawing. A grab at that very
 * time catches now the old picture, now the new one, so frames would be lost and others doubled for as long as the two
 * clocks are in step. Of two grabs per interval, one is always a quarter of an interval away or more.
 *
 * @returns a moment, UTC ms near `nowMs`: that grab, and those at whole intervals from it, are the ones to keep.
 */
export function grabToKeep({ grabStartMs, frameStartMs, fps }: Clocks, nowMs: number): number {
  const interval = 1000 / fps;
  // x11grab counts whole microseconds from grab to grab and so departs a little from the ideal rate.
  const step = Math.round(1e6 / (GRABS * fps)) / 1000;
  const grabMs = grabStartMs + Math.round((nowMs - grabStartMs) / step) * step;
  const drawnMs = frameStartMs + Math.min(DRAWN_AFTER_MS, interval / 2);
  const candidates = Array.from({ length: GRABS }, (_, i) => grabMs + i * step);
  const distance = (ms: number) => Math.abs(remainder(ms - drawnMs, interval));
  return candidates.reduce((best, ms) => (distance(ms) > distance(best) ? ms : best));
}

/** Between −divisor/2 and divisor/2. */
function remainder(value: number, divisor: number): number {
  return value - Math.round(value / divisor) * divisor;
}
