import { refreshRate } from '../recording/plan.ts';

/** The display is looked at this many times each time that it is drawn, and one picture per frame of the recording is kept. */
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
  /** Frames per second of the recording. */
  readonly fps: number;
}

/**
 * Which of the grabs of each interval to keep: the one that is farther in time from the page's drawing. A grab at that very
 * time catches now the old picture, now the new one, so frames would be lost and others doubled for as long as the two
 * clocks are in step. Of two grabs per interval, one is always a quarter of an interval away or more.
 *
 * @param fromMs the first grab to keep is one of the two that follow this moment, UTC ms.
 * @returns a moment, UTC ms near `nowMs`: that grab, and those at whole frames of the recording from it, are the ones to keep.
 */
export function grabToKeep({ grabStartMs, frameStartMs, fps }: Clocks, fromMs: number, nowMs: number): number {
  const refresh = refreshRate(fps);
  const interval = 1000 / refresh;
  // x11grab counts whole microseconds from grab to grab and so departs a little from the ideal rate.
  const step = Math.round(1e6 / (GRABS * refresh)) / 1000;
  const wantedMs = fromMs + (Math.round(((nowMs - fromMs) * fps) / 1000) * 1000) / fps;
  const grabMs = grabStartMs + Math.ceil((wantedMs - grabStartMs) / step) * step;
  const drawnMs = frameStartMs + Math.min(DRAWN_AFTER_MS, interval / 2);
  const candidates = Array.from({ length: GRABS }, (_, i) => grabMs + i * step);
  const distance = (ms: number) => Math.abs(remainder(ms - drawnMs, interval));
  return candidates.reduce((best, ms) => (distance(ms) > distance(best) ? ms : best));
}

/** Between −divisor/2 and divisor/2. */
function remainder(value: number, divisor: number): number {
  return value - Math.round(value / divisor) * divisor;
}
