import type { Logger } from 'pino';
import type { Recorder } from '../recording/recorder.ts';
import { PHASES, type RecordingEnd } from '../recording/status.ts';
import type { UtcMs } from '../types.ts';
import type { Capacity } from './capacity.ts';
import type { RecordingRecord } from './records.ts';
import type { Registry } from './registry.ts';

export interface RecoveryParts {
  readonly registry: Registry;
  readonly recorder: Recorder;
  readonly capacity: Capacity;
  readonly log: Logger;
  readonly now: UtcMs;
  /** Completes the files of a recording that is not gone on with. */
  readonly finish: (record: RecordingRecord) => Promise<RecordingEnd>;
}

/**
 * Deals with the recordings that were running when the last service died: goes on with those whose time has not run out,
 * in the same files, and completes the others. @returns when these are complete; the former run from the first moment on
 */
export async function recoverLost(parts: RecoveryParts): Promise<void> {
  const { registry, now, finish } = parts;
  const lost = registry.openRecordings();
  const over = lost.filter((record) => isOver(record, now));
  for (const record of lost) if (!over.includes(record)) goOn(record, parts);
  await Promise.all(over.map(async (record) => registry.settle(record, await finish(record))));
}

/** Ending, told to end, or at the end of its time when the service died. */
function isOver({ status, stopAsked, plan }: RecordingRecord, now: UtcMs): boolean {
  const ending = PHASES.indexOf(status.phase) >= PHASES.indexOf('stopping');
  return ending || stopAsked || now >= (status.startedMs ?? now) + plan.maxRecordingMs;
}

/** What was running is not refused for lack of room. */
function goOn(record: RecordingRecord, { registry, recorder, capacity, log }: RecoveryParts): void {
  const { sid, plan, status } = record;
  const permit = capacity.reserve(plan.picture);
  const resume = {
    startedMs: status.startedMs,
    onhold: status.onhold,
    pushes: status.phase === 'starting' ? plan.pushes : status.pushes.map(({ url }) => url),
  };
  registry.relaunch(
    record,
    () => recorder.start(plan, resume),
    () => permit?.[Symbol.dispose](),
  );
  log.warn({ sid }, 'goes on with a recording of the last run');
}
