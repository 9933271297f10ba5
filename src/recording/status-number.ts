import type { RecordingStatus } from './status.ts';

const COMPONENTS_STARTING = 2;
const PARTLY_READY = 3;
const ALL_READY = 4;
const IN_PROGRESS = 5;

/** `serverResponse.status` of a recording that is not ending. 4 only when capture really runs, or is held on purpose. */
export function statusNumber({ phase, slices, startedMs, onhold }: RecordingStatus): number {
  if (phase === 'starting') return COMPONENTS_STARTING;
  if (slices > 0) return IN_PROGRESS;
  return startedMs !== null || onhold ? ALL_READY : PARTLY_READY;
}
