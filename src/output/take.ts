import type { Frame } from './frame-reader.ts';
import { SOUND_TICKS, type TrackKind, type Tracks } from './tracks.ts';
import { PACKET, readHead, shiftTimes, TICKS_PER_SECOND, ticksBetween, wrap } from './transport-stream.ts';

/** Media time starts a little above zero, so that no decoding time or clock reference falls below it. */
export const LEAD_IN = TICKS_PER_SECOND;
/** A frame this share of an interval off its place is put back onto the grid; one further off really came late. */
const JITTER = 0.25;
/** Sound kept while the first picture is waited for: it may come out of its encoder when others follow it. */
const EARLY_TICKS = 3 * TICKS_PER_SECOND;
const EARLY_INTERVALS = 4;
/** Share of an interval for which a picture is shown at the least. */
const LEAST_SHOWN = 0.1;
/** Where nothing changes a last picture comes so long before the end at the most: in ticks, or intervals of a rate that was halved. */
const LAST_SHOWN = { ticks: TICKS_PER_SECOND, intervals: 3 };
/** How much of an offset is believed at each frame: follows a slow clock, ignores a late wake-up. */
const FOLLOW = 0.02;

/** A frame on the recording's own clock: `mediaTime` counts from LEAD_IN and knows no held time. */
export interface TimedFrame {
  readonly kind: TrackKind;
  readonly key: boolean;
  /** 90 kHz, not wrapping. */
  readonly mediaTime: number;
  /** When it was captured, UTC ms. */
  readonly capturedMs: number;
  /** Pictures before this one that should be there and are not: drawn, but not captured. */
  readonly missing: number;
  /** Transport packets with their times rewritten to `mediaTime`. */
  readonly packets: Buffer;
}

export interface TakeOptions {
  readonly tracks: Tracks;
  /** Nothing captured before this moment is kept; UTC ms. */
  readonly fromMs: number;
  /** Media time of the first frame kept. */
  readonly mediaStart: number;
  /** Added to the time of sound beside a picture, in ticks: corrects a measured constant offset between the two. */
  readonly soundShift: number;
  /** Pictures come only where something has changed: a place on the grid that stays empty lacks nothing. */
  readonly sparse: boolean;
}

/**
 * An uninterrupted stretch of recording, from the start or a resume to a hold or the end: picks the frames that belong
 * to it out of one encoder's stream and puts them onto the recording's clock.
 *
 * The encoder's times are wall-clock times of capture. The first picture kept, always a key frame, is the take's zero
 * for picture and sound alike; without pictures it is the first block of sound.
 */
export class Take {
  readonly #options: TakeOptions;
  readonly #interval: number;
  #untilMs = Number.POSITIVE_INFINITY;
  /** Capture time of the latest frame as ticks of the wall clock, not wrapping. */
  #clock: number;
  #zero: { clock: number; capturedMs: number } | null = null;
  /** Smoothed capture time of the last frame of the leading track, in ticks after zero. */
  #last = 0;
  #lastSound = Number.NEGATIVE_INFINITY;
  readonly #early: { frame: Frame; clock: number; capturedMs: number }[] = [];
  readonly #mostEarly: number;
  #lost = 0;
  readonly #toReach: Set<TrackKind>;
  readonly #complete = Promise.withResolvers<void>();

  constructor(options: TakeOptions) {
    this.#options = options;
    this.#interval = options.tracks.interval;
    this.#mostEarly = Math.max(EARLY_TICKS, EARLY_INTERVALS * this.#interval) / SOUND_TICKS;
    this.#toReach = new Set(options.tracks.kinds);
    this.#clock = (options.fromMs / 1000) * TICKS_PER_SECOND;
  }

  /** The capture tells that so many pictures were drawn that it could not take. */
  lose(pictures: number): void {
    this.#lost += pictures;
  }

  /** Nothing captured from this moment on is kept; UTC ms. */
  endAt(ms: number): void {
    this.#untilMs = Math.min(this.#untilMs, ms);
  }

  /** Resolves when every frame before the end has been placed. */
  get complete(): Promise<void> {
    return this.#complete.promise;
  }

  get started(): boolean {
    return this.#zero !== null;
  }

  /** When the first frame was captured, UTC ms. */
  get startedMs(): number | null {
    return this.#zero?.capturedMs ?? null;
  }

  /** Where the next take goes on. */
  get mediaEnd(): number {
    return this.#zero ? this.#options.mediaStart + this.#last + this.#lastLength : this.#options.mediaStart;
  }

