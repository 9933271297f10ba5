import { maskUrl } from '../kit/mask-url.ts';
import type { RecordingEvent } from '../recording/link.ts';
import type { RecordedFile, RecordingEnd } from '../recording/status.ts';
import { stopCodeOf } from '../recording/stop-code.ts';
import type { UploadEvent } from '../recording/storage.ts';

/** Something that receivers are told, as the API numbers and names it. */
export interface Notice {
  readonly eventType: number;
  readonly serviceType: number;
  readonly details: { readonly msgName: string } & Readonly<Record<string, unknown>>;
}

const CLOUD_RECORDING = 0;
const UPLOADER = 2;
const WEB_RECORDER = 6;

/** What can be told: number of the event, number of the service that it comes from. */
const EVENTS = {
  cloud_recording_error: [1, CLOUD_RECORDING],
  cloud_recording_warning: [2, CLOUD_RECORDING],
  cloud_recording_status_update: [3, CLOUD_RECORDING],
  cloud_recording_file_infos: [4, CLOUD_RECORDING],
  session_exit: [11, CLOUD_RECORDING],
  session_failover: [12, CLOUD_RECORDING],
  uploader_started: [30, UPLOADER],
  uploaded: [31, UPLOADER],
  backuped: [32, UPLOADER],
  uploading_progress: [33, UPLOADER],
  web_recorder_started: [70, WEB_RECORDER],
  web_recorder_stopped: [71, WEB_RECORDER],
  web_recorder_capability_limit: [72, WEB_RECORDER],
  web_recorder_reload: [73, WEB_RECORDER],
  rtmp_publish_status: [100, WEB_RECORDER],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;

/** `module` of errors and warnings: whose they are. */
const MODULE = { uploader: 1, service: 2, web: 6 } as const;

const MAJOR = 4;
const FATAL = 5;

const UPLOAD_ERRORS = {
  32: { module: MODULE.uploader, errorLevel: FATAL },
  47: { module: MODULE.uploader, errorLevel: MAJOR },
  50: { module: MODULE.service, errorLevel: MAJOR },
} as const;

const HOUR_MS = 3_600_000;
const COMPOSITE = 1;

/** What notices need to know of a recording. */
export interface About {
  readonly uid: string;
  /** Stands before each file name that is told, joined by `/`; empty for none. */
  readonly prefix: string;
  readonly maxRecordingMs: number;
}

/** What receivers are told when this happens; nothing of slices, which only the other modes tell of. */
export function eventNotices(event: RecordingEvent, { uid }: About): Notice[] {
  switch (event.name) {
    case 'started': {
      const { atMs, pageReadyMs } = event;
      const ready = pageReadyMs === null ? {} : { pageLoadSuccessTime: Math.floor(pageReadyMs) };
      return [notice('web_recorder_started', { recorderStartTime: Math.floor(atMs), ...ready })];
    }
    case 'resumed':
      return [notice('session_failover', { newUid: Number(uid) })];
    case 'reloaded':
      return [notice('web_recorder_reload', { reason: event.reason })];
    case 'limit_exceeded':
      return [notice('web_recorder_capability_limit', { limitType: event.limit })];
    case 'push_changed':
      return [notice('rtmp_publish_status', { rtmpUrl: event.url, status: event.state })];
    case 'slice_started':
    case 'file_ready':
      return [];
  }
}

/** The last words on a recording, but for those on its uploads. */
export function endNotices(end: RecordingEnd, about: About): Notice[] {
  const failed = end.outcome === 'partial' || end.outcome === 'failed';
  const { code, message } = stopCodeOf(end.reason);
  const error = { module: MODULE.web, errorLevel: FATAL, errorCode: code, stat: 0, errorMsg: maskUrls(end.detail) };
  const fileList = end.files.map((file) => {
    const name = told(about, file.name);
    return { filename: name, fileName: name, sliceStartTime: Math.floor(file.sliceStartMs) };
  });
  const status = failed ? 1 : 0;
  return [
    ...(failed ? [notice('cloud_recording_error', error)] : []),
    notice('web_recorder_stopped', {
      ...{ code, message, details: stopDetails(end, about), fileList },
      quality: end.quality,
    }),
    notice('session_exit', { exitStatus: status, leaveStatus: status }),
  ];
}

function stopDetails({ reason, detail }: RecordingEnd, { maxRecordingMs }: About): string {
  return reason === 'max_duration' ? `max recording hour is ${maxRecordingMs / HOUR_MS}` : maskUrls(detail);
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
      const details = { ...UPLOAD_ERRORS[event.code], errorCode: event.code, stat: 0 };
      return [notice('cloud_recording_error', { ...details, errorMsg: maskUrls(event.message) })];
    }
    case 'uploaded':
    case 'backuped':
      return [notice(event.name, { status: 0, fileList: files.map((file) => storedFile(file, about)) })];
  }
}

function storedFile({ name, sliceStartMs }: RecordedFile, about: About): Readonly<Record<string, unknown>> {
  return {
    fileName: told(about, name),
    trackType: 'audio_and_video',
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

function notice(msgName: keyof typeof EVENTS, details: Readonly<Record<string, unknown>>): Notice {
  const [eventType, serviceType] = EVENTS[msgName];
  return { eventType, serviceType, details: { msgName, ...details } };
}

function told({ prefix }: About, name: string): string {
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Errors of libraries quote addresses in full; those of pages may hold a token, those of pushes a stream key. */
function maskUrls(text: string): string {
  return text.replaceAll(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>)]+/gi, maskUrl);
}
