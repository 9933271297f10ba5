import { gateLeadMs } from '../encode/args.ts';
import { Encoder, type EncoderOptions } from '../encode/encoder.ts';
import { RecorderError } from '../errors.ts';
import { sleep } from '../kit/deadline.ts';
import { FrameReader } from '../output/frame-reader.ts';
import { LEAD_IN, Take, type TimedFrame } from '../output/take.ts';
import { type TrackKind, type Tracks, tracksOf } from '../output/tracks.ts';
import { TICKS_PER_SECOND } from '../output/transport-stream.ts';
import { Patience } from './patience.ts';

/** What an encoder looks at and listens to. */
export type EncoderPlace = Pick<EncoderOptions, 'inputs' | 'env'>;

export interface TakesOptions {
  readonly encoder: Omit<EncoderOptions, 'onData' | keyof EncoderPlace>;
  /** In ticks: `sound-shift.ts`. */
  readonly soundShift: number;
  /** Media time of the first take; null: the recording's beginning. */
  readonly mediaStart: number | null;
  readonly onFrame: (frame: TimedFrame) => void;
  /** The last frame of a take has been given out; it ends at this media time. */
  readonly onTakeEnd: (mediaEnd: number) => void;
  /** The stream's tables, before the first frame of each take. */
  readonly onTables: (tables: Buffer) => void;
  /** An encoder ended that nobody had told to. */
  readonly onLost: (error: RecorderError) => void;
}

/** The encoder gives out a frame within a fraction of a second, and two frames; one that takes longer than this is not coming. */
const TRAILING_MS = 3_000;
/** An open encoder that gives nothing of a track at so many looks in a row has lost its input. */
const STALL_LOOKS = 5;

/** An encoder with the take that is cut out of its stream. */
interface Run {
  readonly encoder: Encoder;
  readonly reader: FrameReader;
  readonly stall: ReadonlyMap<TrackKind, Patience>;
  /** Tracks that had frames since the last look. */
  readonly came: Set<TrackKind>;
  take: Take | null;
  openFromMs: number | null;
  finishing: boolean;
  /** Why it was ended by force. */
  fault: string | null;
}

/**
 * The encoders of a recording, one after the other: each take has its own, armed before it is wanted, so that a take
 * begins at an exact moment and, with pictures, with a key frame. Time goes on from take to take without a gap.
 */
export class Takes implements AsyncDisposable {
  readonly #options: TakesOptions;
  readonly #tracks: Tracks;
  readonly #intervalMs: number;
  #place: EncoderPlace | null = null;
  #run: Run | null = null;
  #drained: Promise<void> = Promise.resolve();
  #mediaEnd: number;
  #frameStartMs = 0;

  constructor(options: TakesOptions) {
    this.#options = options;
    this.#tracks = tracksOf(options.encoder);
    this.#intervalMs = (this.#tracks.interval / TICKS_PER_SECOND) * 1000;
    this.#mediaEnd = options.mediaStart ?? LEAD_IN;
  }

  /** Arms an encoder at this place; those that follow it are armed there too. @returns when it can begin a take. */
  async arm(place: EncoderPlace): Promise<void> {
    this.#place = place;
    this.#run = this.#start(place);
    await this.#run.encoder.armed;
  }

  /** Follows the page's clock. @param frameStartMs when a frame of the page began, UTC ms. */
  follow(frameStartMs: number): void {
    this.#frameStartMs = frameStartMs;
    const run = this.#run;
    if (run && run.openFromMs !== null && !run.finishing) run.encoder.openFrom(run.openFromMs, frameStartMs);
  }

