import { UNSEEN } from '../browser/device.ts';
import { secretsOf } from '../debug/redact-plan.ts';
import { RecorderError } from '../errors.ts';
import { within } from '../kit/deadline.ts';
import { redactText } from '../kit/redact.ts';
import {
  type ChannelPlan,
  type ChannelStatus,
  channelBefore,
  type FromChannelPage,
  type LayoutPlan,
  type RefusalReason,
  type Subscription,
  type ToChannelPage,
} from '../recording/channel.ts';
import type { Composition, RecordingEvent } from '../recording/link.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import { type StreamChange, Streams } from '../recording/streams.ts';
import { Alarm } from './alarm.ts';
import { IdleRule } from './idle-rule.ts';

export interface ChannelTalkOptions {
  /** As a session that died had it; null: as planned. */
  readonly composition: Composition | null;
  readonly onEvent: (event: RecordingEvent) => void;
  /** The status is another. */
  readonly onChange: () => void;
  /** Nobody is there, or the recorder may not be: the recording ends. */
  readonly onEnd: (reason: 'idle' | RefusalReason, detail: string) => void;
  readonly log: (line: string) => void;
}

/** Sends to the page that a message came from. */
type Answer = (message: ToChannelPage) => void;

/** A page that hangs is found out and loaded anew before this time has passed, and then has what was ordered. */
const ORDER_MS = 10_000;

/** What a session and the page of its channel have to say to each other. Pages come and go; what is wanted of them stays. */
export class ChannelTalk implements Disposable {
  readonly #plan: RecordingPlan;
  readonly #channel: ChannelPlan;
  readonly #options: ChannelTalkOptions;
  readonly #streams = new Streams();
  readonly #orders = new Map<number, PromiseWithResolvers<void>>();
  readonly #alarm = new Alarm();
  #status: ChannelStatus;
  #idle: IdleRule | null = null;
  #recorded = false;
  /** To the page that has said hello; null while there is none. */
  #answer: Answer | null = null;
  #nextOrder = 1;

  private constructor(plan: RecordingPlan, channel: ChannelPlan, options: ChannelTalkOptions) {
    this.#plan = plan;
    this.#channel = channel;
    this.#options = options;
    this.#status = channelBefore(options.composition ?? channel);
  }

  /** @returns null for a recording that is none of a channel */
  static build(plan: RecordingPlan, options: ChannelTalkOptions): ChannelTalk | null {
    return plan.channel && new ChannelTalk(plan, plan.channel, options);
  }

  get status(): ChannelStatus {
    return this.#status;
  }

  /** From now on a channel without users ends the recording in time. */
  begin(): void {
    this.#idle = new IdleRule(this.#channel, Date.now());
    this.#change({});
  }

  /** The recording has its first frame. Streams that were there before are in it from then on. @param startedMs UTC ms */
  recorded(startedMs: number): void {
    this.#recorded = true;
    for (const change of this.#streams.all) this.#tell({ ...change, atMs: Math.max(change.atMs, startedMs) });
  }

  /** The page has said something. What one says that is being replaced does not count. */
  hear(message: FromChannelPage, answer: Answer): void {
    if (message.type === 'hello') this.#greet(answer);
    else if (this.#answer) this.#follow(message);
  }

  /** The page is gone, or as good as gone. */
  away(): void {
    this.#answer = null;
    for (const change of this.#streams.lose(Date.now())) this.#tell(change);
    // The next page is told so when it says hello.
    for (const order of this.#orders.values()) order.resolve();
    this.#change({ joined: false });
  }

  /** Replaces the layout. @returns when it is shown. @throws RecorderError `not_completed` */
  async layout(layout: LayoutPlan): Promise<void> {
    this.#change({ layout });
    await this.#order((id) => ({ type: 'layout', id, layout }));
  }

  /** Replaces who is seen and heard, likewise. */
  async subscribe(subscription: Subscription): Promise<void> {
    this.#change({ subscription });
    await this.#order((id) => ({ type: 'subscribe', id, subscription }));
  }

  [Symbol.dispose](): void {
    this.#alarm.clear();
    this.#idle = null;
    const over = new RecorderError('wrong_state', 'the recording ended before its page had followed the order');
    for (const order of this.#orders.values()) order.reject(over);
  }

  #greet(answer: Answer): void {
    this.away();
    this.#answer = answer;
    const { layout, subscription } = this.#status;
    const { width, height } = this.#plan.picture ?? UNSEEN;
    answer({ type: 'begin', channel: { ...this.#channel, layout, subscription }, width, height });
  }

  #follow(message: Exclude<FromChannelPage, { readonly type: 'hello' }>): void {
    switch (message.type) {
      case 'done':
        this.#orders.get(message.id)?.resolve();
        break;
      case 'joined':
        this.#change({ joined: message.joined });
        break;
      case 'users':
        this.#change({ users: message.users });
        break;
      case 'stream':
        if (this.#streams.change(message)) this.#tell(message);
        break;
      case 'refused':
        this.#options.onEnd(message.reason, this.#redacted(message.detail));
        break;
      case 'note':
        this.#options.log(`page of the channel: ${this.#redacted(message.text)}`);
        break;
    }
  }

  #tell({ uid, kind, receiving, atMs }: StreamChange): void {
    if (!this.#recorded) return;
    this.#options.onEvent({ name: 'stream_changed', uid, kind, receiving, atMs });
  }

  async #order(build: (id: number) => ToChannelPage): Promise<void> {
    if (!this.#answer) return;
    const id = this.#nextOrder++;
    const done = Promise.withResolvers<void>();
    this.#orders.set(id, done);
    this.#answer(build(id));
    const late = () => new RecorderError('not_completed', `expected the page to follow within ${ORDER_MS / 1000} s`);
    await within(ORDER_MS, done.promise, late).finally(() => this.#orders.delete(id));
  }

  #change(change: Partial<ChannelStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#watchIdle();
    this.#options.onChange();
  }

  #watchIdle(): void {
    const idle = this.#idle;
    if (!idle) return;
    const endMs = idle.look(this.#status, Date.now());
    if (endMs === Number.POSITIVE_INFINITY) this.#alarm.clear();
    else this.#alarm.at(endMs, () => this.#options.onEnd('idle', idle.detail));
  }

  /** Whatever the page makes of what it was told, it may not tell it on. */
  #redacted(text: string): string {
    return redactText(text, secretsOf(this.#plan));
  }
}
