import type { RecordingEvent } from '../recording/link.ts';
import type { RecordedFile, RecordingEnd } from '../recording/status.ts';
import type { UploadEvent } from '../recording/storage.ts';
import { mixEndNotices, mixEventNotices } from './mix-notices.ts';
import { type About, errorNotice, FATAL, MAJOR, MODULE, type Notice, notice, told } from './notice.ts';
import { webEndNotices, webEventNotices } from './web-notices.ts';

const UPLOAD_ERRORS = {
  32: { module: MODULE.uploader, level: FATAL },
  47: { module: MODULE.uploader, level: MAJOR },
  50: { module: MODULE.service, level: MAJOR },
} as const;

/** `recordingMode`: all users in one file. */
const COMPOSITE = 1;

/** What receivers are told when this happens. */
export function eventNotices(event: RecordingEvent, about: About): Notice[] {
  return about.mode === 'web' ? webEventNotices(event, about) : mixEventNotices(event, about);
}

/** The last words on a recording, but for those on its uploads. */
export function endNotices(end: RecordingEnd, about: About): Notice[] {
  return about.mode === 'web' ? webEndNotices(end, about) : mixEndNotices(end, about);
}

/**
 * @param files of the recording so far, for those events that list them
 * @returns what receivers are told when this happens; file names of the event are those in the recording's folder
 */
export function uploadNotices(event: UploadEvent, about: About, files: readonly RecordedFile[]): Notice[] {
  switch (event.name) {
    case 'uploader_started':
      return [notice('uploader_started', { status: 0 })];
    case 'playlist_stored':
      return [notice('cloud_recording_file_infos', { fileList: told(about, event.file) })];
    case 'progress':
      return [notice('uploading_progress', { progress: event.progress })];
    case 'warning':
      return [notice('cloud_recording_warning', { module: MODULE.uploader, warnCode: event.code })];
    case 'error': {
      const { module, level } = UPLOAD_ERRORS[event.code];
      return [errorNotice(module, level, event.code, event.message)];
    }
    case 'uploaded':
    case 'backuped':
      return [notice(event.name, { status: 0, fileList: files.map((file) => storedFile(file, about)) })];
  }
}

function storedFile({ name, sliceStartMs }: RecordedFile, about: About): Readonly<Record<string, unknown>> {
  return {
    fileName: told(about, name),
    trackType: about.trackType,
    uid: '0',
    mixedAllUser: true,
    isPlayable: true,
    sliceStartTime: Math.floor(sliceStartMs),
  };
}

/**
 * Of a call that does not fit the state of the recording, such as a second start.
 * @param status `serverResponse.status` of a query at this moment
 * @param playlist its name in the recording's folder
 */
export function misfitNotice(status: number, playlist: string, about: About): Notice {
  return notice('cloud_recording_status_update', { status, recordingMode: COMPOSITE, fileList: told(about, playlist) });
}