  /** Begins a take. @returns when its first frame is captured; at once if the encoder is lost meanwhile. */
  async begin(): Promise<void> {
    const run = this.#run;
    // One that cannot be armed ends by itself, and `onLost` tells.
    await Promise.all([run?.encoder.armed.catch(() => {}), this.#drained]);
    if (!run || run !== this.#run || run.encoder.over) return;
    const { picture } = this.#options.encoder;
    const fromMs = Date.now() + (picture ? gateLeadMs(picture.fps) : 0);
    const place = { tracks: this.#tracks, fromMs, mediaStart: this.#mediaEnd };
    run.take = new Take({ ...place, soundShift: this.#options.soundShift });
    run.encoder.openFrom(fromMs, this.#frameStartMs);
    run.openFromMs = fromMs;
    await sleep(fromMs - Date.now());
  }

  /** Ends the take with what was captured before `atMs`, at once; a new encoder is armed for the next. */
  end(atMs: number): void {
    this.#finish(atMs);
    if (this.#place) this.#run = this.#start(this.#place);
  }

  /** Ends the take likewise, and leaves the place: there is no encoder until one is armed elsewhere. */
  leave(atMs: number): void {
    this.#finish(atMs);
    this.#place = null;
    this.#run = null;
  }

  /** Ends the take for good. @returns when its last frame has been given out. */
  async drain(atMs: number): Promise<void> {
    this.#finish(atMs);
    await this.#drained;
  }

  /** Puts a new encoder in the place of one that died. */
  replace(): void {
    this.end(Date.now());
  }

  /** To be called each second: an open encoder that gives nothing is ended, and so lost. */
  look(): void {
    const run = this.#run;
    if (!run || run.openFromMs === null || run.finishing) return;
    for (const [kind, stall] of run.stall) {
      if (!stall.look(!run.came.has(kind))) continue;
      run.fault = `the encoder gave no ${NAMES[kind]} for ${STALL_LOOKS} s`;
      run.encoder.kill();
    }
    run.came.clear();
  }

  /** The last lines of the encoder's log. */
  tail(): string {
    return this.#run?.encoder.tail() ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const run = this.#run;
    if (run) run.finishing = true;
    await run?.encoder[Symbol.asyncDispose]();
    await this.#drained;
  }

  #finish(atMs: number): void {
    const run = this.#run;
    if (!run || run.finishing) return;
    run.finishing = true;
    run.take?.endAt(atMs);
    const before = this.#drained;
    this.#drained = before.then(() => this.#drain(run));
  }

  /**
   * The encoder runs on until the last frame before the end has come out of it. Told to end at once it would drop the sound
   * that it has read but not yet encoded.
   */
  async #drain(run: Run): Promise<void> {
    if (run.take) await Promise.race([run.take.complete, run.encoder.ended, sleep(TRAILING_MS + 2 * this.#intervalMs)]);
    await run.encoder.finish();
    run.reader.end();
    if (!run.take) return;
    this.#mediaEnd = run.take.mediaEnd;
    this.#options.onTakeEnd(this.#mediaEnd);
  }

  #start(place: EncoderPlace): Run {
    const reader: FrameReader = new FrameReader((frame) => {
      run.came.add(frame.kind);
      const first = !run.take?.started;
      const timed = run.take?.place(frame) ?? [];
      if (timed.length === 0) return;
      if (first && reader.pat && reader.pmt) this.#options.onTables(Buffer.concat([reader.pat, reader.pmt]));
      for (const one of timed) this.#options.onFrame(one);
    });
    const encoder = Encoder.start({ ...this.#options.encoder, ...place, onData: (chunk) => reader.push(chunk) });
    const stall = new Map(this.#tracks.kinds.map((kind) => [kind, new Patience(STALL_LOOKS)]));
    const nothing = { take: null, openFromMs: null, finishing: false, fault: null };
    const run: Run = { encoder, reader, stall, came: new Set(), ...nothing };
    void encoder.ended.then(() => {
      if (run.finishing) return;
      this.#options.onLost(new RecorderError('encoder_failed', run.fault ?? encoder.describeExit()));
    });
    return run;
  }
}

const NAMES: Readonly<Record<TrackKind, string>> = { video: 'picture', audio: 'sound' };
