import type { ChannelBridgeOptions } from '../browser/channel-bridge.ts';
import type { PageReady } from '../browser/page.ts';
import { RecorderError } from '../errors.ts';
import { sleep } from '../kit/deadline.ts';
import type { ReloadReason } from '../recording/link.ts';
import { type RecordingPlan, refreshRate } from '../recording/plan.ts';
import { siteOf } from '../recording/shape.ts';
import { troubleOf } from './cause.ts';
import type { Excess } from './limit-rule.ts';
import type { Trouble } from './machine.ts';
import type { EncoderPlace } from './run.ts';
import { Stage, type StageEvents, type Tails } from './stage.ts';
import type { WarmStage } from './warm-stage.ts';
import { Watchdogs } from './watchdogs.ts';

export interface StageKeeperOptions {
  readonly plan: RecordingPlan;
  /** Opened ahead of time, for the site of this plan: the first stage. Disposed of by the keeper. */
  readonly warm?: WarmStage | null;
  /** There is a display to look at, a sound to listen to, or both. @returns when an encoder does. */
  readonly arm: (place: EncoderPlace) => Promise<void>;
  /** The page is loaded for the second time, because it was not ready in time. */
  readonly onReload: () => void;
  /** The page is in trouble, or could not be brought back. */
  readonly onTrouble: (trouble: Trouble) => void;
  /** After a trouble it can be recorded again. */
  readonly onBack: (ready: PageReady) => void;
  readonly onExcess: (excess: Excess) => void;
  /** The page of a channel says something, which may be answered. */
  readonly onMessage: ChannelBridgeOptions['onMessage'];
  /** When a frame of the page began, UTC ms: now and then. */
  readonly onFrameStart: (ms: number) => void;
  readonly onStep: (name: string) => void;
  /** Lines for people who look into what went wrong. */
  readonly log: (line: string) => void;
}

/** The clocks of page and capture part by some ten microseconds a second. */
const FOLLOW_MS = 20_000;
/** When a process dies, others fail of it, and may be heard of first. */
const SETTLE_MS = 100;

/** Keeps a stage with the page on it: opens the first, loads the page anew, makes another stage when one is lost. */
export class StageKeeper implements AsyncDisposable {
  readonly #options: StageKeeperOptions;
  #warm: WarmStage | null;
  #stage: Stage | null = null;
  #pastTails: Tails = {};
  #watchdogs: Watchdogs | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** Counts what is tried; what an earlier one comes to is of no interest. */
  #attempt = 0;
  #closed = false;
  #closing: Promise<void> = Promise.resolve();

  constructor(options: StageKeeperOptions) {
    this.#options = options;
    this.#warm = options.warm ?? null;
  }

