import type { RecordingPlan } from './plan.ts';
import type { RecordingEnd, RecordingStatus } from './status.ts';

/** Messages between the service (or the command line) and the process of one recording, over Node's IPC channel. */
export type ToSession =
  | { readonly type: 'start'; readonly plan: RecordingPlan }
  | { readonly type: 'stop' }
  /** Answered by `held` with the same id once it has taken effect in the files. */
  | { readonly type: 'hold'; readonly id: number; readonly onhold: boolean };

export type FromSession =
  | { readonly type: 'status'; readonly status: RecordingStatus }
  | { readonly type: 'held'; readonly id: number; readonly error: string | null }
  | { readonly type: 'event'; readonly event: RecordingEvent }
  | { readonly type: 'ended'; readonly end: RecordingEnd };

/** Things that happen once and are told to callbacks; all else is in the status. */
export type RecordingEvent =
  | {
      readonly name: 'started';
      readonly atMs: number;
      readonly pageReadyMs: number | null;
      /** Milliseconds from the session's start to the end of each step of opening. */
      readonly steps: Readonly<Record<string, number>>;
    }
  | { readonly name: 'slice_started'; readonly startUtcMs: number }
  | { readonly name: 'reloaded'; readonly reason: 'page_load_timeout' };
