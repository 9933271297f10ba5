import { Stretches } from './stretches.ts';

/**
 * A block of digital silence has 25 bytes (one channel) or 27 (two) at every bit rate of the API, all alike; a tone of one bit,
 * the softest sound that 16 bits can hold, has 36 or more.
 */
const SILENT_BYTES = 31;
const BLOCK_MS = (1024 / 48_000) * 1000;
/** Sound is given out beside its picture; when it lags this far behind there is none. */
const ABSENT_MS = 2_000;

/** Finds digital silence, and sound that does not come at all. */
export class SilenceWatch {
  readonly stretches = new Stretches();
  #endMs: number | null = null;
  /** When the last block began, if it was not silent. */
  #loudMs: number | null = null;

  /**
   * Real sound reaches over two blocks; one alone is the encoder's name, which ffmpeg puts into each 256th.
   * @returns whether there is something to be heard
   */
  sound(bytes: number, atMs: number): boolean {
    const loud = bytes > SILENT_BYTES;
    const heard = loud && this.#loudMs !== null;
    if (!loud) this.stretches.begin(atMs);
    else if (this.#loudMs !== null) this.stretches.end(this.#loudMs);
    this.#loudMs = loud ? atMs : null;
    this.#endMs = atMs + BLOCK_MS;
    return heard;
  }

  picture(atMs: number): void {
    if (this.#endMs === null || atMs - this.#endMs <= ABSENT_MS) return;
    this.stretches.begin(this.#endMs);
    this.#loudMs = null;
  }
}
