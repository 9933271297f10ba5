import type { RecordingPlan } from '../recording/plan.ts';
import type { RecordingEnd, RecordingStatus } from '../recording/status.ts';
import type { UtcMs } from '../types.ts';
import type { Task } from './orders.ts';

/** A recording as it is kept: enough to answer for it, and to finish it after the service itself was killed. */
export interface RecordingRecord extends Task {
  readonly sid: string;
  readonly resourceId: string;
  readonly plan: RecordingPlan;
  /** Sub folders, joined by `/`, that stand before each reported file name; empty for none. */
  readonly prefix: string;
  readonly startedMs: UtcMs;
  /** Calls are refused from here on. */
  readonly limitMs: UtcMs;
  /** A stop was asked for: after a crash of the service it is completed, not gone on with. */
  readonly stopAsked: boolean;
  /** As last saved, which is not at each progress. */
  readonly status: RecordingStatus;
  /** Null while it runs, and after a crash of the service until it is settled. */
  readonly end: RecordingEnd | null;
}

/**
 * Stored recordings. Synchronous on purpose: a start decides and writes in one step, and nothing comes in between.
 * Resources need no place here, a resourceId says all about itself.
 */
export interface Records extends Disposable {
  /** @throws when there is one with this sid or resourceId already */
  insert(record: RecordingRecord): void;
  remove(sid: string): void;
  bySid(sid: string): RecordingRecord | null;
  byResource(resourceId: string): RecordingRecord | null;
  /** All without an end, the oldest first. */
  open(): RecordingRecord[];
  /** The latest, whether ended or not, the newest first. */
  latest(count: number): RecordingRecord[];
  saveStopAsked(sid: string): void;
  saveStatus(sid: string, status: RecordingStatus): void;
  /** Keeps the first end, like the recording itself. */
  saveEnd(sid: string, end: RecordingEnd): void;
  /** Forgets recordings that ended before this moment. */
  prune(endedBeforeMs: UtcMs): void;
}
