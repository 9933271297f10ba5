import { afterFailure, encoderName, firstEncoder, type PictureEncoder, quicker } from '../encode/codecs.ts';
import type { CaptureLoad, Pace } from '../encode/encoder.ts';
import { FILE_KEY_FRAME_S, KEY_FRAME_S } from '../encode/key-frames.ts';
import { captureFor } from '../encode/picture-source.ts';
import { RecorderError } from '../errors.ts';
import { sleep } from '../kit/deadline.ts';
import { LEAD_IN, Take, type TimedFrame } from '../output/take.ts';
import { type Tracks, tracksOf } from '../output/tracks.ts';
import { TICKS_PER_SECOND } from '../output/transport-stream.ts';
import type { EncodingPlan, RecordingPlan } from '../recording/plan.ts';
import type { CaptureKind, Economy } from '../recording/status.ts';
import { EconomyRule } from './economy.ts';
import { type EncoderPlace, Run } from './run.ts';
import { soundShift } from './sound-shift.ts';

export interface TakesOptions {
  readonly plan: RecordingPlan;
  /** Media time of the first take; null: the recording's beginning. */
  readonly mediaStart: number | null;
  readonly onFrame: (frame: TimedFrame) => void;
  /** The last frame of a take has been given out; it ends at this media time. */
  readonly onTakeEnd: (mediaEnd: number) => void;
  /** An encoder ended that nobody had told to. */
  readonly onLost: (error: RecorderError) => void;
  /** Another capture or encoder runs, or something was made cheaper. */
  readonly onChange: (how: HowEncoded) => void;
}

/** What runs, as the quality report tells it. */
export interface HowEncoded {
  readonly capture: CaptureKind | null;
  readonly encoder: string | null;
  readonly economies: readonly Economy[];
}

/**
 * The encoders of a recording, one pair after the other: each take has its own, armed before it is wanted, so that a take
 * begins at an exact moment and, with pictures, with a key frame. Time goes on from take to take without a gap.
 */
export class Takes implements AsyncDisposable {
  readonly #options: TakesOptions;
  readonly #plan: RecordingPlan;
  readonly #tracks: Tracks;
  readonly #intervalMs: number;
  readonly #economy = new EconomyRule();
  readonly #economies: Economy[] = [];
  #capture: CaptureKind;
  #encoder: PictureEncoder;
  #pace: Pace;
  #place: EncoderPlace | null = null;
  #run: Run | null = null;
  /** Takes over from the one that runs as soon as it is armed. */
  #successor: Run | null = null;
  #drained: Promise<void> = Promise.resolve();
  #mediaEnd: number;
  #frameStartMs = 0;

  constructor(options: TakesOptions) {
    const { plan, mediaStart } = options;
    this.#options = options;
    this.#plan = plan;
    this.#tracks = tracksOf(plan);
    this.#intervalMs = (this.#tracks.interval / TICKS_PER_SECOND) * 1000;
    this.#mediaEnd = mediaStart ?? LEAD_IN;
    this.#capture = captureFor(plan.encoding.capture);
    this.#encoder = firstEncoder(plan.encoding);
    this.#pace = paceFor(plan.encoding, plan.picture?.fps ?? 0, false);
  }

  /** Arms encoders at this place; those that follow are armed there too. @returns when they can begin a take. */
  async arm(place: EncoderPlace): Promise<void> {
    this.#place = place;
    this.#run = this.#start(place);
    await this.#armed();
  }

  /** Follows the page's clock. @param frameStartMs when a frame of the page began, UTC ms. */
  follow(frameStartMs: number): void {
    this.#frameStartMs = frameStartMs;
    const run = this.#run;
    if (run && run.openFromMs !== null && !run.finishing) run.openFrom(run.openFromMs, frameStartMs);
  }

  /** While it is pushed a recording has a steady rate, and a key frame as often as players want to join. */
  set pushed(pushed: boolean) {
    const { encoding } = this.#plan;
    this.#setPace({ ...paceFor(encoding, this.#pace.fps, pushed), fps: this.#pace.fps });
  }

  /** Begins a take. @returns when its first frame is captured; at once if the encoders are lost meanwhile. */
  async begin(): Promise<void> {
    // What cannot be armed ends by itself, and `onLost` tells.
    const run = await this.#armed().catch(() => null);
    if (run === null || run.over || run.finishing) return;
    const fromMs = Date.now() + run.leadMs;
    this.#beginTake(run, fromMs);
    await sleep(fromMs - Date.now());
  }

  /** Ends the take with what was captured before `atMs`, at once; other encoders are armed for the next. */
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

  /** Puts new encoders in the place of those of which one died. */
  replace(): void {
    this.end(Date.now());
  }

  /** To be called each second. */
  look(): void {
    const run = this.#run;
    if (!run) return;
    run.look();
    const load = run.takeLoad();
    if (load && run.openFromMs !== null && !run.finishing) this.#economize(load);
  }

