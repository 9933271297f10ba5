import { messageOf, RecorderError } from '../errors.ts';
import { RecordingFiles } from '../output/recording-files.ts';
import type { TimedFrame } from '../output/take.ts';
import { groupCpuSeconds } from '../process/cpu.ts';
import type { RecordingEvent, Resume } from '../recording/link.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import { NO_QUALITY, type RecordingEnd, type RecordingStatus } from '../recording/status.ts';
import { Alarm } from './alarm.ts';
import { causeOf } from './cause.ts';
import { type Cause, type Effect, type Event, next, type State } from './machine.ts';
import { Stage } from './stage.ts';
import { Takes } from './takes.ts';

export interface SessionReports {
  readonly onStatus: (status: RecordingStatus) => void;
  readonly onEvent: (event: RecordingEvent) => void;
}

const REPORT_MS = 500;
/** The clocks of page and capture part by some ten microseconds a second. */
const FOLLOW_MS = 20_000;

/** One recording, from opening its resources to giving them back. Writes the state; nobody else does. */
export class Session {
  readonly #plan: RecordingPlan;
  readonly #reports: SessionReports;
  readonly #resources = new AsyncDisposableStack();
  readonly #ended = Promise.withResolvers<RecordingEnd>();
  readonly #limit = new Alarm();
  readonly #openedAt = performance.now();
  readonly #problems: string[] = [];
  readonly #steps: Record<string, number> = {};
  #state: State = { phase: 'starting' };
  #files: RecordingFiles | null = null;
  #filesOpened: Promise<void> = Promise.resolve();
  #takes: Takes | null = null;
  #work: Promise<void> = Promise.resolve();
  #startedMs: number | null = null;
  #pageReadyMs: number | null = null;
  #frames = 0;
  #missing = 0;
  #mediaMs = 0;
  #cores = 0;

  constructor(plan: RecordingPlan, _resume: Resume | null, reports: SessionReports) {
    this.#plan = plan;
    this.#reports = reports;
  }

  /** Runs the recording. Never rejects: whatever happens is in the end. */
  async run(): Promise<RecordingEnd> {
    const ticker = setInterval(() => this.#reportStatus(), REPORT_MS);
    this.#reportStatus();
    this.#open().then(
      () => this.#handle({ type: 'ready', onhold: this.#plan.onhold }),
      (error) => this.stop(causeOf(error)),
    );
    const end = await this.#ended.promise;
    clearInterval(ticker);
    return end;
  }

  /** Ends the recording for this reason, unless it is ending already. */
  stop(cause: Cause): void {
    this.#handle({ type: 'stop', cause });
  }

  /** @returns when the files follow it. @throws RecorderError `wrong_state` when there is nothing to hold. */
  async hold(onhold: boolean): Promise<void> {
    if (this.#state.phase !== 'recording') {
      throw new RecorderError('wrong_state', `expected a recording under way, this one is ${this.#state.phase}`);
    }
    this.#handle({ type: 'hold', onhold });
    await this.#work;
  }

  #handle(event: Event): void {
    const { state, effects } = next(this.#state, event);
    if (state === this.#state) return;
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    this.#reportStatus();
  }

  #perform(effect: Effect): void {
    switch (effect) {
      case 'begin_take':
        this.#enqueue(() => this.#beginTake());
        break;
      case 'end_take': {
        const atMs = Date.now();
        this.#enqueue(async () => this.#takes?.end(atMs));
        break;
      }
      case 'replace_encoder':
        this.#takes?.replace();
        break;
      case 'drain':
        this.#enqueue(() => this.#drain());
        break;
      case 'finish_files':
        this.#enqueue(() => this.#finish());
        break;
      case 'report_end':
        this.#reportEnd();
        break;
    }
  }

