import type { Size } from '../types.ts';
import { Stretches } from './stretches.ts';

/** A key frame of one colour has 220 bytes at 640x360, 330 at 1280x720, 600 at 1920x1080; the stream's first has 700 more. */
const PLAIN_BYTES = 1_000;
const PLAIN_BYTES_PER_BLOCK = 0.2;
/** Brightest pixel of a black picture, 0 to 255: as ffmpeg's blackdetect has it. */
const BLACK = 25;
/** Looking at a picture starts a process. */
const LOOK_EVERY_MS = 10_000;

/** The brightest pixel of a key frame, 0 to 255; null when it cannot be told. */
export type Look = (keyFrame: Buffer) => Promise<number | null>;

/** A key frame as far as is known without decoding it. */
export interface PlainFrame {
  readonly bytes: number;
  /** Media time. */
  readonly atMs: number;
  /** Since when, in media time, the screen has not changed. */
  readonly sameSinceMs: number;
  /** When it was captured. */
  readonly wallMs: number;
  /** The picture as a stream of its own. */
  readonly stream: () => Buffer;
}

/** A screen so plain that it may be black. */
interface Suspect {
  readonly fromMs: number;
  /** Since when there was no look at what was on the screen. */
  readonly unknownMs: number;
  /** null: not looked at yet. */
  black: boolean | null;
}

/**
 * Finds stretches with a black screen: a key frame that is tiny for its size is looked at, and what was seen holds as long as
 * nothing moves.
 */
export class BlackWatch {
  readonly stretches = new Stretches();
  readonly #plainBytes: number;
  readonly #look: Look;
  #suspect: Suspect | null = null;
  #looking: Promise<void> | null = null;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #keyMs: number | null = null;
  /** First picture since the last key frame that showed something else. */
  #changedMs: number | null = null;

  constructor({ width, height }: Size, look: Look) {
    this.#plainBytes = PLAIN_BYTES + PLAIN_BYTES_PER_BLOCK * Math.ceil(width / 16) * Math.ceil(height / 16);
    this.#look = look;
  }

  keyFrame(frame: PlainFrame): void {
    const { bytes, atMs, sameSinceMs } = frame;
    if (bytes > this.#plainBytes) {
      this.#endAt(atMs);
      this.#suspect = null;
    } else {
      const before = this.#keyMs;
      const moved = before === null || sameSinceMs > before;
      if (!this.#suspect || moved) this.#suspect = this.#suspectSince(Math.max(before ?? atMs, sameSinceMs));
      this.#lookAt(this.#suspect, frame);
    }
    this.#keyMs = atMs;
    this.#changedMs = null;
  }

  /** Any other picture. */
  picture(atMs: number, sameSinceMs: number): void {
    if (sameSinceMs === atMs) this.#changedMs ??= atMs;
  }

  /** The recording is over. */
  end(atMs: number): void {
    this.#endAt(atMs);
  }

  /** Resolves when no look is under way. */
  async looked(): Promise<void> {
    await this.#looking;
  }

  #suspectSince(fromMs: number): Suspect {
    const before = this.#suspect;
    return { fromMs, unknownMs: before?.black === null ? before.unknownMs : fromMs, black: null };
  }

  /** What was not looked at does not count. */
  #endAt(atMs: number): void {
    const unknownMs = this.#suspect?.black === null ? this.#suspect.unknownMs : null;
    this.stretches.end(unknownMs ?? this.#changedMs ?? atMs);
  }

  #lookAt(suspect: Suspect, { wallMs, stream }: PlainFrame): void {
    if (suspect.black !== null || this.#looking || wallMs - this.#lookedMs < LOOK_EVERY_MS) return;
    this.#lookedMs = wallMs;
    this.#looking = this.#look(stream())
      .catch(() => null)
      .then((brightest) => {
        this.#looking = null;
        if (brightest !== null && this.#suspect) this.#seen(suspect, brightest < BLACK);
      });
  }

  #seen(suspect: Suspect, black: boolean): void {
    suspect.black = black;
    if (black) this.stretches.begin(suspect.fromMs);
    else this.stretches.end(suspect.unknownMs);
  }
}