  /** @returns what belongs to this take, on the recording's clock: nothing, the frame, or with the first picture the sound under it too. */
  place(frame: Frame): TimedFrame[] {
    this.#clock += ticksBetween(frame.pts, wrap(this.#clock));
    const capturedMs = (this.#clock / TICKS_PER_SECOND) * 1000;
    return this.#placeAt(frame, this.#clock, capturedMs);
  }

  #placeAt(frame: Frame, clock: number, capturedMs: number): TimedFrame[] {
    if (!this.#zero) return this.#begin(frame, clock, capturedMs);
    const ticks = clock - this.#zero.clock;
    if (frame.kind !== this.#options.tracks.lead) return this.#placeSound(frame, ticks, capturedMs);
    if (capturedMs < this.#untilMs) return this.#placeLeading(frame, ticks, capturedMs);
    this.#reached(frame.kind);
    return [];
  }

  /** No more frames of this kind will come. */
  exhaust(kind: TrackKind): void {
    if (!this.#zero && kind === this.#options.tracks.lead) this.#complete.resolve();
    else this.#reached(kind);
  }

  /** Frames of a kind come in the order of time: one past the end means that all before it are here. */
  #reached(kind: TrackKind): void {
    this.#toReach.delete(kind);
    if (this.#toReach.size === 0) this.#complete.resolve();
  }

  #begin(frame: Frame, clock: number, capturedMs: number): TimedFrame[] {
    if (frame.kind !== this.#options.tracks.lead) {
      this.#early.push({ frame, clock, capturedMs });
      if (this.#early.length > this.#mostEarly) this.#early.shift();
      return [];
    }
    if ((frame.kind === 'video' && !frame.key) || capturedMs < this.#options.fromMs) return [];
    if (capturedMs >= this.#untilMs) {
      this.#complete.resolve();
      return [];
    }
    this.#zero = { clock, capturedMs };
    const first = this.#timed(frame, 0, capturedMs, 0);
    const sounds = this.#early.splice(0).flatMap((sound) => this.#placeAt(sound.frame, sound.clock, sound.capturedMs));
    return [first, ...sounds];
  }

  #placeLeading(frame: Frame, ticks: number, capturedMs: number): TimedFrame[] {
    // A picture may not be left out, others build on it; a block of sound under the one before must be.
    if (frame.kind === 'audio' && ticks - this.#last < this.#interval / 2) return [];
    const steps = Math.max(1, Math.round((ticks - this.#last) / this.#interval));
    const expected = this.#last + steps * this.#interval;
    const off = ticks - expected;
    const time = Math.abs(off) < JITTER * this.#interval ? expected + FOLLOW * off : ticks;
    // After a stall pictures come in quick succession, and the one before may have been put later than it was captured.
    this.#last = Math.max(time, this.#last + LEAST_SHOWN * this.#interval);
    return [this.#timed(frame, this.#last, capturedMs, this.#missing(steps))];
  }

  #missing(steps: number): number {
    if (!this.#options.sparse) return steps - 1;
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  /** Put later, sound belongs to the take by the time that it is put to. */
  #placeSound(frame: Frame, ticks: number, capturedMs: number): TimedFrame[] {
    const { soundShift } = this.#options;
    const shifted = ticks + soundShift;
    const endTicks = this.#endTicks;
    if (shifted >= endTicks) this.#reached('audio');
    if (shifted < 0 || shifted <= this.#lastSound || shifted >= endTicks) return [];
    this.#lastSound = shifted;
    return [this.#timed(frame, shifted, capturedMs, 0)];
  }

  /**
   * Takes begin and end somewhere between two frames; a last frame of full length makes up for what the first one came late. The
   * slowest recordings begin at once, and so the last picture is shown until the take ends.
   */
  get #lastLength(): number {
    const soundEnd = this.#lastSound + SOUND_TICKS;
    const shown = Math.max(this.#endTicks, soundEnd) - this.#last;
    const { sparse, tracks } = this.#options;
    if (!sparse) return Math.max(tracks.grain, Math.min(this.#interval, shown));
    // Its first picture did not come late. And a capture that died told its last one up to a second before; the sound went on.
    const most = Math.max(LAST_SHOWN.ticks, LAST_SHOWN.intervals * this.#interval);
    return Math.max(LEAST_SHOWN * this.#interval, Math.min(most, shown), soundEnd - this.#last);
  }

  /** The end, in ticks after zero. */
  get #endTicks(): number {
    return ((this.#untilMs - (this.#zero?.capturedMs ?? 0)) / 1000) * TICKS_PER_SECOND;
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
}
