import { RecorderError } from '../errors.ts';
import type { TimedFrame } from '../output/take.ts';
import { UsageMeter } from '../process/usage.ts';
import type { RecordingEvent, ReloadReason, Resume } from '../recording/link.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import type { RecordingEnd, RecordingStatus } from '../recording/status.ts';
import { Account } from './account.ts';
import { Alarm } from './alarm.ts';
import { causeOf } from './cause.ts';
import { ChannelTalk } from './channel-talk.ts';
import { Evidence } from './evidence.ts';
import type { Excess } from './limit-rule.ts';
import { type Cause, type Effect, type Event, isPlaying, next, type State } from './machine.ts';
import { Outlets } from './outlets.ts';
import { StageKeeper } from './stage-keeper.ts';
import { Takes } from './takes.ts';
import type { WarmStage } from './warm-stage.ts';

export interface SessionReports {
  readonly onStatus: (status: RecordingStatus) => void;
  readonly onEvent: (event: RecordingEvent) => void;
}

const REPORT_MS = 500;
const LOOK_MS = 1_000;
const USAGE_MS = 5_000;

/** One recording, from opening its resources to giving them back. Writes the state; nobody else does. */
export class Session {
  readonly #plan: RecordingPlan;
  readonly #resume: Resume | null;
  readonly #reports: SessionReports;
  readonly #outlets: Outlets;
  readonly #keeper: StageKeeper;
  readonly #resources = new AsyncDisposableStack();
  readonly #ended = Promise.withResolvers<RecordingEnd>();
  readonly #limit = new Alarm();
  readonly #usage = new UsageMeter(process.pid, performance.now());
  readonly #account: Account;
  /** Null for mode `web`. */
  readonly #channel: ChannelTalk | null;
  readonly #evidence = new Evidence();
  #state: State = { phase: 'starting' };
  #takes: Takes | null = null;
  #work: Promise<void> = Promise.resolve();
  #pushed = false;
  /** Taken over from a session that died, and not recording yet. */
  #resuming = false;

  /** @param warm opened ahead of time, for this plan; given back by the session */
  constructor(plan: RecordingPlan, resume: Resume | null, reports: SessionReports, warm: WarmStage | null = null) {
    this.#plan = plan;
    this.#resume = resume;
    this.#reports = reports;
    this.#account = new Account((resume ?? plan).onhold, this.#usage.read(performance.now()).cpuSeconds);
    this.#channel = this.#resources.use(this.#buildChannel());
    this.#keeper = this.#resources.use(this.#buildKeeper(warm));
    this.#outlets = this.#buildOutlets();
  }

  /** Runs the recording. Never rejects: whatever happens is in the end. */
  async run(): Promise<RecordingEnd> {
    const ticker = setInterval(() => this.#reportStatus(), REPORT_MS);
    this.#reportStatus();
    this.#begin().catch((error: unknown) => this.stop(causeOf(error)));
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
    this.#requireRecording();
    this.#handle({ type: 'hold', onhold, atMs: Date.now() });
    await this.#work;
  }

  /** Replaces the pushes. @throws RecorderError `wrong_state` */
  push(urls: readonly string[]): void {
    this.#requireRecording();
    this.#outlets.push(urls);
    this.#reportStatus();
  }

  /** For orders about the channel. @throws RecorderError `wrong_state` */
  get channel(): ChannelTalk {
    this.#requireRecording();
    if (this.#channel) return this.#channel;
    throw new RecorderError('wrong_state', 'expected the recording of a channel, this is one of a page');
  }

  #requireRecording(): void {
    if (this.#state.phase === 'recording') return;
    throw new RecorderError('wrong_state', `expected a recording under way, this one is ${this.#state.phase}`);
  }

  #handle(event: Event): void {
    const before = this.#state;
    const { state, effects } = next(before, event);
    if (state === before) return;
    this.#state = state;
    this.#evidence.step(event, state);
    if (state.phase === 'recording' && isPlaying(before) !== isPlaying(state)) this.#outlets.hold(!isPlaying(state));
    for (const effect of effects) this.#perform(effect);
    this.#reportStatus();
  }

  #perform(effect: Effect): void {
    switch (effect.do) {
      case 'begin_take':
        this.#enqueue(() => this.#beginTake());
        break;
      case 'end_take':
        this.#enqueue(async () => this.#takes?.end(effect.atMs));
        break;
      case 'replace_encoder':
        this.#outlets.note('encodersReplaced');
        this.#takes?.replace();
        break;
      case 'reload':
        this.#told(effect.reason);
        this.#keeper.reload(effect.reason, effect.waitMs);
        break;
      case 'restage':
        this.#told(effect.reason);
        // Encoders that a take waits for would be armed at a stage that is gone, again and again.
        this.#takes?.forsake();
        this.#enqueue(async () => this.#restage(effect.waitMs));
        break;
      case 'drain':
        this.#enqueue(() => this.#drain());
        break;
      case 'finish_files':
        this.#enqueue(() => this.#finish());
        break;
      case 'report_end':
        void this.#reportEnd();
        break;
    }
  }

