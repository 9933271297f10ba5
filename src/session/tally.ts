import type { Sums } from '../output/slices.ts';
import type { TimedFrame } from '../output/take.ts';
import { SOUND_TICKS, type Tracks } from '../output/tracks.ts';
import { TICKS_PER_SECOND } from '../output/transport-stream.ts';
import type { Progress } from '../recording/status.ts';

/** Counts what is recorded. */
export class Tally {
  readonly #lead: Tracks['lead'];
  readonly #interval: number;
  /** Recorded before the first frame, by another session. */
  #pastMs = 0;
  /** Media time of the first frame; null before it. */
  #start: number | null = null;
  /** Media time at which what came so far ends: a picture may be shown for longer, which the next one tells, or the sound. */
  #end = 0;
  #frames = 0;
  #missing = 0;

  constructor({ lead, interval }: Tracks) {
    this.#lead = lead;
    this.#interval = interval;
  }

  /** Goes on from what another session has recorded. */
  goOnFrom({ mediaMs, pictures, missing }: Omit<Sums, 'bytes'>): void {
    this.#pastMs = mediaMs;
    this.#frames = pictures;
    this.#missing = missing;
  }

  frame({ kind, missing, mediaTime }: TimedFrame): void {
    if (kind === this.#lead) this.#start ??= mediaTime;
    const length = kind === 'video' ? this.#interval : SOUND_TICKS;
    this.#end = Math.max(this.#end, mediaTime + length);
    if (kind !== 'video') return;
    this.#frames += 1;
    this.#missing += missing;
  }

  /** Where the last frame ends: earlier than others, or later. */
  endAt(mediaTime: number): void {
    this.#end = mediaTime;
  }

  get progress(): Omit<Progress, 'bytes'> {
    const ticks = this.#start === null ? 0 : this.#end - this.#start;
    const mediaMs = this.#pastMs + (ticks / TICKS_PER_SECOND) * 1000;
    return { mediaMs, frames: this.#frames, missingFrames: this.#missing };
  }
}
