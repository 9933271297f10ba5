import { join } from 'node:path';
import type { Hub, HubSession, HubUser, Member } from '../channel/hub.ts';
import { RecorderError } from '../errors.ts';
import { Fork } from '../process/fork.ts';
import type { FromHub, HubSettings, Log, ToHub } from './link.ts';

const HUB_MODULE = join(import.meta.dirname, 'main.ts');
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;
/** One that ran for as long died of something else than its start. */
const HEALTHY_MS = 30_000;
/** No call takes a tenth of this, whatever the machine is at. */
const ANSWER_LIMIT_MS = 10_000;

type Process = Fork<ToHub, FromHub>;
type Answer = Extract<FromHub, { type: 'session' | 'ended' }>;

interface Presence {
  readonly onUsers: (users: readonly HubUser[]) => void;
  readonly onEnd: (why: 'uid_taken' | 'hub_lost') => void;
}

/**
 * The hub in a process of its own, so that packets never hold up the service and nothing that goes wrong there ends it. Started
 * when it is first needed; started anew, later each time, when it dies.
 */
export class HubProcess implements Hub, AsyncDisposable {
  readonly #settings: HubSettings;
  readonly #log: Log;
  readonly #calls = new Map<number, PromiseWithResolvers<Answer>>();
  readonly #presences = new Map<number, Presence>();
  #process: Process | null = null;
  #restart: NodeJS.Timeout | undefined;
  #waitMs = FIRST_WAIT_MS;
  #closed = false;
  #nextId = 1;

  constructor(settings: HubSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
  }

  /** Of the process, null while there is none. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  async publish(member: Member, offer: string): Promise<HubSession> {
    return sessionOf(await this.#call((id) => ({ type: 'publish', id, member, offer })));
  }

  async view(member: Member, publisher: string, layer: 'high' | 'low', offer: string): Promise<HubSession> {
    return sessionOf(await this.#call((id) => ({ type: 'view', id, member, publisher, layer, offer })));
  }

  async end(session: string): Promise<boolean> {
    // What was there has gone with the process.
    if (!this.#process) return false;
    const answer = await this.#call((id) => ({ type: 'end', id, session }));
    return answer.type === 'ended' && answer.found;
  }

  enter(
    member: Member,
    onUsers: (users: readonly HubUser[]) => void,
    onEnd: (why: 'uid_taken' | 'hub_lost') => void,
  ): Disposable {
    const id = this.#nextId++;
    this.#presences.set(id, { onUsers, onEnd });
    const running = this.#running();
    if (running) running.send({ type: 'enter', id, member });
    else queueMicrotask(() => this.#endPresence(id, 'hub_lost'));
    return {
      [Symbol.dispose]: () => {
        if (this.#presences.delete(id)) this.#process?.send({ type: 'leave', id });
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restart);
    const running = this.#process;
    running?.killGroup();
    await running?.exited;
  }

  /** @returns null while it waits to be started anew. */
  #running(): Process | null {
    if (!this.#process && !this.#restart && !this.#closed) this.#start();
    return this.#process;
  }

  #start(): void {
    this.#restart = undefined;
    const startedMs = performance.now();
    const started: Process = new Fork(HUB_MODULE, '/');
    this.#process = started;
    started.onMessage((message) => this.#onMessage(message));
    started.send({ type: 'begin', settings: this.#settings });
    void started.exited.then(({ code, signal }) => {
      if (performance.now() - startedMs > HEALTHY_MS) this.#waitMs = FIRST_WAIT_MS;
      this.#onLost(`${signal ?? `code ${code}`} ${started.tail()}`.trim());
      started.killGroup();
    });
  }

  #onLost(how: string): void {
    this.#process = null;
    if (!this.#closed) {
      this.#log('warn', `the hub ended with ${how}; it is started again in ${this.#waitMs} ms`);
      this.#restart = setTimeout(() => this.#start(), this.#waitMs);
      this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2);
    }
    for (const call of this.#calls.values()) call.reject(notCompleted());
    this.#calls.clear();
    for (const id of [...this.#presences.keys()]) this.#endPresence(id, 'hub_lost');
  }

  async #call(build: (id: number) => ToHub): Promise<Answer> {
    const running = this.#running();
    if (!running) throw notCompleted();
    const id = this.#nextId++;
    const call = Promise.withResolvers<Answer>();
    this.#calls.set(id, call);
    const timer = setTimeout(() => call.reject(notCompleted()), ANSWER_LIMIT_MS);
    running.send(build(id));
    return await call.promise.finally(() => {
      clearTimeout(timer);
      this.#calls.delete(id);
    });
  }

  #onMessage(message: FromHub): void {
    switch (message.type) {
      case 'session':
      case 'ended':
        this.#calls.get(message.id)?.resolve(message);
        break;
      case 'failed':
        this.#calls.get(message.id)?.reject(new RecorderError(message.code, message.message));
        break;
      case 'users':
        for (const id of message.ids) this.#presences.get(id)?.onUsers(message.users);
        break;
      case 'taken':
        this.#endPresence(message.id, 'uid_taken');
        break;
      case 'log':
        this.#log(message.level, message.text);
        break;
    }
  }

  #endPresence(id: number, why: 'uid_taken' | 'hub_lost'): void {
    const presence = this.#presences.get(id);
    this.#presences.delete(id);
    presence?.onEnd(why);
  }
}

function sessionOf(answer: Answer): HubSession {
  if (answer.type !== 'session') throw notCompleted();
  return answer.session;
}

function notCompleted(): RecorderError {
  return new RecorderError('not_completed', 'expected the hub to answer, it is being started again; repeat the call');
}
