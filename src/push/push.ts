import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, RecorderError } from '../errors.ts';
import { until } from '../kit/deadline.ts';
import { maskUrl } from '../kit/mask-url.ts';
import { parseRtmpUrl } from '../recording/rtmp-url.ts';
import type { PushState } from '../recording/status.ts';
import { Backlog } from './backlog.ts';
import { type Dial, Publisher } from './publisher.ts';
import { BEGINNING, type Event, next, type Phase, stateOf } from './push-machine.ts';
import type { Sample } from './sample.ts';

export interface PushOptions {
  readonly url: string;
  readonly onhold: boolean;
  readonly dial: Dial;
  readonly metadata: Buffer;
  readonly onState: (state: PushState) => void;
  /** Lines for the log; there is no key in them. */
  readonly log: (line: string) => void;
}

const FLUSH_MS = 1000;
/** What is wrong with the address stays wrong. */
const HOPELESS: readonly unknown[] = ['request_invalid', 'address_forbidden'];

/** One server that the recording is pushed to. Whatever it does, nobody else notices. */
export class Push implements AsyncDisposable {
  readonly url: string;
  readonly #options: PushOptions;
  readonly #backlog = new Backlog();
  readonly #ended = new AbortController();
  #done: Promise<void> = Promise.resolve();
  #phase: Phase = BEGINNING;
  #onhold: boolean;
  /** For the log. Of an address that cannot be read nobody knows which part is the key. */
  #name = 'an address that cannot be read';
  #publisher: Publisher | null = null;
  #openedMs = 0;

  private constructor(options: PushOptions) {
    this.url = options.url;
    this.#options = options;
    this.#onhold = options.onhold;
  }

  /** Begins to connect. */
  static start(options: PushOptions): Push {
    const push = new Push(options);
    push.#done = push.#run();
    return push;
  }

  get state(): PushState {
    return stateOf(this.#phase, this.#onhold);
  }

  hold(onhold: boolean): void {
    const before = this.state;
    this.#onhold = onhold;
    this.#tellIfNot(before);
  }

  send(sample: Sample): void {
    if (this.#phase.name !== 'live') return;
    this.#backlog.push(sample);
    this.#pump();
  }

  /** Sends what waits, takes the stream back, hangs up: all within some two seconds. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#phase.name === 'live') await until(FLUSH_MS, 20, () => this.#isFlushed);
    this.#handle({ type: 'close' });
    this.#ended.abort();
    await this.#done;
  }

  get #isFlushed(): boolean {
    return this.#publisher === null || (this.#backlog.isEmpty && this.#publisher.isDrained);
  }

  #handle(event: Event): void {
    const before = this.state;
    this.#phase = next(this.#phase, event);
    this.#tellIfNot(before);
  }

  #tellIfNot(before: PushState): void {
    if (this.state !== before) this.#options.onState(this.state);
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    while (this.#phase.name !== 'over') {
      const error = await this.#connect();
      this.#backlog.clear();
      const livedMs = this.#phase.name === 'live' ? performance.now() - this.#openedMs : 0;
      const hopeless = error instanceof RecorderError && HOPELESS.includes(error.code);
      this.#handle({ type: 'lost', livedMs, hopeless });
      this.#report(error);
      await this.#wait();
    }
  }

  /** One connection from its first byte to its end. @returns why it ended */
  async #connect(): Promise<unknown> {
    const { dial, metadata } = this.#options;
    try {
      const address = parseRtmpUrl(this.url);
      this.#name = maskUrl(this.url);
      await using publisher = await Publisher.open({ address, dial, metadata, signal: this.#ended.signal });
      this.#publisher = publisher;
      this.#openedMs = performance.now();
      publisher.onReady = () => this.#pump();
      this.#handle({ type: 'opened' });
      return await orAborted(this.#ended.signal, publisher.lost);
    } catch (error) {
      return error;
    } finally {
      this.#publisher = null;
    }
  }

  #pump(): void {
    const publisher = this.#publisher;
    while (publisher && !publisher.isFull) {
      const sample = this.#backlog.shift();
      if (sample === null) return;
      publisher.send(sample);
    }
  }

  #report(error: unknown): void {
    const { log } = this.#options;
    const phase = this.#phase;
    if (this.#ended.signal.aborted) return;
    const outcome = phase.name === 'waiting' ? `trying again in ${phase.waitMs / 1000} s` : 'given up';
    log(`push to ${this.#name}: ${messageOf(error)}; ${outcome}`);
  }

  async #wait(): Promise<void> {
    if (this.#phase.name !== 'waiting') return;
    await sleep(this.#phase.waitMs, undefined, { signal: this.#ended.signal }).catch(() => {});
    this.#handle({ type: 'due' });
  }
}

/** Waits for `work`, at the longest until the signal. */
async function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | null> {
  const aborted = Promise.withResolvers<null>();
  const onAbort = () => aborted.resolve(null);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
