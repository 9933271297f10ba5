import type { RecordingView, Stopped } from '../controller/orders.ts';
import type { QualityReport, RecordedFile, RecordingStatus } from '../recording/status.ts';
import { statusNumber } from '../recording/status-number.ts';
import type { ListedFile, PushService, Quality, UploadState, WebQuery, WebState, WebStop } from './schema-answers.ts';
import { stoppedUpload, uploadPayload } from './upload-state.ts';

type ServiceStateName = WebState['payload']['state'];

/** `serverResponse` of a query with mode web. */
export function webQueryState({ status, files, upload }: RecordingView): WebQuery {
  const state = status.phase === 'starting' ? 'init' : 'inProgress';
  return {
    status: statusNumber(status),
    extensionServiceState: [
      webState(state, status, files),
      ...pushServices(state, status),
      ...(upload === null ? [] : [uploadState(uploadPayload(upload))]),
    ],
  };
}

/** `serverResponse` of a stop with mode web. */
export function webStopState(stopped: Stopped): WebStop {
  const { end, status, files } = stopped;
  return {
    extensionServiceState: [
      uploadState(stoppedUpload(stopped)),
      webState('exit', { ...status, quality: end?.quality ?? status.quality }, files),
      ...pushServices('exit', status),
    ],
  };
}

/** The web recorder's element of `extensionServiceState`. */
function webState(
  state: ServiceStateName,
  { onhold, quality }: RecordingStatus,
  files: readonly RecordedFile[],
): WebState {
  return {
    serviceName: 'web_recorder_service',
    payload: { state, onhold, fileList: files.map(listed), quality: toldQuality(quality) },
  };
}

/** The element of the pushes; none when there are none. */
function pushServices(state: ServiceStateName, { pushes }: RecordingStatus): PushService[] {
  const [first] = pushes;
  if (first === undefined) return [];
  const outputs = pushes.map((push) => ({ rtmpUrl: push.url, status: push.state }));
  const payload = state === 'exit' ? { state, status: first.state, outputs } : { state, outputs };
  return [{ serviceName: 'rtmp_publish_service', payload }];
}

function uploadState(payload: UploadState['payload']): UploadState {
  return { serviceName: 'upload_service', payload };
}

function listed({ name, sliceStartMs }: RecordedFile): ListedFile {
  return { filename: name, fileName: name, sliceStartTime: Math.floor(sliceStartMs) };
}

export function toldQuality(quality: QualityReport): Quality {
  const { silent, black, frozen, economies } = quality;
  const copied = { silent: [...silent], black: [...black], frozen: [...frozen], economies: [...economies] };
  return { ...quality, ...copied };
}
