import type { CaptureLoad, Pace } from '../capture/frames.ts';
import { afterFailure, encoderName, firstEncoder, type PictureEncoder, quicker } from '../encode/codecs.ts';
import { FILE_KEY_FRAME_S, KEY_FRAME_S } from '../encode/key-frames.ts';
import { captureFor } from '../encode/picture-source.ts';
import { RecorderError } from '../errors.ts';
import { sleep } from '../kit/deadline.ts';
import { LEAD_IN, Take, type TimedFrame } from '../output/take.ts';
import { type Tracks, tracksOf } from '../output/tracks.ts';
import { TICKS_PER_SECOND } from '../output/transport-stream.ts';
import type { HowMade } from '../quality/quality-watch.ts';
import type { RecordingPlan } from '../recording/plan.ts';
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
  readonly onChange: (how: HowMade) => void;
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
  /** A quicker encoder was tried, and did not run. */
  #quickest = false;
  #pace: Pace;
  #place: EncoderPlace | null = null;
  #run: Run | null = null;
  /** Takes over from the one that runs as soon as it is armed. */
  #successor: Run | null = null;
  /** Its take ends where that of its successor begins, which may still be to come. */
  #relieved: Run | null = null;
  #drained: Promise<void> = Promise.resolve();
  /** Encoders that never began a take are gone. */
  #discarded: Promise<unknown> = Promise.resolve();
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
    this.#pace = { fps: plan.picture?.fps ?? 0, ...this.#paceWhile(false) };
  }

  /** Arms encoders at this place; those that follow are armed there too. @returns when they can begin a take. */
  async arm(place: EncoderPlace): Promise<void> {
    this.#place = place;
    this.#goOnWith(this.#start(place));
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
    this.#setPace({ ...this.#pace, ...this.#paceWhile(pushed) });
  }

  /** Begins a take. @returns when its first frame is captured; at once if the encoders are lost meanwhile. */
  async begin(): Promise<void> {
    // What cannot be armed ends by itself, and `onLost` tells.
    const run = await this.#armed().catch(() => null);
    if (run === null || run.over || run.finishing || run.openFromMs !== null) return;
    const fromMs = Date.now() + run.leadMs;
    this.#beginTake(run, fromMs);
    await sleep(fromMs - Date.now());
  }

  /** Ends the take with what was captured before `atMs`, at once; other encoders are armed for the next. */
  end(atMs: number): void {
    this.#finish(atMs);
    if (this.#place) this.#goOnWith(this.#start(this.#place));
  }

  /** Ends the take likewise, and leaves the place: there is no encoder until one is armed elsewhere. */
  leave(atMs: number): void {
    this.#finish(atMs);
    this.#place = null;
    this.#run = null;
  }

  /** Gives up encoders that no take has begun with. Whoever waits for them to be armed waits no longer. */
  forsake(): void {
    if (this.#run?.openFromMs === null) this.leave(Date.now());
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
    this.#dropSuccessor();
    await Promise.all([this.#run?.[Symbol.asyncDispose](), this.#drained, this.#discarded]);
  }

  #beginTake(run: Run, fromMs: number): void {
    run.openFrom(fromMs, this.#frameStartMs);
    run.begin(
      this.#drained,
      () =>
        new Take({
          tracks: this.#tracks,
          fromMs,
          mediaStart: this.#mediaEnd,
          soundShift: soundShift(this.#plan, run.capture),
          sparse: run.capture === 'damage',
        }),
    );
  }

  #finish(atMs: number): void {
    const run = this.#run;
    this.#dropSuccessor();
    this.#relieved?.cutAt(atMs);
    this.#relieved = null;
    if (!run || run.finishing) return;
    const finished = run.finish(atMs, this.#intervalMs);
    const before = this.#drained;
    this.#drained = Promise.all([before, finished]).then(([, take]) => {
      if (!take) return;
      this.#mediaEnd = take.mediaEnd;
      this.#options.onTakeEnd(this.#mediaEnd);
    });
  }

  #start(place: EncoderPlace, encoder = this.#encoder): Run {
    const { plan, onFrame } = this.#options;
    const { runtimeFolder: folder, identity } = plan;
    const run = new Run({
      media: plan,
      tracks: this.#tracks,
      place: { ...place, folder, identity },
      capture: this.#capture,
      encoder,
      pace: this.#pace,
      onFrame,
    });
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
    if (run !== this.#run || run.finishing) return;
    const retreats = run.picturesOver && this.#retreat(run);
    // Not begun yet, nothing is lost by trying otherwise.
    if (retreats && run.openFromMs === null && this.#place) {
      this.#discard(run);
      this.#goOnWith(this.#start(this.#place));
    } else this.#options.onLost(new RecorderError('encoder_failed', run.describeEnd()));
  }

  /** What failed is not tried again. @returns whether there is something else to try */
  #retreat(run: Run): boolean {
    if (run.captureLost && run.openFromMs !== null) return false;
    if (run.captureLost) this.#capture = 'x11grab';
    else if (this.#encoder.kind === 'x264') return false;
    else this.#encoder = afterFailure(this.#encoder, this.#plan.encoding);
    return true;
  }

  #economize(load: CaptureLoad): void {
    // One step after the other.
    if (this.#successor) return;
    const encoder = this.#quickest ? null : quicker(this.#encoder);
    const step = this.#economy.look(load, Date.now(), encoder !== null);
    if (step === 'quicker_encoder' && encoder) void this.#succeed(encoder);
    // ffmpeg's own grabbing keeps the rate that it was started with.
    else if (step === 'half_rate' && this.#run?.capture === 'damage') {
      this.#economies.push({ step, atMs: Date.now() });
      this.#setPace({ ...this.#pace, fps: this.#pace.fps / 2 });
    }
  }

  /** Arms another encoder, and goes on with it from one picture to the next; one that does not run changes nothing. */
  async #succeed(encoder: PictureEncoder): Promise<void> {
    if (!this.#place) return;
    const next = this.#start(this.#place, encoder);
    this.#successor = next;
    const armed = await next.armed.then(
      () => true,
      () => false,
    );
    // A hold, or a loss, came in between.
    if (this.#successor !== next) return;
    this.#successor = null;
    if (!armed || next.over) {
      this.#quickest = true;
      this.#discard(next);
      return;
    }
    this.#encoder = encoder;
    const atMs = Date.now() + next.leadMs;
    this.#economies.push({ step: 'quicker_encoder', atMs });
    const relieved = this.#run;
    this.#finish(atMs);
    this.#relieved = relieved;
    this.#goOnWith(next);
    this.#beginTake(next, atMs);
  }

  #dropSuccessor(): void {
    if (this.#successor) this.#discard(this.#successor);
    this.#successor = null;
  }

  #discard(run: Run): void {
    this.#discarded = Promise.all([this.#discarded, run[Symbol.asyncDispose]()]);
  }

  #setPace(pace: Pace): void {
    this.#pace = pace;
    if (this.#successor) this.#successor.pace = pace;
    if (!this.#run) return;
    this.#run.pace = pace;
    this.#tell(this.#run);
  }

  #paceWhile(pushed: boolean): Omit<Pace, 'fps'> {
    const { steadyRate } = this.#plan.encoding;
    return { steady: steadyRate || pushed, keyEveryS: pushed ? KEY_FRAME_S : FILE_KEY_FRAME_S };
  }

  #goOnWith(run: Run): void {
    this.#run = run;
    this.#tell(run);
  }

  #tell({ capture, encoder }: Run): void {
    this.#options.onChange({
      capture,
      encoder: encoder && encoderName(encoder),
      economies: [...this.#economies],
      // ffmpeg's own grabbing keeps to its own.
      keyEveryS: capture === 'damage' ? this.#pace.keyEveryS : KEY_FRAME_S,
      soundShift: soundShift(this.#plan, capture),
    });
  }
}
