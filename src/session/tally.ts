import type { TimedFrame } from '../output/take.ts';
import type { Progress } from '../recording/status.ts';

/** Counts what is recorded. */
export class Tally {
  readonly #fps: number;
  #frames = 0;
  #missing = 0;
  #mediaMs = 0;

  constructor(fps: number) {
    this.#fps = fps;
  }

  /** Goes on from what another session has recorded. */
  goOnFrom({ mediaMs, pictures }: { readonly mediaMs: number; readonly pictures: number }): void {
    this.#mediaMs = mediaMs;
    this.#frames = pictures;
    this.#missing = Math.max(0, Math.round((mediaMs * this.#fps) / 1000) - pictures);
  }

  frame({ kind, missing }: TimedFrame): void {
    if (kind !== 'video') return;
    this.#frames += 1;
    this.#missing += missing;
    this.#mediaMs += ((1 + missing) * 1000) / this.#fps;
  }

  get progress(): Omit<Progress, 'bytes'> {
    return { mediaMs: this.#mediaMs, frames: this.#frames, missingFrames: this.#missing };
  }
}