  /** Slow effects run one after the other; one that fails ends the recording. */
  #enqueue(effect: () => Promise<void>): void {
    this.#work = this.#work.then(effect).catch((error: unknown) => this.stop(causeOf(error)));
  }

  /** As much as possible at once: the time to the first frame is what users feel. */
  async #open(): Promise<void> {
    const { picture, sound, runtimeFolder: folder, identity } = this.#plan;
    this.#filesOpened = this.#openFiles();
    // Waited for further down; failing before that it must not count as unhandled.
    this.#filesOpened.catch(() => {});
    const stage = await this.#openStage();
    this.#takes = this.#resources.use(
      new Takes({
        encoder: { inputs: stage.inputs, picture, sound, folder, env: stage.env, identity },
        onFrame: (frame) => this.#record(frame),
        onTables: (tables) => this.#setTables(tables),
        onLost: (error) => this.#handle({ type: 'encoder_lost', cause: causeOf(error) }),
      }),
    );
    const [ready] = await Promise.all([stage.play(), this.#takes.armed, this.#filesOpened]);
    this.#pageReadyMs = ready.readyMs;
    await this.#follow(stage);
    const timer = setInterval(() => void this.#follow(stage), FOLLOW_MS);
    this.#resources.defer(() => clearInterval(timer));
    this.#passed('encoder');
  }

  async #openStage(): Promise<Stage> {
    const stage = await Stage.open(this.#plan, {
      onReload: () => this.#reports.onEvent({ name: 'reloaded', reason: 'page_load_timeout' }),
      onLost: (error) => this.stop({ ...causeOf(error), atMs: this.#beforeNow() }),
      onStep: (name) => this.#passed(name),
    });
    if (!this.#resources.disposed) return this.#resources.use(stage);
    // Opened too late: the recording is over, what it owned has been given back.
    await stage[Symbol.asyncDispose]();
    throw new RecorderError('wrong_state', 'the recording ended while it was starting');
  }

  /** Keeps the capture in step with the page. */
  async #follow(stage: Stage): Promise<void> {
    const frameStartMs = await stage.frameStart();
    if (frameStartMs !== null) this.#takes?.follow(frameStartMs);
  }

  /** Writes down how long opening took up to here, for the log of a slow start. */
  #passed(step: string): void {
    this.#steps[step] = Math.round(performance.now() - this.#openedAt);
  }

  async #openFiles(): Promise<void> {
    const { files: plan, picture } = this.#plan;
    this.#files = await RecordingFiles.create({
      plan,
      picture,
      onSliceOpened: (slice) => {
        this.#reports.onEvent({ name: 'slice_started', startUtcMs: Math.floor(slice.startMs) });
        this.#reportStatus();
      },
      onSliceClosed: () => this.#reportStatus(),
      onError: (error) => this.stop(causeOf(error)),
    });
  }

  /** A window that has vanished may have been captured already when we learn of it; leave out the last two frames. */
  #beforeNow(): number {
    return Date.now() - 2000 / this.#plan.picture.fps;
  }

  async #beginTake(): Promise<void> {
    if (this.#state.phase !== 'recording') return;
    this.#files?.breakHere();
    await this.#takes?.begin();
  }

  #setTables(tables: Buffer): void {
    if (this.#files) this.#files.tables = tables;
  }

  #record(frame: TimedFrame): void {
    if (frame.kind === 'video') {
      this.#frames += 1;
      this.#missing += frame.missing;
      this.#mediaMs += ((1 + frame.missing) * 1000) / this.#plan.picture.fps;
    }
    this.#files?.push(frame);
    if (this.#startedMs === null) this.#started(frame.capturedMs);
  }

  #started(atMs: number): void {
    this.#startedMs = atMs;
    const endMs = atMs + this.#plan.maxRecordingMs;
    const detail = `the recording reached its longest time of ${this.#plan.maxRecordingMs / 1000} s`;
    this.#limit.at(endMs, () => this.stop({ reason: 'max_duration', detail, atMs: endMs }));
    this.#reports.onEvent({ name: 'started', atMs, pageReadyMs: this.#pageReadyMs, steps: this.#steps });
    this.#reportStatus();
  }

  async #drain(): Promise<void> {
    this.#limit.clear();
    if (this.#state.phase !== 'stopping') return;
    await this.#attempt(async (cause) => await this.#takes?.drain(cause.atMs), this.#state.cause);
    this.#handle({ type: 'drained' });
  }

  /** Completes the files; meanwhile everything else is given back. */
  async #finish(): Promise<void> {
    const seconds = (performance.now() - this.#openedAt) / 1000;
    this.#cores = groupCpuSeconds(process.pid) / seconds;
    const closing = this.#attempt(() => this.#resources.disposeAsync(), null);
    // A stop may come before the folder is there; a failure to make it has ended the recording already.
    await this.#filesOpened.catch(() => {});
    const problems = (await this.#files?.finish()) ?? [];
    this.#problems.push(...problems.map(messageOf));
    await closing;
    this.#handle({ type: 'finished', media: (this.#files?.sliceCount ?? 0) > 0, whole: problems.length === 0 });
  }

  /** On the way to the end nothing stops: what fails is told in the end. */
  async #attempt<T>(step: (given: T) => Promise<void>, given: T): Promise<void> {
    await step(given).catch((error: unknown) => this.#problems.push(messageOf(error)));
  }

  #reportEnd(): void {
    const state = this.#state;
    if (state.phase !== 'ended') return;
    const { files, progress } = this.status;
    this.#ended.resolve({
      outcome: state.outcome,
      reason: state.cause.reason,
      detail: [state.cause.detail, ...this.#problems].join('; '),
      files: state.outcome === 'complete' || state.outcome === 'partial' ? files : [],
      startedMs: this.#startedMs,
      endedMs: Date.now(),
      progress,
      quality: NO_QUALITY,
      cores: this.#cores,
    });
  }

  get status(): RecordingStatus {
    return {
      phase: this.#state.phase,
      onhold: this.#state.phase === 'recording' ? this.#state.onhold : false,
      startedMs: this.#startedMs,
      pageReadyMs: this.#pageReadyMs,
      slices: this.#files?.sliceCount ?? 0,
      files: this.#files?.list ?? [],
      progress: {
        mediaMs: this.#mediaMs,
        frames: this.#frames,
        missingFrames: this.#missing,
        bytes: this.#files?.bytes ?? 0,
      },
      pushes: [],
      quality: NO_QUALITY,
    };
  }

  #reportStatus(): void {
    this.#reports.onStatus(this.status);
  }
}
