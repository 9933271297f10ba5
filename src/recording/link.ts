import type { LayoutPlan, Subscription } from './channel.ts';
import type { RecordingPlan } from './plan.ts';
import type { Site } from './shape.ts';
import type { PushState, RecordingEnd, RecordingStatus } from './status.ts';

/** Messages between the service (or the command line) and the process of one recording, over Node's IPC channel. */
export type ToSession =
  /** Before there is a recording: a stage is to be opened ahead of time. The plan that follows, if any does, is one for this site. */
  | { readonly type: 'warm'; readonly site: Site }
  | { readonly type: 'start'; readonly plan: RecordingPlan; readonly resume: Resume | null }
  | { readonly type: 'stop' }
  /** Each order is answered by `done` with the same id once it has taken effect. */
  | { readonly type: 'hold'; readonly id: number; readonly onhold: boolean }
  /** Replaces all pushes; those that are in the old and in the new list go on untouched. */
  | { readonly type: 'push'; readonly id: number; readonly urls: readonly string[] }
  /** Each replaces what was there before; for recordings of a channel. */
  | { readonly type: 'layout'; readonly id: number; readonly layout: LayoutPlan }
  | { readonly type: 'subscribe'; readonly id: number; readonly subscription: Subscription };

export type FromSession =
  /** The stage stands. One that cannot be opened, or falls, ends the process. */
  | { readonly type: 'warmed' }
  | { readonly type: 'status'; readonly status: RecordingStatus }
  | { readonly type: 'done'; readonly id: number; readonly error: string | null }
  | { readonly type: 'event'; readonly event: RecordingEvent }
  | { readonly type: 'ended'; readonly end: RecordingEnd };

/** What a session must know that takes over a recording from one that died. Its media is in the folder of the plan. */
export interface Resume {
  /** Wall time of the recording's first frame, which its longest time counts from; null: nothing was recorded yet. */
  readonly startedMs: number | null;
  readonly onhold: boolean;
  readonly pushes: readonly string[];
  /** What `layout` and `subscribe` have made of the plan; null for mode `web`. */
  readonly composition: Composition | null;
}

export interface Composition {
  readonly layout: LayoutPlan;
  readonly subscription: Subscription;
}

/** Why the page was loaded anew. The first two are the API's own words. */
export type ReloadReason =
  | 'page_load_timeout'
  | 'audio_silence'
  | 'page_crashed'
  | 'page_hang'
  | 'navigation_error'
  | 'browser_lost';

export type LimitType = 'WebGL' | 'resolution' | 'bandwidth';

/** Things that happen once and are told to callbacks and to the uploader; all else is in the status. */
export type RecordingEvent =
  | {
      readonly name: 'started';
      readonly atMs: number;
      readonly pageReadyMs: number | null;
      /** Milliseconds from the session's start to the end of each step of opening. */
      readonly steps: Readonly<Record<string, number>>;
    }
  /** Another session has taken over after one died; recording goes on from this moment. */
  | { readonly name: 'resumed'; readonly atMs: number }
  /**
   * @param startUtcMs when its first frame was captured
   * @param discontinueUtcMs the same; after an interruption, when the slice before it ended
   */
  | { readonly name: 'slice_started'; readonly startUtcMs: number; readonly discontinueUtcMs: number }
  /** The file is on the disk, whole: never written again, except a playlist. */
  | { readonly name: 'file_ready'; readonly file: ReadyFile }
  | { readonly name: 'reloaded'; readonly reason: ReloadReason }
  | { readonly name: 'limit_exceeded'; readonly limit: LimitType }
  | { readonly name: 'push_changed'; readonly url: string; readonly state: PushState }
  /** A stream of a channel's user is in the recording from this moment on, or is not any more. */
  | {
      readonly name: 'stream_changed';
      readonly uid: string;
      readonly kind: 'audio' | 'video';
      readonly receiving: boolean;
      readonly atMs: number;
    };

/** A file of the recording's folder that is worth storing. */
export interface ReadyFile {
  readonly name: string;
  readonly kind: 'slice' | 'playlist' | 'mp4';
  /** Number of the MP4 that the slice, or the MP4, belongs to; 0 for the playlist. */
  readonly part: number;
}
