import type { Frame } from './frame-reader.ts';
import { PACKET, readHead, shiftTimes, TICKS_PER_SECOND, ticksBetween, wrap } from './transport-stream.ts';

/** Media time starts a little above zero, so that no decoding time or clock reference falls below it. */
export const LEAD_IN = TICKS_PER_SECOND;
/** A frame this share of an interval off its place is put back onto the grid; one further off really came late. */
const JITTER = 0.25;
/** How much of an offset is believed at each frame: follows a slow clock, ignores a late wake-up. */
const FOLLOW = 0.02;

/** A frame on the recording's own clock: `mediaTime` counts from LEAD_IN and knows no held time. */
export interface TimedFrame {
  readonly kind: Frame['kind'];
  readonly key: boolean;
  /** 90 kHz, not wrapping. */
  readonly mediaTime: number;
  /** When it was captured, UTC ms. */
  readonly capturedMs: number;
  /** Places on the grid before this frame that stayed empty. */
  readonly missing: number;
  /** Transport packets with their times rewritten to `mediaTime`. */
  readonly packets: Buffer;
}

export interface TakeOptions {
  readonly fps: number;
  /** Nothing captured before this moment is kept; UTC ms. */
  readonly fromMs: number;
  /** Media time of the first frame kept. */
  readonly mediaStart: number;
  /** Added to the time of all sound, in ticks: corrects a measured constant offset against the picture. */
  readonly soundShift: number;
}

/**
 * An uninterrupted stretch of recording, from the start or a resume to a hold or the end: picks the frames that belong
 * to it out of one encoder's stream and puts them onto the recording's clock.
 *
 * The encoder's times are wall-clock times of capture. The first picture kept, always a key frame, is the take's zero
 * for picture and sound alike.
 */
export class Take {
  readonly #options: TakeOptions;
  readonly #interval: number;
  #untilMs = Number.POSITIVE_INFINITY;
  #zero: { pts: number; capturedMs: number } | null = null;
  /** Smoothed capture time of the last picture, in ticks after zero. */
  #last = 0;
  #lastSound = Number.NEGATIVE_INFINITY;

  constructor(options: TakeOptions) {
    this.#options = options;
    this.#interval = TICKS_PER_SECOND / options.fps;
  }

  /** Nothing captured from this moment on is kept; UTC ms. */
  endAt(ms: number): void {
    this.#untilMs = Math.min(this.#untilMs, ms);
  }

  get started(): boolean {
    return this.#zero !== null;
  }

  /** When the first picture was captured, UTC ms. */
  get startedMs(): number | null {
    return this.#zero?.capturedMs ?? null;
  }

  /** Where the next take goes on. */
  get mediaEnd(): number {
    return this.#zero ? this.#options.mediaStart + this.#last + this.#interval : this.#options.mediaStart;
  }

  /** @returns the frame on the recording's clock, or null when it does not belong to this take. */
  place(frame: Frame): TimedFrame | null {
    const capturedMs = this.#capturedMs(frame.pts);
    if (!this.#zero) {
      if (frame.kind !== 'video' || !frame.key || capturedMs < this.#options.fromMs) return null;
      this.#zero = { pts: frame.pts, capturedMs };
      return this.#timed(frame, 0, capturedMs, 0);
    }
    if (capturedMs >= this.#untilMs) return null;
    const ticks = ticksBetween(frame.pts, this.#zero.pts);
    return frame.kind === 'video'
      ? this.#placePicture(frame, ticks, capturedMs)
      : this.#placeSound(frame, ticks, capturedMs);
  }

  #placePicture(frame: Frame, ticks: number, capturedMs: number): TimedFrame {
    const steps = Math.max(1, Math.round((ticks - this.#last) / this.#interval));
    const expected = this.#last + steps * this.#interval;
    const off = ticks - expected;
    this.#last = Math.abs(off) < JITTER * this.#interval ? expected + FOLLOW * off : ticks;
    return this.#timed(frame, this.#last, capturedMs, steps - 1);
  }

  #placeSound(frame: Frame, ticks: number, capturedMs: number): TimedFrame | null {
    const shifted = ticks + this.#options.soundShift;
    if (shifted < 0 || shifted <= this.#lastSound) return null;
    this.#lastSound = shifted;
    return this.#timed(frame, shifted, capturedMs, 0);
  }

  #timed(frame: Frame, ticks: number, capturedMs: number, missing: number): TimedFrame {
    const mediaTime = Math.round(this.#options.mediaStart + ticks);
    const packets = Buffer.from(frame.packets);
    const shift = wrap(mediaTime) - frame.pts;
    for (let at = 0; at < packets.length; at += PACKET) {
      const packet = packets.subarray(at, at + PACKET);
      shiftTimes(packet, readHead(packet), shift);
    }
    return { kind: frame.kind, key: frame.key, mediaTime, capturedMs, missing, packets };
  }

  /** Undoes the wrapping: the capture time nearest to the take's start. */
  #capturedMs(pts: number): number {
    const from = this.#options.fromMs;
    const ticks = ticksBetween(pts, wrap(Math.round((from / 1000) * TICKS_PER_SECOND)));
    return from + (ticks / TICKS_PER_SECOND) * 1000;
  }
}
