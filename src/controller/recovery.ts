import type { Logger } from 'pino';
import { demandOf } from '../recording/demand.ts';
import type { Resume } from '../recording/link.ts';
import type { Recorder } from '../recording/recorder.ts';
import type { RecordingEnd } from '../recording/status.ts';
import type { UtcMs } from '../types.ts';
import type { Capacity } from './capacity.ts';
import { type Places, planFrom } from './plan.ts';
import type { RecordingRecord } from './records.ts';
import type { Registry } from './registry.ts';

/** What the machine knows of the recordings that a dead service has left on it. */
export interface LostAndFound {
  /** What another session needs to go on; null when the recording was ending, is complete, or its time has run out. */
  readonly resumeOf: (record: RecordingRecord, now: UtcMs) => Resume | null;
  /** Completes the files of a recording that is not gone on with. */
  readonly finish: (record: RecordingRecord) => Promise<RecordingEnd>;
}

interface RecoveryParts extends LostAndFound {
  readonly registry: Registry;
  readonly recorder: Recorder;
  readonly capacity: Capacity;
  readonly places: Places;
  readonly log: Logger;
  readonly now: UtcMs;
}

/**
 * Deals with the recordings that were running when the last service died: goes on with those that can be gone on with, in
 * the same files, and completes the others. @returns when these are complete; the former run from the first moment on
 */
export async function recoverLost(parts: RecoveryParts): Promise<void> {
  await Promise.all(parts.registry.openRecordings().map(async (record) => await recover(record, parts)));
}

async function recover(record: RecordingRecord, parts: RecoveryParts): Promise<void> {
  const resume = record.stopAsked ? null : parts.resumeOf(record, parts.now);
  if (resume !== null && goOn(record, resume, parts)) return;
  parts.registry.settle(record, await parts.finish(record));
}

/** What was running is not refused for lack of room. @returns false when it cannot be started anew */
function goOn(record: RecordingRecord, resume: Resume, parts: RecoveryParts): boolean {
  const { registry, recorder, capacity, places, log } = parts;
  const { sid } = record;
  const plan = planFrom(record.plan, places);
  const permit = capacity.charge(sid, demandOf(plan));
  try {
    registry.relaunch(
      { ...record, plan },
      () => recorder.start(plan, resume),
      () => permit[Symbol.dispose](),
    );
  } catch (error) {
    permit[Symbol.dispose]();
    log.error({ sid, err: error }, 'cannot go on with a recording of the last run, and completes its files');
    return false;
  }
  log.warn({ sid }, 'goes on with a recording of the last run');
  return true;
}
