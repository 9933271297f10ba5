import type { UtcMs } from '../types.ts';

/** Where a recording is. The order is a rank: it only ever rises. */
export const PHASES = ['starting', 'recording', 'stopping', 'finalizing', 'ended'] as const;
export type Phase = (typeof PHASES)[number];

/** Why a recording ended; the first reason wins and is never replaced. */
export type EndReason =
  /** `stop` was called, or Ctrl-C. */
  | 'requested'
  | 'max_duration'
  | 'page_timeout'
  | 'page_unreachable'
  | 'browser_failed'
  | 'browser_lost'
  | 'encoder_failed'
  | 'disk_full'
  /** The process of the recording died, or the service did. */
  | 'session_lost'
  | 'internal';

/** What is left of it: everything, what was recorded until a failure, nothing because of a failure, nothing because stopped early. */
export type Outcome = 'complete' | 'partial' | 'failed' | 'aborted';

/** One file as the API lists it. */
export interface RecordedFile {
  /** Name inside the recording's folder. */
  readonly name: string;
  readonly kind: 'playlist' | 'mp4';
  /** Wall time of the first frame; 0 until it is known. */
  readonly sliceStartMs: UtcMs;
}

/** What a running recording reports, as a whole, at each change. */
export interface RecordingStatus {
  readonly phase: Phase;
  readonly onhold: boolean;
  /** Wall time of the first frame. */
  readonly startedMs: UtcMs | null;
  /** When the page called `notifyReady`, if it had to. */
  readonly pageReadyMs: UtcMs | null;
  /** Complete slices so far. */
  readonly slices: number;
  readonly files: readonly RecordedFile[];
  readonly progress: Progress;
}

export interface Progress {
  /** Media time recorded, held time excluded. */
  readonly mediaMs: number;
  readonly frames: number;
  /** Places on the frame grid that have no frame of their own, because the capture came late. */
  readonly missingFrames: number;
  readonly bytes: number;
}

/** The last word on a recording. */
export interface RecordingEnd {
  readonly outcome: Outcome;
  readonly reason: EndReason;
  /** One sentence for people: what happened, what was expected. */
  readonly detail: string;
  readonly files: readonly RecordedFile[];
  readonly startedMs: UtcMs | null;
  readonly endedMs: UtcMs;
  readonly progress: Progress;
  /** CPU seconds of all processes of the recording per second of its life. */
  readonly cores: number;
}
