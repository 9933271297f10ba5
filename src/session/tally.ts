import type { TimedFrame } from '../output/take.ts';
import type { Tracks } from '../output/tracks.ts';
import { TICKS_PER_SECOND } from '../output/transport-stream.ts';
import type { Progress } from '../recording/status.ts';

/** Counts what is recorded. */
export class Tally {
  readonly #lead: Tracks['lead'];
  readonly #interval: number;
  /** Media time at which the last frame ends, if the next one comes in time. */
  #end = 0;
  #frames = 0;
  #missing = 0;
  #mediaMs = 0;

  constructor({ lead, interval }: Tracks) {
    this.#lead = lead;
    this.#interval = interval;
  }

  /** Goes on from what another session has recorded. */
  goOnFrom({ mediaMs, pictures }: { readonly mediaMs: number; readonly pictures: number }): void {
    this.#mediaMs = mediaMs;
    this.#frames = pictures;
    if (this.#lead === 'video') this.#missing = Math.max(0, Math.round(mediaMs / toMs(this.#interval)) - pictures);
  }

  frame({ kind, missing, mediaTime }: TimedFrame): void {
    if (kind !== this.#lead) return;
    this.#end = mediaTime + this.#interval;
    this.#mediaMs += (1 + missing) * toMs(this.#interval);
    if (kind !== 'video') return;
    this.#frames += 1;
    this.#missing += missing;
  }

  /** The last frame does not last as long as others. */
  endAt(mediaTime: number): void {
    this.#mediaMs -= toMs(Math.max(0, this.#end - mediaTime));
    this.#end = Math.min(this.#end, mediaTime);
  }

  get progress(): Omit<Progress, 'bytes'> {
    return { mediaMs: this.#mediaMs, frames: this.#frames, missingFrames: this.#missing };
  }
}

function toMs(ticks: number): number {
  return (ticks / TICKS_PER_SECOND) * 1000;
}
