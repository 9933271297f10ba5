import { join } from 'node:path';
import { RecorderError } from '../errors.ts';
import { Fork } from '../process/fork.ts';
import type { FromSession, RecordingEvent, Resume, ToSession } from '../recording/link.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import type { Recorder, RunningRecording } from '../recording/recorder.ts';
import { type RecordingEnd, type RecordingStatus, statusBefore } from '../recording/status.ts';
import { finishLost } from './finish-lost.ts';
import { noteOwner, removeRuntime } from './runtime.ts';

const SESSION_MODULE = join(import.meta.dirname, '../session/main.ts');
/** A session that has ended its recording leaves within this time, or is ended. */
const LEAVE_MS = 10_000;

/** When a spare has been taken, the next is started after the recording's own start, which it would slow down. */
const SPARE_AFTER_MS = 3_000;

type SessionProcess = Fork<ToSession, FromSession>;

/**
 * Runs each recording in a process of its own and answers for its end, whatever becomes of that process. A service keeps
 * one process in reserve, its program loaded, which saves a third of a second at each start.
 */
export class Supervisor implements Recorder, Disposable {
  readonly #keepSpare: boolean;
  #spare: SessionProcess | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: { readonly keepSpare: boolean }) {
    this.#keepSpare = options.keepSpare;
    this.#startSpare();
  }

  start(plan: RecordingPlan, resume: Resume | null = null): RunningRecording {
    const spare = this.#spare?.alive ? this.#spare : newSession();
    this.#spare = null;
    if (this.#keepSpare) this.#timer ??= setTimeout(() => this.#startSpare(), SPARE_AFTER_MS);
    return new SupervisedRecording(plan, resume, spare);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#spare?.killGroup();
    this.#spare = null;
  }

  #startSpare(): void {
    this.#timer = undefined;
    if (this.#keepSpare) this.#spare ??= newSession();
  }
}

function newSession(): SessionProcess {
  return new Fork<ToSession, FromSession>(SESSION_MODULE, '/');
}

class SupervisedRecording implements RunningRecording {
  readonly sid: string;
  readonly ended: Promise<RecordingEnd>;
  readonly #plan: RecordingPlan;
  readonly #session: SessionProcess;
  readonly #statusListeners: ((status: RecordingStatus) => void)[] = [];
  readonly #eventListeners: ((event: RecordingEvent) => void)[] = [];
  readonly #orders = new Map<number, PromiseWithResolvers<void>>();
  #status: RecordingStatus;
  #end: RecordingEnd | null = null;
  #nextOrder = 1;

  constructor(plan: RecordingPlan, resume: Resume | null, session: SessionProcess) {
    this.sid = plan.sid;
    this.#plan = plan;
    this.#status = statusBefore(plan.onhold);
    this.#session = session;
    try {
      noteOwner(plan.runtimeFolder, session.pid);
    } catch (error) {
      session.killGroup();
      throw error;
    }
    session.onMessage((message) => this.#onMessage(message));
    this.ended = this.#watch();
    this.#session.send({ type: 'start', plan, resume });
  }

  get status(): RecordingStatus {
    return this.#status;
  }

  onStatus(listener: (status: RecordingStatus) => void): void {
    this.#statusListeners.push(listener);
  }

  onEvent(listener: (event: RecordingEvent) => void): void {
    this.#eventListeners.push(listener);
  }

  async hold(onhold: boolean): Promise<void> {
    await this.#order((id) => ({ type: 'hold', id, onhold }));
  }

  async push(urls: readonly string[]): Promise<void> {
    await this.#order((id) => ({ type: 'push', id, urls }));
  }

  async stop(): Promise<RecordingEnd> {
    this.#session.send({ type: 'stop' });
    return await this.ended;
  }

  /** Sends an order and waits until it has taken effect. */
  async #order(build: (id: number) => ToSession): Promise<void> {
    const id = this.#nextOrder++;
    const order = Promise.withResolvers<void>();
    this.#orders.set(id, order);
    this.#session.send(build(id));
    const over = this.ended.then((end) => {
      throw new RecorderError('wrong_state', `expected a recording under way, this one has ended: ${end.detail}`);
    });
    await Promise.race([order.promise, over]).finally(() => this.#orders.delete(id));
  }

  #onMessage(message: FromSession): void {
    switch (message.type) {
      case 'status':
        this.#setStatus(message.status);
        break;
      case 'event':
        for (const listener of this.#eventListeners) listener(message.event);
        break;
      case 'done':
        this.#answer(message.id, message.error);
        break;
      case 'ended':
        this.#end = message.end;
        setTimeout(() => this.#session.killGroup(), LEAVE_MS).unref();
        break;
    }
  }

  #answer(id: number, error: string | null): void {
    const order = this.#orders.get(id);
    if (error === null) order?.resolve();
    else order?.reject(new RecorderError('wrong_state', error));
  }

  #setStatus(status: RecordingStatus): void {
    this.#status = status;
    for (const listener of this.#statusListeners) listener(status);
  }

  /** The process is gone: nothing of it may stay, and if it could not say how the recording ended, its files do. */
  async #watch(): Promise<RecordingEnd> {
    const exit = await this.#session.exited;
    this.#session.killGroup();
    removeRuntime(this.#plan.runtimeFolder);
    const how = exit.signal ?? `code ${exit.code}`;
    const detail = `the process of the recording ended with ${how}. ${this.#session.tail()}`.trim();
    const end = this.#end ?? (await finishLost(this.#plan, this.#status, detail));
    this.#setStatus({ ...this.#status, phase: 'ended', files: end.files, progress: end.progress });
    return end;
  }
}
