import { type CaptureLoad, NO_LOAD, type Pace } from '../capture/frames.ts';
import type { PictureEncoder } from '../encode/codecs.ts';
import type { Encoder, EncoderInputs, EncoderOptions, PictureSource } from '../encode/encoder.ts';
import { openPictures } from '../encode/picture-source.ts';
import { SoundEncoder } from '../encode/sound-encoder.ts';
import { sleep } from '../kit/deadline.ts';
import { type Frame, FrameReader } from '../output/frame-reader.ts';
import type { Take, TimedFrame } from '../output/take.ts';
import type { TrackKind, Tracks } from '../output/tracks.ts';
import type { MediaPlan } from '../recording/plan.ts';
import type { CaptureKind } from '../recording/status.ts';
import { Patience } from './patience.ts';

/** What the encoders look at and listen to, and with which environment. */
export interface EncoderPlace {
  readonly inputs: EncoderInputs;
  readonly env: Readonly<Record<string, string>>;
}

export interface RunOptions {
  readonly media: MediaPlan;
  readonly tracks: Tracks;
  readonly place: EncoderPlace & Omit<EncoderOptions, 'onData'>;
  readonly capture: CaptureKind;
  readonly encoder: PictureEncoder;
  readonly pace: Pace;
  readonly onFrame: (frame: TimedFrame) => void;
}

/** An encoder gives out a frame within a fraction of a second, and two frames; one that takes longer than this is not coming. */
const TRAILING_MS = 3_000;
/** On a machine without room it may take that long until all has come out. */
const MOST_TRAILING_MS = 15_000;
/** An open encoder that gives nothing of a track at so many looks in a row has lost its input. */
const STALL_LOOKS = 5;
/** Blocks of sound kept while there is no take: one may begin a little before it is opened. */
const KEPT_SOUNDS = 24;

/** The encoders of one take, one for each track, armed before the take is wanted; and the take that is cut out of their streams. */
export class Run implements AsyncDisposable {
  readonly capture: CaptureKind | null;
  readonly encoder: PictureEncoder | null;
  /** Told to end, or not needed any more: that it ends is no loss. */
  finishing = false;
  /** From when on it is open, UTC ms. */
  openFromMs: number | null = null;
  readonly #options: RunOptions;
  readonly #pictures: PictureSource | null;
  readonly #encoders: ReadonlyMap<TrackKind, Encoder>;
  readonly #stall: ReadonlyMap<TrackKind, Patience>;
  /** Tracks that had frames since the last look. */
  readonly #came = new Set<TrackKind>();
  /** What came before there was a take. */
  #waiting: Frame[] = [];
  #take: Take | null = null;
  #begun: Promise<void> = Promise.resolve();
  #endMs: number | null = null;
  #fault: string | null = null;
  /** When something of the take came out last, by a steady clock. */
  #placedMs = 0;
  /** What came of pictures, for a capture that does not tell. */
  #seen = NO_LOAD;

