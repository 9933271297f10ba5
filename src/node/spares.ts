import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { within } from '../kit/deadline.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import { type Shape, sameStage, shapeOf } from '../recording/shape.ts';
import { noteOwner, removeRuntime, runtimeFolder } from './runtime.ts';
import { type SessionProcess, startSession } from './session-process.ts';

/** Sessions with a stage of their own. */
export interface WarmRules {
  /** At most so many; as many of a shape as have been asked for among the latest starts. */
  readonly count: number;
  readonly maxAgeMs: number;
  /** What is kept before anything has been asked for. */
  readonly first: Shape;
  /** There is room for one of this shape beside so many others; asked again and again. */
  readonly mayKeep: (shape: Shape, others: number) => boolean;
}

export interface SparesOptions {
  /** The program of a session. */
  readonly module: string;
  readonly warm: WarmRules;
  readonly log: (details: object, text: string) => void;
  readonly timing?: SpareTiming;
}

export interface SpareTiming {
  /** How often what is kept is compared with what should be. */
  readonly lookMs: number;
  /** No spare is started so soon after the start of a recording, which it would slow down. */
  readonly quietMs: number;
  /** After one that failed or was in the way, none is tried for so long; each further failure doubles it. */
  readonly restMs: number;
}

const TIMING: SpareTiming = { lookMs: 1_000, quietMs: 3_000, restMs: 10_000 };
const LONGEST_REST_MS = 10 * 60_000;
/** One that is given back leaves within this time, or is ended. */
const LEAVE_MS = 5_000;

/** A process with a stage of this shape. */
interface Warm {
  readonly session: SessionProcess;
  readonly shape: Shape;
  readonly folder: string;
  readonly bornMs: number;
  /** The stage stands. */
  ready: boolean;
}

export interface Taken {
  readonly session: SessionProcess;
  /** Of its stage; null when it has none. */
  readonly folder: string | null;
  /** The stage stands. */
  readonly ready: boolean;
}

/**
 * Session processes in reserve. One has its program loaded, which saves any start a third of a second; others have a whole
 * stage up, for a start of the same shape. Each is used once.
 */
export class Spares implements AsyncDisposable {
  readonly #options: SparesOptions;
  readonly #timing: SpareTiming;
  readonly #timer: NodeJS.Timeout;
  /** Of the latest starts, the newest first. */
  #asked: readonly Shape[];
  #loaded: SessionProcess | null = null;
  #warm: readonly Warm[] = [];
  #quietUntilMs = 0;
  #failures = 0;
  #leaving: Promise<unknown> = Promise.resolve();

  constructor(options: SparesOptions) {
    this.#options = options;
    this.#timing = options.timing ?? TIMING;
    const { count, first } = options.warm;
    this.#asked = Array.from({ length: count }, () => first);
    this.#loaded = this.#newSession();
    this.#timer = setInterval(() => this.#look(), this.#timing.lookMs).unref();
  }

  /** The best that there is for this plan, at worst a process that has just been started. */
  take(plan: RecordingPlan): Taken {
    const shape = shapeOf(plan);
    this.#asked = [shape, ...this.#asked].slice(0, this.#options.warm.count);
    this.#rest(this.#timing.quietMs);
    return this.#takeWarm(shape) ?? { session: this.#takeLoaded(), folder: null, ready: false };
  }

