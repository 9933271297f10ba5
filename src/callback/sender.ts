import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { messageOf } from '../errors.ts';
import { until } from '../kit/deadline.ts';
import type { UtcMs } from '../types.ts';
import { buildEnvelope } from './envelope.ts';
import type { Notice } from './notice.ts';
import type { Outbox, OutboxView, PendingMessage, Subject } from './outbox.ts';
import { type Agents, post } from './post.ts';
import { placeOf, type Receivers, receiverOf, wants } from './receivers.ts';
import { RETRIES, type Retries, waitAfterFailure } from './retry.ts';
import { signatureHeaders } from './signature.ts';
import { type TurnLimits, Turns } from './turns.ts';

export interface Timing extends Retries {
  /** For an attempt, from the connection to the end of the answer. */
  readonly attemptMs: number;
  /** What is due when the service ends may still be sent for so long. */
  readonly graceMs: number;
}

const TIMING: Timing = { ...RETRIES, attemptMs: 10_000, graceMs: 3_000 };
const LIMITS: TurnLimits = { most: 64, mostToOnePlace: 4 };
/** A recording's messages rest so long when the outbox cannot be read or written. */
const OUTBOX_REST_MS = 60_000;

export interface NoticesParts {
  readonly outbox: Outbox;
  readonly receivers: Receivers;
  readonly agents: Agents;
  readonly log: Logger;
  readonly now?: () => UtcMs;
  readonly timing?: Timing;
}

/**
 * Tells receivers what happens to recordings: stored first, then sent, signed; those of one recording one after the other in
 * the order in which they were told, those of several at the same time. What fails is tried again, for an hour.
 */
export class Notices implements AsyncDisposable {
  readonly #parts: NoticesParts;
  readonly #now: () => UtcMs;
  readonly #timing: Timing;
  readonly #turns = new Turns(LIMITS);
  readonly #working = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  readonly #attempts = { delivered: 0, failed: 0 };
  #timer: NodeJS.Timeout | undefined;

  private constructor(parts: NoticesParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    this.#timing = parts.timing ?? TIMING;
  }

  /** Goes on at once with what the last service left behind. */
  static open(parts: NoticesParts): Notices {
    const notices = new Notices(parts);
    for (const { sid, appId } of parts.outbox.waiting()) notices.#enqueue(sid, appId);
    notices.#sendDue();
    return notices;
  }

  /**
   * Stores a notice for the receiver of its app id; it is sent later. What no receiver wants is not stored and not counted, so
   * that the sequence has no gaps for those who get it. Never throws, never waits.
   */
  tell(subject: Subject, notice: Notice): void {
    const { outbox, receivers, log } = this.#parts;
    const { sid, appId } = subject;
    const receiver = receiverOf(receivers, appId);
    if (receiver === null || !wants(receiver, notice.eventType)) return;
    try {
      outbox.add({ subject, notice, eventMs: this.#now(), noticeId: randomBytes(16).toString('hex') });
      this.#enqueue(sid, appId);
      this.#sendDue();
    } catch (error) {
      log.error({ sid, eventType: notice.eventType, err: error }, 'a callback is lost: it cannot be stored');
    }
  }

  /** What is on its way and what got lost, of a recording or of all. */
  view(sid: string | null = null): OutboxView {
    return this.#parts.outbox.view(sid);
  }

  /** Attempts since the service started, by how they ended. */
  get attempts(): Readonly<Record<'delivered' | 'failed', number>> {
    return this.#attempts;
  }

  /** Forgets messages that were given up and are older than this. */
  prune(ageMs: number): void {
    try {
      this.#parts.outbox.prune(this.#now() - ageMs);
    } catch (error) {
      this.#parts.log.error({ err: error }, 'the outbox of callbacks cannot be written');
    }
  }

  /** Gives what is due a moment; what is not delivered by then stays in the outbox. */
  async [Symbol.asyncDispose](): Promise<void> {
    await until(this.#timing.graceMs, 20, () => this.#working.size === 0);
    this.#closing.abort();
    clearTimeout(this.#timer);
    await Promise.all(this.#working);
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  #enqueue(sid: string, appId: string): void {
    this.#turns.add(sid, this.#placeOf(appId), performance.now());
  }

  #placeOf(appId: string): string {
    const receiver = receiverOf(this.#parts.receivers, appId);
    return receiver === null ? '(no receiver)' : placeOf(receiver);
  }

  #sendDue(): void {
    if (this.#closed) return;
    // One moment for both questions: what became due between two would be taken by neither.
    const nowMs = performance.now();
    for (const sid of this.#turns.take(nowMs)) {
      const work = this.#process(sid).finally(() => {
        this.#working.delete(work);
        this.#sendDue();
      });
      this.#working.add(work);
    }
    clearTimeout(this.#timer);
    const waitMs = this.#turns.msToNext(nowMs);
    if (waitMs !== null) this.#timer = setTimeout(() => this.#sendDue(), waitMs);
  }

  /** Tries the first message of a recording once, and writes down what came of it. Never rejects. */
  async #process(sid: string): Promise<void> {
    const { outbox, log } = this.#parts;
    try {
      const message = outbox.first(sid);
      if (message === null) return this.#turns.remove(sid);
      const problem = await this.#attempt(message);
      // One that was cut short says nothing about the receiver.
      const waitMs = problem !== null && this.#closed ? 0 : this.#writeDown(message, problem);
      this.#turns.putBack(sid, performance.now() + waitMs);
    } catch (error) {
      log.error({ sid, err: error }, 'the outbox of callbacks cannot be read or written');
      this.#turns.putBack(sid, performance.now() + OUTBOX_REST_MS);
    }
  }

  /** @returns what went wrong, null when it was delivered */
  async #attempt(message: PendingMessage): Promise<string | null> {
    const receiver = receiverOf(this.#parts.receivers, message.appId);
    if (receiver === null) return 'no receiver is configured for its app id';
    if (message.content === null) return 'it was sealed with another key, or is damaged';
    const body = Buffer.from(buildEnvelope(message, message.content, this.#now()));
    const headers = { 'content-type': 'application/json', 'user-agent': 'Tapehead' };
    try {
      const status = await post({
        url: receiver.url,
        headers: { ...headers, ...signatureHeaders(receiver.secret, body) },
        body,
        agents: this.#parts.agents,
        timeoutMs: this.#timing.attemptMs,
        signal: this.#closing.signal,
      });
      return status === 200 ? null : `expected the answer 200, got ${status}`;
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** @returns after how many milliseconds the recording's next attempt may be made */
  #writeDown(message: PendingMessage, problem: string | null): number {
    const { outbox, log } = this.#parts;
    const { sid, eventType, sequence, appId, attempts, content } = message;
    const told = { sid, eventType, sequence, attempt: attempts + 1, to: this.#placeOf(appId) };
    this.#attempts[problem === null ? 'delivered' : 'failed'] += 1;
    if (problem === null) {
      outbox.delivered(message);
      log.info(told, 'callback delivered');
      return 0;
    }
    const atMs = this.#now();
    const waitMs = content === null ? null : waitAfterFailure(message, atMs, this.#timing);
    if (waitMs === null) {
      outbox.givenUp(message, { problem, atMs });
      log.error({ ...told, problem }, 'callback given up');
      return 0;
    }
    outbox.failed(message, { problem, atMs });
    log.warn({ ...told, problem, againInMs: waitMs }, 'callback not delivered');
    return waitMs;
  }
}

/** Of several addresses of a name that were all tried in vain, the first one's. */
function reasonOf(error: unknown): string {
  return messageOf(error instanceof AggregateError ? (error.errors[0] ?? error) : error);
}