  /** The last lines of the encoders' logs. */
  tail(): string {
    return this.#run?.tail() ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#run?.[Symbol.asyncDispose](), this.#successor?.[Symbol.asyncDispose]()]);
    await this.#drained;
  }

  #beginTake(run: Run, fromMs: number): void {
    run.openFrom(fromMs, this.#frameStartMs);
    run.begin(this.#drained, () => {
      const { channel, picture } = this.#plan;
      return new Take({
        tracks: this.#tracks,
        fromMs,
        mediaStart: this.#mediaEnd,
        soundShift: soundShift({ channel, picture }, run.capture),
        sparse: run.capture === 'damage',
      });
    });
  }

  #finish(atMs: number): void {
    const run = this.#run;
    void this.#successor?.[Symbol.asyncDispose]();
    this.#successor = null;
    if (!run || run.finishing) return;
    const finished = run.finish(atMs, this.#intervalMs);
    const before = this.#drained;
    this.#drained = Promise.all([before, finished]).then(([, take]) => {
      if (!take) return;
      this.#mediaEnd = take.mediaEnd;
      this.#options.onTakeEnd(this.#mediaEnd);
    });
  }

  #start(place: EncoderPlace): Run {
    const { plan, onFrame } = this.#options;
    const { runtimeFolder: folder, identity } = plan;
    const run = new Run({
      media: plan,
      tracks: this.#tracks,
      place: { ...place, folder, identity },
      capture: this.#capture,
      encoder: this.#encoder,
      pace: this.#pace,
      onFrame,
    });
    this.#tell(run);
    void run.lost.then(() => this.#lost(run));
    return run;
  }

  /** @returns those that are armed, whichever took over meanwhile; null when there are none. */
  async #armed(): Promise<Run | null> {
    for (;;) {
      const run = this.#run;
      if (!run) return null;
      try {
        await run.armed;
        if (run === this.#run) return run;
      } catch (error) {
        await run.lost;
        if (run === this.#run) throw error;
      }
    }
  }

  #lost(run: Run): void {
    if (run.finishing) return;
    const retreats = run.picturesOver && this.#retreat(run);
    // Not begun yet, nothing is lost by trying otherwise.
    if (retreats && run.openFromMs === null && run === this.#run && this.#place) {
      void run[Symbol.asyncDispose]();
      this.#run = this.#start(this.#place);
    } else this.#options.onLost(new RecorderError('encoder_failed', run.describeEnd()));
  }

  /** What failed is not tried again. @returns whether there is something else to try */
  #retreat(run: Run): boolean {
    if (this.#encoder.kind !== 'x264') this.#encoder = afterFailure(this.#encoder, this.#plan.encoding);
    else if (run.capture === 'damage' && run.openFromMs === null) this.#capture = 'x11grab';
    else return false;
    return true;
  }

  #economize(load: CaptureLoad): void {
    const encoder = quicker(this.#encoder);
    const step = this.#economy.look(load, Date.now(), encoder !== null);
    // ffmpeg's own grabbing keeps the rate that it was started with.
    if (step === null || (step === 'half_rate' && this.#run?.capture === 'x11grab')) return;
    this.#economies.push({ step, atMs: Date.now() });
    if (step === 'quicker_encoder' && encoder) {
      this.#encoder = encoder;
      void this.#succeed();
    } else this.#setPace({ ...this.#pace, fps: this.#pace.fps / 2 });
    if (this.#run) this.#tell(this.#run);
  }

  /** Arms other encoders, and goes on with them from one picture to the next. */
  async #succeed(): Promise<void> {
    if (!this.#place || this.#successor) return;
    const next = this.#start(this.#place);
    this.#successor = next;
    await next.armed.catch(() => {});
    if (this.#successor !== next) return;
    this.#successor = null;
    const { openFromMs = null, finishing = true } = this.#run ?? {};
    if (next.over || openFromMs === null || finishing) return await next[Symbol.asyncDispose]();
    const atMs = Date.now() + next.leadMs;
    this.#finish(atMs);
    this.#run = next;
    this.#beginTake(next, atMs);
    this.#tell(next);
  }

  #setPace(pace: Pace): void {
    this.#pace = pace;
    if (this.#run) this.#run.pace = pace;
    if (this.#successor) this.#successor.pace = pace;
  }

  #tell({ capture, encoder }: Run): void {
    const economies = [...this.#economies];
    this.#options.onChange({ capture, encoder: encoder && encoderName(encoder), economies });
  }
}

function paceFor({ steadyRate }: EncodingPlan, fps: number, pushed: boolean): Pace {
  return { fps, steady: steadyRate || pushed, keyEveryS: pushed ? KEY_FRAME_S : FILE_KEY_FRAME_S };
}
