import type { MediaInterval } from '../recording/status.ts';

/** Shorter ones are not worth telling. */
const LEAST_MS = 2_000;
const MOST = 100;

/** Stretches of media with one quality, such as silence: the latest hundred. Times in milliseconds of media. */
export class Stretches {
  readonly #past: MediaInterval[] = [];
  #fromMs: number | null = null;

  get open(): boolean {
    return this.#fromMs !== null;
  }

  begin(atMs: number): void {
    this.#fromMs ??= Math.max(atMs, this.#past.at(-1)?.toMs ?? 0);
  }

  end(atMs: number): void {
    const fromMs = this.#fromMs;
    this.#fromMs = null;
    if (fromMs === null || atMs - fromMs < LEAST_MS) return;
    this.#past.push({ fromMs: Math.round(fromMs), toMs: Math.round(atMs) });
    if (this.#past.length > MOST) this.#past.shift();
  }

  /** @param nowMs where the media ends so far; one that goes on is told once it is long enough. */
  list(nowMs: number): MediaInterval[] {
    const fromMs = this.#fromMs;
    if (fromMs === null || nowMs - fromMs < LEAST_MS) return [...this.#past];
    return [...this.#past, { fromMs: Math.round(fromMs), toMs: null }].slice(-MOST);
  }
}
