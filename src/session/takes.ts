import { gateLeadMs } from '../encode/args.ts';
import { Encoder, type EncoderOptions } from '../encode/encoder.ts';
import { RecorderError } from '../errors.ts';
import { sleep } from '../kit/deadline.ts';
import { FrameReader } from '../output/frame-reader.ts';
import { LEAD_IN, Take, type TimedFrame } from '../output/take.ts';
import { soundShift } from './sound-shift.ts';

export interface TakesOptions {
  readonly encoder: Omit<EncoderOptions, 'onData'>;
  readonly onFrame: (frame: TimedFrame) => void;
  /** The stream's tables, before the first frame of each take. */
  readonly onTables: (tables: Buffer) => void;
  /** An encoder ended that nobody had told to. */
  readonly onLost: (error: RecorderError) => void;
}

/** The encoder gives out a frame within a fraction of a second; one that takes longer than this is not coming. */
const TRAILING_MS = 3_000;

/** An encoder with the take that is cut out of its stream. */
interface Run {
  readonly encoder: Encoder;
  readonly reader: FrameReader;
  take: Take | null;
  openFromMs: number | null;
  finishing: boolean;
}

/**
 * The encoders of a recording, one after the other: each take has its own, armed before it is wanted, so that a take
 * begins at an exact moment and with a key frame. Time goes on from take to take without a gap.
 */
export class Takes implements AsyncDisposable {
  readonly #options: TakesOptions;
  #run: Run;
  #drained: Promise<void> = Promise.resolve();
  #mediaEnd = LEAD_IN;
  #frameStartMs = 0;

  constructor(options: TakesOptions) {
    this.#options = options;
    this.#run = this.#arm();
  }

  /** The encoder in line can begin a take. */
  get armed(): Promise<void> {
    return this.#run.encoder.armed;
  }

  /** Follows the page's clock. @param frameStartMs when a frame of the page began, UTC ms. */
  follow(frameStartMs: number): void {
    this.#frameStartMs = frameStartMs;
    const { encoder, openFromMs, finishing } = this.#run;
    if (openFromMs !== null && !finishing) encoder.openFrom(openFromMs, frameStartMs);
  }

  /** Begins a take. @returns when its first picture is captured. */
  async begin(): Promise<void> {
    const run = this.#run;
    await Promise.all([run.encoder.armed, this.#drained]);
    const { fps } = this.#options.encoder.picture;
    const fromMs = Date.now() + gateLeadMs(fps);
    run.take = new Take({ fps, fromMs, mediaStart: this.#mediaEnd, soundShift: soundShift(fps) });
    run.encoder.openFrom(fromMs, this.#frameStartMs);
    run.openFromMs = fromMs;
    await sleep(fromMs - Date.now());
  }

  /** Ends the take with what was captured before `atMs`, at once; a new encoder is armed for the next. */
  end(atMs: number): void {
    this.#finish(atMs);
    this.#run = this.#arm();
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#run.finishing = true;
    await this.#run.encoder[Symbol.asyncDispose]();
    await this.#drained;
  }

  #finish(atMs: number): void {
    const run = this.#run;
    if (run.finishing) return;
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
    if (run.take) await Promise.race([run.take.complete, run.encoder.ended, sleep(TRAILING_MS)]);
    await run.encoder.finish();
    run.reader.end();
    if (run.take) this.#mediaEnd = run.take.mediaEnd;
  }

  #arm(): Run {
    const reader: FrameReader = new FrameReader((frame) => {
      const first = !run.take?.started;
      const timed = run.take?.place(frame) ?? [];
      if (timed.length === 0) return;
      if (first && reader.pat && reader.pmt) this.#options.onTables(Buffer.concat([reader.pat, reader.pmt]));
      for (const one of timed) this.#options.onFrame(one);
    });
    const encoder = Encoder.start({ ...this.#options.encoder, onData: (chunk) => reader.push(chunk) });
    const run: Run = { encoder, reader, take: null, openFromMs: null, finishing: false };
    void encoder.ended.then(() => {
      if (!run.finishing) this.#options.onLost(new RecorderError('encoder_failed', encoder.describeExit()));
    });
    return run;
  }
}
