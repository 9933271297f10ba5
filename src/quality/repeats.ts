/** Nothing for as long as this, or for some intervals, means that nothing was drawn; a page that is drawn more often moves. */
const REST_MS = 500;
const REST_INTERVALS = 2.5;
/** A change is told again twice within a quarter of a second (`native/pacer.c`), so it comes in threes and more. */
const LEAST_OF_CHANGE = 3;

export interface Seen {
  readonly atMs: number;
  /** Pictures before it that should be there and are not. */
  readonly missing: number;
}

export interface RepeatsOptions<T> {
  readonly fps: number;
  /** A picture that may show something else than the one before. */
  readonly onPicture: (picture: T) => void;
  /** One that cannot: it was given only because some time had passed. */
  readonly onRepeat: (picture: T) => void;
  /** From one picture to the next, at this time, nothing was drawn. */
  readonly onRest: (toMs: number) => void;
}

/**
 * Where pictures come only when something has been drawn, tells those that show something from those that are given once a second
 * all the same, and of those that are key frames only because it was time. By sizes they cannot be told apart: an encoder draws a
 * still screen finer and finer. Pictures at a steady rate all go through.
 */
export class Repeats<T extends Seen> {
  readonly #options: RepeatsOptions<T>;
  readonly #restMs: number;
  /** Since the last rest, as long as they may be repeats. */
  #waiting: T[] = [];
  #count = 0;
  #lastMs: number | null = null;

  constructor(options: RepeatsOptions<T>) {
    this.#options = options;
    this.#restMs = Math.max(REST_MS, (REST_INTERVALS * 1000) / options.fps);
  }

  push(picture: T): void {
    const { atMs, missing } = picture;
    if (this.#lastMs !== null && missing === 0 && atMs - this.#lastMs >= this.#restMs) this.#rest(atMs);
    this.#lastMs = atMs;
    this.#waiting.push(picture);
    this.#count += 1;
    if (this.#count < LEAST_OF_CHANGE && missing === 0) return;
    for (const one of this.#waiting.splice(0)) this.#options.onPicture(one);
  }

  /** What follows is of another time, or nothing does. */
  flush(): void {
    for (const one of this.#waiting.splice(0)) this.#options.onRepeat(one);
    this.#count = 0;
    this.#lastMs = null;
  }

  #rest(toMs: number): void {
    this.flush();
    this.#options.onRest(toMs);
  }
}