  /** @returns when nothing is left of them. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#loaded?.killGroup();
    this.#loaded = null;
    for (const warm of this.#warm) this.#giveBack(warm);
    await this.#leaving;
  }

  #takeWarm(shape: Shape): Taken | null {
    const fitting = this.#warm.filter((one) => one.session.alive && sameStage(one.shape, shape));
    const warm = fitting.find(({ ready }) => ready) ?? fitting[0];
    if (!warm) return null;
    this.#forget(warm);
    if (warm.ready) this.#failures = 0;
    return warm;
  }

  #takeLoaded(): SessionProcess {
    const session = this.#loaded?.alive ? this.#loaded : this.#newSession();
    this.#loaded = null;
    return session;
  }

  #look(): void {
    const { warm, log } = this.#options;
    const { missing, surplus } = compare(this.#asked, this.#warm);
    for (const one of this.#warm) {
      const inTheWay = !warm.mayKeep(one.shape, this.#warm.length - 1);
      const old = performance.now() - one.bornMs > warm.maxAgeMs;
      if (!inTheWay && !old && !surplus.includes(one)) continue;
      log({ stage: basename(one.folder), old, inTheWay }, 'a stage that was kept ready is given back');
      this.#giveBack(one);
      if (inTheWay) this.#rest(this.#timing.restMs);
    }
    if (performance.now() < this.#quietUntilMs) return;
    if (!this.#loaded?.alive) this.#loaded = this.#tryNewSession();
    // One after the other, so that they take no more of the machine than a recording that starts.
    if (this.#warm.some(({ ready }) => !ready)) return;
    const next = missing.find((shape) => warm.mayKeep(shape, this.#warm.length));
    if (next) this.#warmUp(next);
  }

  #warmUp(shape: Shape): void {
    const folder = runtimeFolder(`spare-${randomBytes(8).toString('hex')}`);
    const session = this.#tryNewSession();
    if (!session) return;
    const warm: Warm = { session, shape, folder, bornMs: performance.now(), ready: false };
    try {
      noteOwner(folder, session.pid);
    } catch {
      // Recordings cannot have their folders either, and tell.
      session.killGroup();
      this.#failed();
      return;
    }
    session.onMessage(({ type }) => {
      if (type !== 'warmed' || !this.#warm.includes(warm)) return;
      warm.ready = true;
      this.#options.log({ stage: basename(folder), picture: shape.picture }, 'a stage is kept ready');
    });
    this.#warm = [...this.#warm, warm];
    void session.exited.then(() => this.#died(warm));
    session.send({ type: 'warm', site: { shape, folder } });
  }

  #died(warm: Warm): void {
    if (!this.#warm.includes(warm)) return;
    this.#options.log(
      { stage: basename(warm.folder), detail: warm.session.tail() },
      'a stage that was kept ready is lost',
    );
    this.#giveBack(warm);
    this.#failed();
  }

  #failed(): void {
    this.#rest(Math.min(LONGEST_REST_MS, this.#timing.restMs * 2 ** this.#failures));
    this.#failures += 1;
  }

  /** No spare is started for so long. */
  #rest(ms: number): void {
    this.#quietUntilMs = Math.max(this.#quietUntilMs, performance.now() + ms);
  }

  #giveBack(warm: Warm): void {
    this.#forget(warm);
    this.#leaving = Promise.all([this.#leaving, leave(warm)]);
  }

  #forget(warm: Warm): void {
    this.#warm = this.#warm.filter((one) => one !== warm);
  }

  /** What is kept ready is not worth an error: without memory for another process, recordings that run go on. */
  #tryNewSession(): SessionProcess | null {
    try {
      return this.#newSession();
    } catch (error) {
      this.#options.log({ err: error }, 'no process can be kept ready');
      this.#failed();
      return null;
    }
  }

  #newSession(): SessionProcess {
    return startSession(this.#options.module);
  }
}

/** What is kept against what was asked for: each of the latter wants one of the former. */
function compare<Kept extends { readonly shape: Shape }>(
  asked: readonly Shape[],
  kept: readonly Kept[],
): { missing: Shape[]; surplus: Kept[] } {
  const surplus = [...kept];
  const missing = asked.filter((shape) => {
    const found = surplus.findIndex((one) => sameStage(one.shape, shape));
    if (found !== -1) surplus.splice(found, 1);
    return found === -1;
  });
  return { missing, surplus };
}

async function leave({ session, folder }: Warm): Promise<void> {
  session.send({ type: 'stop' });
  await within(LEAVE_MS, session.exited, () => new Error('it does not leave')).catch(() => {});
  session.killGroup();
  removeRuntime(folder);
}
