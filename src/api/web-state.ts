import type { QualityReport, RecordedFile, RecordingStatus } from '../recording/status.ts';
import type { UploadView } from '../recording/storage.ts';
import type { ListedFile, PushService, UploadState, WebState } from './schema-answers.ts';

type ServiceStateName = WebState['payload']['state'];

/** The web recorder's element of `extensionServiceState`. */
export function webState(
  state: ServiceStateName,
  { onhold, quality }: RecordingStatus,
  files: readonly RecordedFile[],
): WebState {
  return {
    serviceName: 'web_recorder_service',
    payload: { state, onhold, fileList: files.map(listed), quality: mutable(quality) },
  };
}

/** The element of the pushes; none when there are none. */
export function pushServices(state: ServiceStateName, { pushes }: RecordingStatus): PushService[] {
  const [first] = pushes;
  if (first === undefined) return [];
  const outputs = pushes.map((push) => ({ rtmpUrl: push.url, status: push.state }));
  const payload = state === 'exit' ? { state, status: first.state, outputs } : { state, outputs };
  return [{ serviceName: 'rtmp_publish_service', payload }];
}

/** The uploader's element, with all that is known of the uploads. */
export function uploadState({ status, ...rest }: UploadView): UploadState {
  return { serviceName: 'upload_service', payload: { uploadingStatus: status, ...rest } };
}

function listed({ name, sliceStartMs }: RecordedFile): ListedFile {
  return { filename: name, fileName: name, sliceStartTime: Math.floor(sliceStartMs) };
}

function mutable(quality: QualityReport): WebState['payload']['quality'] {
  const { silent, black, frozen } = quality;
  return { ...quality, silent: [...silent], black: [...black], frozen: [...frozen] };
}
