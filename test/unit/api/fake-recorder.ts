import type { ChannelStatus, LayoutPlan, Subscription, UidFilter } from '../../../src/recording/channel.ts';
import type { RecordingEvent, Resume } from '../../../src/recording/link.ts';
import type { RecordingPlan } from '../../../src/recording/plan.ts';
import type { Recorder, RunningRecording } from '../../../src/recording/recorder.ts';
import { NO_QUALITY, type RecordingEnd, type RecordingStatus, statusBefore } from '../../../src/recording/status.ts';

const PROGRESS = { mediaMs: 0, frames: 0, missingFrames: 0, bytes: 0 };

export function statusOf(change: Partial<RecordingStatus>): RecordingStatus {
  return { ...statusBefore(false), ...change };
}

export function endOf(change: Partial<RecordingEnd>): RecordingEnd {
  return {
    outcome: 'complete',
    reason: 'requested',
    detail: 'stopped as asked',
    files: [],
    startedMs: 1,
    endedMs: 2,
    progress: PROGRESS,
    quality: NO_QUALITY,
    cores: 0.5,
    ...change,
  };
}

function textOf({ kind, uids }: UidFilter): string {
  return `${kind}[${uids.join()}]`;
}

/** A recording without processes: the test says what happens to it. */
export class FakeRecording implements RunningRecording {
  readonly plan: RecordingPlan;
  readonly ended: Promise<RecordingEnd>;
  status: RecordingStatus;
  /** What happens to it, in order. */
  readonly calls: string[] = [];
  /** Answers holds; replaced by tests. */
  onHold: (onhold: boolean) => Promise<void> = () => Promise.resolve();
  /** Answers changes of layout and subscription; replaced by tests. */
  onChange: () => Promise<void> = () => Promise.resolve();
  /** End that a stop leads to at once; null: the test ends it. */
  endAtStop: RecordingEnd | null = null;
  readonly #end = Promise.withResolvers<RecordingEnd>();
  readonly #listeners: ((status: RecordingStatus) => void)[] = [];
  readonly #eventListeners: ((event: RecordingEvent) => void)[] = [];

  constructor(plan: RecordingPlan) {
    this.plan = plan;
    this.status = statusBefore(plan.onhold, plan.channel);
    this.ended = this.#end.promise;
  }

  get sid(): string {
    return this.plan.sid;
  }

  change(change: Partial<RecordingStatus>): void {
    this.status = { ...this.status, ...change };
    for (const listener of this.#listeners) listener(this.status);
  }

  finish(change: Partial<RecordingEnd>): void {
    this.change({ phase: 'ended' });
    this.#end.resolve(endOf(change));
  }

  tell(event: RecordingEvent): void {
    for (const listener of this.#eventListeners) listener(event);
  }

  onStatus(listener: (status: RecordingStatus) => void): void {
    this.#listeners.push(listener);
  }

  onEvent(listener: (event: RecordingEvent) => void): void {
    this.#eventListeners.push(listener);
  }

  async hold(onhold: boolean): Promise<void> {
    this.calls.push(`hold ${onhold}`);
    await this.onHold(onhold);
    this.change({ onhold });
  }

  async push(urls: readonly string[]): Promise<void> {
    this.calls.push(`push ${urls.join(' ')}`);
    this.change({ pushes: urls.map((url) => ({ url, state: 'connecting' })) });
  }

  async layout(layout: LayoutPlan): Promise<void> {
    this.calls.push(`layout ${layout.kind}`);
    await this.onChange();
    this.#changeChannel({ layout });
  }

  async subscribe(subscription: Subscription): Promise<void> {
    this.calls.push(`subscribe ${textOf(subscription.audio)} ${textOf(subscription.video)}`);
    await this.onChange();
    this.#changeChannel({ subscription });
  }

  #changeChannel(change: Partial<ChannelStatus>): void {
    const { channel } = this.status;
    this.change({ channel: channel && { ...channel, ...change } });
  }

  async stop(): Promise<RecordingEnd> {
    this.calls.push('stop');
    if (this.endAtStop !== null) this.finish(this.endAtStop);
    return await this.ended;
  }
}

export class FakeRecorder implements Recorder {
  readonly recordings: FakeRecording[] = [];
  /** What the last start was to go on from. */
  resume: Resume | null = null;
  /** Thrown by the next start. */
  failure: Error | null = null;

  get last(): FakeRecording {
    const last = this.recordings.at(-1);
    if (last === undefined) throw new Error('nothing was started');
    return last;
  }

  start(plan: RecordingPlan, resume: Resume | null = null): RunningRecording {
    this.resume = resume;
    const { failure } = this;
    this.failure = null;
    if (failure !== null) throw failure;
    const recording = new FakeRecording(plan);
    this.recordings.push(recording);
    return recording;
  }
}