  /** The first stage, the page on it. @throws RecorderError */
  async open(): Promise<PageReady> {
    const stage = await this.#open();
    const armed = this.#options.arm(stage);
    const [ready] = await Promise.all([stage.play(this.#options.plan.page, 2), armed]);
    this.#playing(stage, ready);
    return ready;
  }

  /** Loads the page anew; `onBack` or `onTrouble` tells what comes of it. */
  reload(reason: ReloadReason | null, waitMs: number): void {
    this.#try(waitMs, async () => {
      const stage = this.#stage;
      if (!stage) throw new RecorderError('browser_lost', 'there is no stage for the page');
      const ready = await stage.reload(reason);
      return { stage, ready };
    });
  }

  /** Makes a new stage and opens the page there, likewise. The old one is given up at once. */
  restage(waitMs: number): void {
    this.#give(this.#stage);
    this.#stage = null;
    this.#try(waitMs, async (isCurrent) => {
      const stage = await this.#open();
      if (!isCurrent()) throw new RecorderError('wrong_state', 'another stage is being made');
      // One that cannot be armed ends, and is told by itself.
      const armed = this.#options.arm(stage).catch(() => {});
      const [ready] = await Promise.all([stage.play(this.#options.plan.page, 1), armed]);
      return { stage, ready };
    });
  }

  /** Something that is not silence has been recorded. */
  heard(): void {
    this.#watchdogs?.heard();
  }

  async takeScreenshot(): Promise<Buffer | null> {
    return (await this.#stage?.takeScreenshot()) ?? null;
  }

  /** Of this stage, or of the last one. */
  get tails(): Tails {
    return this.#stage?.tails ?? this.#pastTails;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#attempt += 1;
    this.#away();
    this.#give(this.#stage);
    await this.#warm?.[Symbol.asyncDispose]();
    await this.#closing;
  }

  #try(waitMs: number, work: (isCurrent: () => boolean) => Promise<{ stage: Stage; ready: PageReady }>): void {
    this.#away();
    this.#attempt += 1;
    const attempt = this.#attempt;
    const isCurrent = () => attempt === this.#attempt;
    const run = async () => {
      await sleep(waitMs);
      if (!isCurrent()) return;
      const { stage, ready } = await work(isCurrent);
      if (isCurrent()) this.#playing(stage, ready);
      if (isCurrent()) this.#options.onBack(ready);
    };
    void run().catch(async (error: unknown) => {
      const trouble = troubleOf(error);
      await sleep(SETTLE_MS);
      if (isCurrent()) this.#options.onTrouble(trouble);
    });
  }

  async #open(): Promise<Stage> {
    await this.#closing;
    const { plan, onReload, onMessage, onStep, log } = this.#options;
    let opened: Stage | null = null;
    const isShown = () => opened !== null && opened === this.#stage;
    const events: StageEvents = {
      onReload,
      onTrouble: (error) => {
        if (isShown()) this.#trouble(troubleOf(error, this.#beforeNow()));
      },
      onMessage: (message, answer) => {
        if (isShown()) onMessage(message, answer);
      },
      onStep,
      log,
    };
    const stage = (await this.#takeWarm(events)) ?? (await Stage.open(siteOf(plan), events));
    opened = stage;
    if (this.#closed) {
      // Opened too late: the recording is over.
      await stage[Symbol.asyncDispose]();
      throw new RecorderError('wrong_state', 'the recording ended while it was starting');
    }
    this.#stage = stage;
    return stage;
  }

  /** @returns null when there is none, or it has fallen. */
  async #takeWarm(events: StageEvents): Promise<Stage | null> {
    const warm = this.#warm;
    this.#warm = null;
    return (await warm?.take(events)) ?? null;
  }

  /** A window that has vanished may have been captured already when we learn of it; leave out the last two frames. */
  #beforeNow(): number {
    const { picture } = this.#options.plan;
    return picture ? Date.now() - 2000 / refreshRate(picture.fps) : Date.now();
  }

  #give(stage: Stage | null): void {
    if (!stage) return;
    this.#pastTails = stage.tails;
    const before = this.#closing;
    this.#closing = Promise.all([before, stage[Symbol.asyncDispose]()]).then(
      () => {},
      () => {},
    );
  }

  /** The page is shown: from here on it is watched. */
  #playing(stage: Stage, { frameStartMs }: PageReady): void {
    if (this.#closed || this.#stage !== stage) return;
    this.#follow(frameStartMs);
    this.#away();
    this.#timer = setInterval(() => void this.#ask(stage), FOLLOW_MS);
    this.#watchdogs = Watchdogs.start({
      watched: stage,
      limits: this.#options.plan.limits,
      withSound: this.#options.plan.sound !== null,
      onTrouble: (reason, detail) => this.#trouble({ reason, detail, atMs: Date.now() }),
      onExcess: this.#options.onExcess,
    });
  }

  #trouble(trouble: Trouble): void {
    this.#away();
    this.#options.onTrouble(trouble);
  }

  #away(): void {
    clearInterval(this.#timer);
    this.#watchdogs?.[Symbol.dispose]();
    this.#watchdogs = null;
  }

  async #ask(stage: Stage): Promise<void> {
    if (!this.#options.plan.picture) return;
    const frameStartMs = await stage.frameStart();
    if (this.#stage === stage) this.#follow(frameStartMs);
  }

  /** Keeps the capture in step with the page. */
  #follow(frameStartMs: number | null): void {
    if (frameStartMs !== null && this.#options.plan.picture) this.#options.onFrameStart(frameStartMs);
  }
}
