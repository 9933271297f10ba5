import type { LayoutPlan, Subscription } from './channel.ts';
import type { RecordingEvent, Resume } from './link.ts';
import type { RecordingPlan } from './plan.ts';
import type { RecordingEnd, RecordingStatus } from './status.ts';

/** What runs recordings: the machine's own sessions (`node/supervisor.ts`), later those of other machines. */
export interface Recorder {
  /** Begins a recording at once; all that can go wrong is told by `ended`. */
  start(plan: RecordingPlan, resume?: Resume | null): RunningRecording;
}

/** A recording as seen from outside its process. */
export interface RunningRecording {
  readonly sid: string;
  /** The latest status. */
  readonly status: RecordingStatus;
  /** Never rejects. */
  readonly ended: Promise<RecordingEnd>;
  onStatus(listener: (status: RecordingStatus) => void): void;
  onEvent(listener: (event: RecordingEvent) => void): void;
  /** Resolves once the files follow it; rejects with a RecorderError when the recording is over or not yet begun. */
  hold(onhold: boolean): Promise<void>;
  /** Replaces the RTMP pushes. Rejects like `hold`. */
  push(urls: readonly string[]): Promise<void>;
  /** Replaces the layout; resolves once it is shown. Rejects like `hold`. */
  layout(layout: LayoutPlan): Promise<void>;
  /** Replaces who is seen and heard. Rejects like `hold`. */
  subscribe(subscription: Subscription): Promise<void>;
  /** Ends it and keeps all that was recorded. May be called again: the answer is the same. */
  stop(): Promise<RecordingEnd>;
}
