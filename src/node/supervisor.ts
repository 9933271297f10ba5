import { join } from 'node:path';
import { RecorderError } from '../errors.ts';
import type { LayoutPlan, Subscription } from '../recording/channel.ts';
import type { FromSession, ReadyFile, RecordingEvent, Resume, ToSession } from '../recording/link.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import type { Recorder, RunningRecording } from '../recording/recorder.ts';
import { PHASES, type RecordingEnd, type RecordingStatus, statusBefore } from '../recording/status.ts';
import { Streams } from '../recording/streams.ts';
import { finishLost } from './finish-lost.ts';
import { resumeOf } from './resume.ts';
import { noteOwner, removeRuntime } from './runtime.ts';
import { type SessionProcess, startSession } from './session-process.ts';
import { Spares, type Taken, type WarmRules } from './spares.ts';

const SESSION_MODULE = join(import.meta.dirname, '../session/main.ts');
/** A session that has ended its recording leaves within this time, or is ended. */
const LEAVE_MS = 10_000;
/** One that dies more often than this, within that time, dies of something that another one does not remove. */
const MAX_DEATHS = 3;
const DEATHS_WITHIN_MS = 10 * 60_000;

export interface SupervisorOptions {
  /** Left out: no process is kept in reserve. */
  readonly warm?: WarmRules;
  /** The program of a session, in the place of the project's own. */
  readonly sessionModule?: string;
  readonly log?: SupervisorLog;
}

type SupervisorLog = (details: object, text: string) => void;

/**
 * Runs each recording in a process of its own and answers for its end, whatever becomes of that process: one that dies is
 * followed by another, which goes on. A service keeps processes in reserve.
 */
export class Supervisor implements Recorder, AsyncDisposable {
  readonly #module: string;
  readonly #spares: Spares | null;
  readonly #log: SupervisorLog;

  constructor({ warm, sessionModule: module = SESSION_MODULE, log = () => {} }: SupervisorOptions = {}) {
    this.#module = module;
    this.#log = log;
    this.#spares = warm ? new Spares({ module, warm, log }) : null;
  }

  start(plan: RecordingPlan, resume: Resume | null = null): RunningRecording {
    return new SupervisedRecording(plan, resume, () => this.#take(plan), this.#log);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spares?.[Symbol.asyncDispose]();
  }

  #take(plan: RecordingPlan): Taken {
    return this.#spares?.take(plan) ?? { session: startSession(this.#module), folder: null, ready: false };
  }
}

class SupervisedRecording implements RunningRecording {
  readonly sid: string;
  readonly ended: Promise<RecordingEnd>;
  readonly #plan: RecordingPlan;
  readonly #take: () => Taken;
  readonly #log: SupervisorLog;
  readonly #askedMs = Date.now();
  readonly #statusListeners: ((status: RecordingStatus) => void)[] = [];
  readonly #eventListeners: ((event: RecordingEvent) => void)[] = [];
  readonly #orders = new Map<number, PromiseWithResolvers<void>>();
  readonly #streams = new Streams();
  #session: SessionProcess;
  /** Of the session that runs. */
  #folder: string;
  /** The latest session had its stage before it was started. */
  #warm = false;
  #status: RecordingStatus;
  #end: RecordingEnd | null = null;
  #deaths: number[] = [];
  #stopAsked = false;
  #nextOrder = 1;