  /** Slow effects run one after the other; one that fails ends the recording. */
  #enqueue(effect: () => Promise<void>): void {
    this.#work = this.#work.then(effect).catch((error: unknown) => this.stop(causeOf(error)));
  }

  async #begin(): Promise<void> {
    const { onhold, pushes } = this.#resume ?? this.#plan;
    this.#outlets.hold(true);
    const opened = this.#outlets.open(this.#resume ? 'resume' : 'create');
    if (this.#resume) await opened;
    if (this.#resources.disposed) return;
    const { startedMs } = this.#outlets;
    this.#takes = this.#resources.use(this.#buildTakes());
    this.#takes.pushed = this.#pushed;
    this.#every(LOOK_MS, () => this.#takes?.look());
    this.#every(USAGE_MS, () => this.#outlets.used(this.#usage.read(performance.now())));
    if (startedMs === null) {
      // As much as possible at once: the time to the first frame is what users feel.
      const [ready] = await Promise.all([this.#keeper.open(), opened]);
      this.#account.pageReadyMs = ready.readyMs;
      this.#account.passed('encoder');
      this.#outlets.push(pushes);
      this.#handle({ type: 'ready', onhold });
    } else {
      this.#resuming = true;
      this.#started(startedMs);
      this.#outlets.push(pushes);
      this.#handle({ type: 'resumed', onhold });
    }
    this.#channel?.begin();
  }

  #every(ms: number, call: () => void): void {
    const timer = setInterval(call, ms);
    this.#resources.defer(() => clearInterval(timer));
  }

  #buildKeeper(warm: WarmStage | null): StageKeeper {
    return new StageKeeper({
      plan: this.#plan,
      warm,
      arm: async ({ inputs, env }) => await this.#takes?.arm({ inputs, env }),
      onReload: () => this.#told('page_load_timeout'),
      onTrouble: (trouble) => this.#handle({ type: 'page_trouble', trouble }),
      onBack: () => this.#back(),
      onExcess: (excess) => this.#exceeded(excess),
      onMessage: (message, answer) => this.#channel?.hear(message, answer),
      onFrameStart: (ms) => this.#takes?.follow(ms),
      onStep: (name) => this.#account.passed(name),
      log: (line) => this.#evidence.note(line),
    });
  }

  #buildChannel(): ChannelTalk | null {
    return ChannelTalk.build(this.#plan, {
      composition: this.#resume?.composition ?? null,
      onEvent: this.#reports.onEvent,
      onChange: () => this.#reportStatus(),
      onEnd: (reason, detail) => this.stop({ reason, detail, atMs: Date.now() }),
      log: (line) => this.#evidence.note(line),
    });
  }

  #buildOutlets(): Outlets {
    return new Outlets({
      plan: this.#plan,
      onEvent: this.#reports.onEvent,
      onChange: () => this.#reportStatus(),
      onPushes: (any) => {
        this.#pushed = any;
        if (this.#takes) this.#takes.pushed = any;
      },
      onHeard: () => this.#keeper.heard(),
      onError: (error) => this.stop(causeOf(error)),
      log: (line) => this.#evidence.note(line),
    });
  }

  #buildTakes(): Takes {
    return new Takes({
      plan: this.#plan,
      mediaStart: this.#outlets.mediaEnd,
      onFrame: (frame) => this.#record(frame),
      onTakeEnd: (mediaEnd) => this.#outlets.breakHere(mediaEnd),
      onLost: (error) => this.#handle({ type: 'encoder_lost', cause: causeOf(error) }),
      onChange: (how) => this.#outlets.told(how),
    });
  }

  /** The page is loaded anew, for this reason. */
  #told(reason: ReloadReason | null): void {
    this.#channel?.away();
    if (reason === null) return;
    this.#outlets.note(reason === 'browser_lost' ? 'browsersReplaced' : 'reloads');
    this.#reports.onEvent({ name: 'reloaded', reason });
  }

  #restage(waitMs: number): void {
    this.#takes?.leave(Date.now());
    this.#keeper.restage(waitMs);
  }

  #back(): void {
    this.#handle({ type: 'page_back' });
    if (!this.#resuming) return;
    this.#resuming = false;
    this.#reports.onEvent({ name: 'resumed', atMs: Date.now() });
  }

  #exceeded({ limit, detail }: Excess): void {
    this.#reports.onEvent({ name: 'limit_exceeded', limit });
    this.stop({ reason: 'capability_limit', detail, atMs: Date.now() });
  }

  async #beginTake(): Promise<void> {
    if (!isPlaying(this.#state)) return;
    await this.#takes?.begin();
  }

  #record(frame: TimedFrame): void {
    const first = this.#account.startedMs === null;
    // The start is told before the slice that begins with it.
    if (first) this.#tellStart(frame.capturedMs);
    this.#outlets.frame(frame);
    if (first) this.#reportStatus();
  }

  #tellStart(atMs: number): void {
    const { pageReadyMs, steps } = this.#account;
    this.#reports.onEvent({ name: 'started', atMs, pageReadyMs, steps });
    this.#started(atMs);
  }

  /** From its first frame on a recording's time runs. */
  #started(atMs: number): void {
    this.#account.startedMs = atMs;
    this.#channel?.recorded(atMs);
    const { maxRecordingMs } = this.#plan;
    const endMs = atMs + maxRecordingMs;
    const detail = `the recording reached its longest time of ${maxRecordingMs / 1000} s`;
    this.#limit.at(endMs, () => this.stop({ reason: 'max_duration', detail, atMs: endMs }));
  }

  async #drain(): Promise<void> {
    this.#limit.clear();
    if (this.#state.phase !== 'stopping') return;
    const { cause } = this.#state;
    await Promise.all([
      this.#attempt(async () => await this.#takes?.drain(cause.atMs)),
      this.#evidence.gather(cause, this.#keeper, this.#takes),
    ]);
    this.#handle({ type: 'drained' });
  }

  /** Completes the files; meanwhile everything else is given back. */
  async #finish(): Promise<void> {
    if (this.#state.phase !== 'finalizing') return;
    this.#account.cpu(this.#usage.read(performance.now()).cpuSeconds);
    const closing = [
      this.#attempt(() => this.#resources.disposeAsync()),
      this.#attempt(() => this.#outlets[Symbol.asyncDispose]()),
    ];
    const { media, problems } = await this.#outlets.finish(this.#goesOn(this.#state.cause));
    for (const problem of problems) this.#account.problem(problem);
    await Promise.all(closing);
    this.#handle({ type: 'finished', media, whole: problems.length === 0 });
  }

  /** On the way to the end nothing stops: what fails is told in the end. */
  async #attempt(step: () => Promise<void>): Promise<void> {
    await step().catch((error: unknown) => this.#account.problem(error));
  }

  /** The next service will take it up. */
  #goesOn({ reason }: Cause): boolean {
    return this.#plan.resumable && reason === 'session_lost';
  }

  async #reportEnd(): Promise<void> {
    const state = this.#state;
    if (state.phase !== 'ended') return;
    const end = this.#account.end(state, this.#outlets);
    const problem = this.#goesOn(state.cause) ? null : await this.#evidence.write(this.#plan, end, this.#outlets);
    this.#ended.resolve(problem === null ? end : { ...end, detail: `${end.detail}; ${problem}` });
  }

  #reportStatus(): void {
    this.#reports.onStatus(this.#account.status(this.#state, this.#outlets, this.#channel?.status ?? null));
  }
}