  constructor(options: RunOptions) {
    this.#options = options;
    const { media, place } = options;
    const { picture, sound } = media;
    const { display, source } = place.inputs;
    const readers = { video: this.#reader(), audio: this.#reader() };
    const onto = (kind: TrackKind) => ({ ...place, onData: (chunk: Buffer) => readers[kind].push(chunk) });
    this.#pictures =
      picture && display !== null
        ? openPictures(options.capture, { ...options, ...onto('video'), display, picture })
        : null;
    const heard = sound && source !== null ? new SoundEncoder({ ...onto('audio'), source, sound }) : null;
    this.capture = this.#pictures?.capture ?? null;
    this.encoder = this.#pictures && options.encoder;
    const encoders: [TrackKind, Encoder | null][] = [
      ['video', this.#pictures],
      ['audio', heard],
    ];
    this.#encoders = new Map(encoders.flatMap(([kind, encoder]) => (encoder ? [[kind, encoder] as const] : [])));
    for (const [kind, encoder] of this.#encoders) void encoder.ended.then(() => readers[kind].end());
    this.#stall = new Map(options.tracks.kinds.map((kind) => [kind, new Patience(STALL_LOOKS)]));
  }

  /** Resolves when there are pictures and sound to take. @throws RecorderError */
  get armed(): Promise<void> {
    return Promise.all([...this.#encoders.values()].map(({ armed }) => armed)).then(() => {});
  }

  /** Resolves when one of the encoders is gone, and all that it wrote is read. */
  get lost(): Promise<void> {
    return Promise.race([...this.#encoders.values()].map(({ ended }) => ended)).then(() => {});
  }

  get over(): boolean {
    return [...this.#encoders.values()].some((encoder) => encoder.over);
  }

  /** The one that gives pictures is gone, or about to be. */
  get picturesOver(): boolean {
    return this.#pictures?.over ?? false;
  }

  /** It was not the encoder's fault. */
  get captureLost(): boolean {
    return this.#pictures?.captureLost ?? false;
  }

  /** How far ahead `openFrom` must be told, ms. */
  get leadMs(): number {
    return this.#pictures?.leadMs ?? 0;
  }

  /** Why it ended, for people. */
  describeEnd(): string {
    const ended = [...this.#encoders.values()].filter((encoder) => encoder.over);
    return this.#fault ?? ended.map((encoder) => encoder.describeExit()).join('; ');
  }

  /** The last lines of the encoders' logs. */
  tail(): string {
    return [...this.#encoders.values()].map((encoder) => encoder.tail()).join('\n');
  }

  set pace(pace: Pace) {
    if (this.#pictures) this.#pictures.pace = pace;
  }

  /** Captures from this moment on, or, called again, follows the page's clock. Both UTC ms. */
  openFrom(fromMs: number, frameStartMs: number): void {
    this.openFromMs = fromMs;
    this.#pictures?.openFrom(fromMs, frameStartMs);
  }

  /** The take that it was opened for, once that before it has come to its end. */
  begin(before: Promise<void>, build: () => Take): void {
    this.#begun = before.then(() => {
      const take = build();
      if (this.#endMs !== null) take.endAt(this.#endMs);
      this.#take = take;
      for (const frame of this.#waiting.splice(0)) this.#place(take, frame);
    });
  }

  /** @returns how the capture has kept up since the last time; where it does not tell, as the pictures show it */
  takeLoad(): CaptureLoad | null {
    const seen = this.#seen;
    this.#seen = NO_LOAD;
    const told = this.#pictures?.takeLoad() ?? null;
    if (told && told.lost > 0) this.#take?.lose(told.lost);
    return told ?? (this.#pictures && seen);
  }

  /** To be called each second: an open encoder that gives nothing is ended, and so lost. */
  look(): void {
    if (this.openFromMs === null || this.finishing) return;
    for (const [kind, stall] of this.#stall) {
      if (!stall.look(!this.#came.has(kind))) continue;
      this.#fault = `the encoder gave no ${NAMES[kind]} for ${STALL_LOOKS} s`;
      this.#encoders.get(kind)?.kill();
    }
    this.#came.clear();
  }

  /**
   * Ends the take with what was captured before `atMs`, UTC ms. The encoders run on until the last frame before that has come out
   * of them: told to end at once they would drop what they have read but not yet encoded.
   * @returns the take, complete; null when there was none
   */
  async finish(atMs: number, intervalMs: number): Promise<Take | null> {
    this.finishing = true;
    this.cutAt(atMs);
    if (this.openFromMs === null) {
      await this[Symbol.asyncDispose]();
      return null;
    }
    await this.#begun;
    for (const [kind, encoder] of this.#encoders) void encoder.ended.then(() => this.#take?.exhaust(kind));
    await Promise.race([this.#take?.complete, this.#quiet(TRAILING_MS + 2 * intervalMs)]);
    await Promise.all([...this.#encoders.values()].map((encoder) => encoder.finish()));
    return this.#take;
  }

  /** Its take ends with what was captured before this moment, UTC ms; of several the earliest counts. */
  cutAt(atMs: number): void {
    if (this.#endMs !== null && atMs >= this.#endMs) return;
    this.#endMs = atMs;
    this.#take?.endAt(atMs);
    for (const encoder of this.#encoders.values()) encoder.endAt(atMs);
  }

  /** Resolves once nothing of the take has come out for so long; an encoder that is short of time has much to give yet. */
  async #quiet(patienceMs: number): Promise<void> {
    const limitMs = performance.now() + MOST_TRAILING_MS;
    this.#placedMs = performance.now();
    for (;;) {
      const leftMs = Math.min(limitMs, this.#placedMs + patienceMs) - performance.now();
      if (leftMs <= 0) return;
      await sleep(leftMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.finishing = true;
    await Promise.all([...this.#encoders.values()].map((encoder) => encoder[Symbol.asyncDispose]()));
  }

  #reader(): FrameReader {
    return new FrameReader((frame) => {
      this.#came.add(frame.kind);
      if (this.#take) this.#place(this.#take, frame);
      else this.#keep(frame);
    });
  }

  #keep(frame: Frame): void {
    const { lead } = this.#options.tracks;
    if (this.openFromMs === null && frame.kind === lead && lead === 'video') return;
    this.#waiting.push(frame);
    if (this.openFromMs === null && this.#waiting.length > KEPT_SOUNDS) this.#waiting.shift();
  }

  #place(take: Take, frame: Frame): void {
    for (const timed of take.place(frame)) {
      const { pictures, lost } = this.#seen;
      if (timed.kind === 'video') this.#seen = { ...NO_LOAD, pictures: pictures + 1, lost: lost + timed.missing };
      this.#placedMs = performance.now();
      this.#options.onFrame(timed);
    }
  }
}

const NAMES: Readonly<Record<TrackKind, string>> = { video: 'picture', audio: 'sound' };
