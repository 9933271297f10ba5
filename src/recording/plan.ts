import type { Identity, Size } from '../types.ts';

/**
 * All that a session is told: immutable, complete, resolved. The request is parsed into a plan once, at the door; what
 * happens afterwards is in `status.ts`.
 */
export interface RecordingPlan {
  /** 32 lower-case hex digits; names the processes, folders and files of the recording. */
  readonly sid: string;
  readonly page: PagePlan;
  readonly picture: PicturePlan;
  readonly sound: SoundPlan;
  /** Start held: page open and rendered, nothing recorded. */
  readonly onhold: boolean;
  /** Ends the recording by itself after this many milliseconds of wall time since its first frame, held time included. */
  readonly maxRecordingMs: number;
  readonly files: FilesPlan;
  /** Folder for display, sound daemon, browser profile; made and removed by the session. Absolute path. */
  readonly runtimeFolder: string;
  /** Set when the service runs as root. */
  readonly identity: Identity | null;
}

export interface PagePlan {
  readonly url: string;
  readonly mobile: boolean;
  /** Seconds that the page has for calling `navigator.notifyReady()`; 0 = recording starts when the page has loaded. */
  readonly readyTimeoutS: number;
}

export interface PicturePlan extends Size {
  /** Frames per second, 5 to 60: of the display, of the capture and of the file. */
  readonly fps: number;
  readonly bitrateKbps: number;
}

export interface SoundPlan {
  readonly channels: 1 | 2;
  readonly bitrateKbps: number;
}

export interface FilesPlan {
  /** Folder that receives playlist, slices and MP4; absolute path. Made by the session if missing. */
  readonly folder: string;
  /** Start of every file name: `<sid>_<cname>`. */
  readonly stem: string;
  /** Keep slices and playlist. When false they are the MP4's raw material and removed once it is complete. */
  readonly hls: boolean;
  readonly mp4: Mp4Plan | null;
}

export interface Mp4Plan {
  /** A new MP4 is begun at the first key frame after this much media, in milliseconds. Infinity: never. */
  readonly maxDurationMs: number;
  /** ... or after about this many bytes. */
  readonly maxBytes: number;
}

/** The three values of `audioProfile`, in the API's order. */
export const AUDIO_PROFILES: readonly SoundPlan[] = [
  { channels: 1, bitrateKbps: 48 },
  { channels: 1, bitrateKbps: 128 },
  { channels: 2, bitrateKbps: 192 },
];
