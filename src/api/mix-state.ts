import type { RecordingView, Stopped } from '../controller/orders.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import type { RecordedFile, RecordingStatus } from '../recording/status.ts';
import { statusNumber } from '../recording/status-number.ts';
import { type TrackType, trackTypeOf } from '../recording/track-type.ts';
import type { MixFile, MixFiles, MixQuery, MixStop } from './schema-answers.ts';
import { stoppedUpload, uploadPayload } from './upload-state.ts';
import { toldQuality } from './web-state.ts';

/** `subServiceStatus.recordingService` by `status`. */
const SERVICE_STATUS: Readonly<Record<number, string>> = {
  2: 'serviceStarted',
  3: 'serviceReady',
  4: 'serviceReady',
  5: 'serviceInProgress',
};

/** `serverResponse` of a query with mode mix. */
export function mixQueryState({ plan, status, files, upload }: RecordingView): MixQuery {
  const number = statusNumber(status);
  return {
    ...fileList(plan, files, openMp4(files)),
    status: number,
    sliceStartTime: sliceStart(files),
    subServiceStatus: { recordingService: SERVICE_STATUS[number] ?? 'serviceIdle' },
    ...extras(status),
    ...(upload === null ? {} : { upload: uploadPayload(upload) }),
  };
}

/** `serverResponse` of a stop with mode mix. */
export function mixStopState(stopped: Stopped): MixStop {
  const { plan, status, files, end } = stopped;
  const upload = stoppedUpload(stopped);
  return {
    ...fileList(plan, files, end === null ? openMp4(files) : null),
    uploadingStatus: upload.uploadingStatus,
    ...extras({ ...status, quality: end?.quality ?? status.quality }),
    ...(stopped.upload === null ? {} : { upload }),
  };
}

/**
 * One playlist is told by its name, from the first moment on; files of several kinds as a list, once they have begun.
 * @param open the file that is not complete yet; null when all are
 */
function fileList(plan: RecordingPlan, files: readonly RecordedFile[], open: RecordedFile | null): MixFiles {
  if (plan.files.mp4 === null) {
    const playlist = files.find(({ kind }) => kind === 'playlist');
    return { fileListMode: 'string', fileList: playlist?.name ?? '' };
  }
  const trackType = trackTypeOf(plan);
  const begun = files.filter(({ sliceStartMs }) => sliceStartMs > 0);
  return { fileListMode: 'json', fileList: begun.map((file) => listed(file, trackType, file !== open)) };
}

/** MP4s are completed one after the other. */
function openMp4(files: readonly RecordedFile[]): RecordedFile | null {
  return files.findLast(({ kind }) => kind === 'mp4') ?? null;
}

function listed({ name, sliceStartMs }: RecordedFile, trackType: TrackType, isPlayable: boolean): MixFile {
  return {
    ...{ fileName: name, trackType, uid: '0', mixedAllUser: true, isPlayable },
    sliceStartTime: Math.floor(sliceStartMs),
  };
}

function sliceStart(files: readonly RecordedFile[]): number {
  return Math.floor(files[0]?.sliceStartMs ?? 0);
}

function extras({ quality, channel }: RecordingStatus): Pick<MixQuery, 'quality' | 'channel'> {
  const users = (channel?.users ?? []).map((user) => ({ ...user }));
  return { quality: toldQuality(quality), channel: { joined: channel?.joined ?? false, users } };
}
