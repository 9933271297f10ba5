import type { RecordedFile, RecordingStatus } from '../recording/status.ts';
import type { ListedFile, WebState } from './schema-answers.ts';

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

/** The web recorder's element of `extensionServiceState`. */
export function webState(
  state: WebState['payload']['state'],
  onhold: boolean,
  files: readonly RecordedFile[],
): WebState {
  return { serviceName: 'web_recorder_service', payload: { state, onhold, fileList: files.map(listed) } };
}

function listed({ name, sliceStartMs }: RecordedFile): ListedFile {
  return { filename: name, fileName: name, sliceStartTime: Math.floor(sliceStartMs) };
}