  constructor(plan: RecordingPlan, resume: Resume | null, take: () => Taken, log: SupervisorLog) {
    this.sid = plan.sid;
    this.#plan = plan;
    this.#take = take;
    this.#log = log;
    this.#folder = plan.runtimeFolder;
    this.#status = firstStatus(plan, resume);
    this.#session = this.#begin(resume);
    this.ended = this.#watch();
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

  async layout(layout: LayoutPlan): Promise<void> {
    await this.#order((id) => ({ type: 'layout', id, layout }));
  }

  async subscribe(subscription: Subscription): Promise<void> {
    await this.#order((id) => ({ type: 'subscribe', id, subscription }));
  }

  async stop(): Promise<RecordingEnd> {
    this.#stopAsked = true;
    this.#session.send({ type: 'stop' });
    return await this.ended;
  }

  /** @throws RecorderError when the runtime folder cannot be had. */
  #begin(resume: Resume | null): SessionProcess {
    const { session, folder, ready } = this.#take();
    // One that comes with a stage has its folder, too.
    const plan = { ...this.#plan, runtimeFolder: folder ?? this.#plan.runtimeFolder };
    this.#folder = plan.runtimeFolder;
    this.#warm = ready;
    try {
      noteOwner(this.#folder, session.pid, plan.sid);
    } catch (error) {
      session.killGroup();
      throw error;
    }
    session.onMessage((message) => this.#onMessage(message));
    session.send({ type: 'start', plan, resume });
    return session;
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
        // One that goes on must first read how far it had come.
        if (rankOf(message.status) >= rankOf(this.#status)) this.#setStatus(message.status);
        break;
      case 'event':
        this.#tell(message.event);
        break;
      case 'done':
        this.#answer(message.id, message.error);
        break;
      case 'ended':
        this.#end = message.end;
        this.#letLeave(this.#session);
        break;
    }
  }

  #letLeave(session: SessionProcess): void {
    const lingers = setTimeout(() => session.killGroup(), LEAVE_MS).unref();
    void session.exited.then(() => clearTimeout(lingers));
  }

  #tell(event: RecordingEvent): void {
    if (event.name === 'started') this.#tellStart(event.atMs);
    if (event.name === 'stream_changed') this.#streams.change(event);
    for (const listener of this.#eventListeners) listener(event);
  }

  #tellStart(atMs: number): void {
    const { sid } = this;
    this.#log({ sid, warm: this.#warm, ms: Math.round(atMs - this.#askedMs) }, 'from the request to the first frame');
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

  /** Waits for the end: as the session tells it, or as the files do when no session could. */
  async #watch(): Promise<RecordingEnd> {
    let how = await this.#sessionEnded();
    while (this.#end === null && this.#goOn()) how = await this.#sessionEnded();
    const told = (file: ReadyFile) => this.#tell({ name: 'file_ready', file });
    const end = this.#end ?? (await finishLost(this.#plan, this.#status, how, told));
    this.#setStatus({ ...this.#status, phase: 'ended', files: end.files, progress: end.progress });
    return end;
  }

  /** @returns what became of its process, of which nothing stays. */
  async #sessionEnded(): Promise<string> {
    const exit = await this.#session.exited;
    this.#session.killGroup();
    removeRuntime(this.#folder);
    const how = exit.signal ?? `code ${exit.code}`;
    return `the process of the recording ended with ${how}. ${this.#session.tail()}`.trim();
  }

  /** Starts another session in the place of one that died, if that makes sense. */
  #goOn(): boolean {
    const nowMs = Date.now();
    this.#deaths = [...this.#deaths.filter((ms) => ms > nowMs - DEATHS_WITHIN_MS), nowMs];
    const resume = this.#stopAsked || this.#deaths.length > MAX_DEATHS ? null : resumeOf(this.#plan, this.#status);
    if (resume === null) return false;
    try {
      this.#session = this.#begin(resume);
    } catch {
      // Somebody else holds the runtime folder: what there is gets finished.
      return false;
    }
    for (const change of this.#streams.lose(nowMs)) this.#tell({ ...change, name: 'stream_changed' });
    for (const id of this.#orders.keys())
      this.#answer(id, 'the process of the recording died before it took the order');
    return true;
  }
}

function firstStatus(plan: RecordingPlan, resume: Resume | null): RecordingStatus {
  const before = statusBefore((resume ?? plan).onhold, plan.channel && { ...plan.channel, ...resume?.composition });
  const startedMs = resume?.startedMs ?? null;
  return startedMs === null ? before : { ...before, phase: 'recording', startedMs };
}

function rankOf({ phase }: RecordingStatus): number {
  return PHASES.indexOf(phase);
}
