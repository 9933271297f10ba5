import { maskUrl } from '../kit/mask-url.ts';
import type { RecordingMode } from '../recording/plan.ts';
import type { TrackType } from '../recording/track-type.ts';

/** Something that receivers are told, as the API numbers and names it. */
export interface Notice {
  readonly eventType: number;
  readonly serviceType: number;
  readonly details: { readonly msgName: string } & Readonly<Record<string, unknown>>;
}

/** What notices need to know of a recording. */
export interface About {
  readonly mode: RecordingMode;
  readonly uid: string;
  /** Stands before each file name that is told, joined by `/`; empty for none. */
  readonly prefix: string;
  readonly maxRecordingMs: number;
  readonly trackType: TrackType;
  /** A call has asked to stop it. */
  readonly stopAsked: boolean;
}

const CLOUD_RECORDING = 0;
const RECORDER = 1;
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
  recorder_started: [40, RECORDER],
  recorder_leave: [41, RECORDER],
  recorder_slice_start: [42, RECORDER],
  recorder_audio_stream_state_changed: [43, RECORDER],
  recorder_video_stream_state_changed: [44, RECORDER],
  web_recorder_started: [70, WEB_RECORDER],
  web_recorder_stopped: [71, WEB_RECORDER],
  web_recorder_capability_limit: [72, WEB_RECORDER],
  web_recorder_reload: [73, WEB_RECORDER],
  rtmp_publish_status: [100, WEB_RECORDER],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;

export function notice(msgName: keyof typeof EVENTS, details: Readonly<Record<string, unknown>>): Notice {
  const [eventType, serviceType] = EVENTS[msgName];
  return { eventType, serviceType, details: { msgName, ...details } };
}

/** `module` of errors and warnings: whose they are. */
export const MODULE = { recorder: 0, uploader: 1, service: 2, web: 6 } as const;

export const MAJOR = 4;
export const FATAL = 5;

/** A failure, with what went wrong in words. */
export function errorNotice(module: number, errorLevel: number, errorCode: number, text: string): Notice {
  return notice('cloud_recording_error', { module, errorLevel, errorCode, stat: 0, errorMsg: maskUrls(text) });
}

/** @param failed something went wrong, whether files are left or not */
export function exitNotice(failed: boolean): Notice {
  const status = failed ? 1 : 0;
  return notice('session_exit', { exitStatus: status, leaveStatus: status });
}

/** Another session has taken over; the uid of the API's calls stays. */
export function failoverNotice({ uid }: About): Notice {
  return notice('session_failover', { newUid: Number(uid) });
}

/** The name of a file as it is in the store. */
export function told({ prefix }: About, name: string): string {
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Errors of libraries quote addresses in full; those of pages may hold a token, those of pushes a stream key. */
export function maskUrls(text: string): string {
  return text.replaceAll(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>)]+/gi, maskUrl);
}
