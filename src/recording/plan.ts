import type { Identity, Size } from '../types.ts';
import type { ChannelPlan } from './channel.ts';

/**
 * All that a session is told: immutable, complete, resolved. The request is parsed into a plan once, at the door; what
 * happens afterwards is in `status.ts`.
 */
export interface RecordingPlan {
  /** 32 lower-case hex digits; names the processes, folders and files of the recording. */
  readonly sid: string;
  /** The page that is recorded; one of ours when there is a channel. */
  readonly page: PagePlan;
  /** Whose users the page shows; null: mode `web`. */
  readonly channel: ChannelPlan | null;
  /** Null: sound only. */
  readonly picture: PicturePlan | null;
  /** Null: picture only. At least one of the two is there. */
  readonly sound: SoundPlan | null;
  readonly encoding: EncodingPlan;
  /** Start held: page open and rendered, nothing recorded. */
  readonly onhold: boolean;
  /** RTMP addresses that the recording is pushed to from its start; they hold stream keys. `push` replaces them. */
  readonly pushes: readonly string[];
  readonly network: NetworkPlan;
  readonly limits: PageLimits;
  /** False runs Chromium without its sandbox, for those who accept it. */
  readonly sandbox: boolean;
  /**
   * A recording cut off by the death of its service is gone on with by the next one: its session then completes what can be
   * completed, but keeps what is needed to go on.
   */
  readonly resumable: boolean;
  /** Where the debug bundle of a recording that did not end well goes; absolute path, null for none. */
  readonly debugFolder: string | null;
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

/** What the recorded page, and pushes, may reach. */
export interface NetworkPlan {
  /** Networks (`10.0.0.0/8`, `::1/128`) that may be reached although they are not public; null: everything, unchecked. */
  readonly allowPrivate: readonly string[] | null;
  /** WebRTC may send UDP past the check of addresses. */
  readonly webrtcUdp: boolean;
  /** Origin of the service, `http://127.0.0.1:8080`, which pages of ours come from and may reach whatever the rules say; null for others. */
  readonly service: string | null;
  /** PEM file of certificates trusted in addition for RTMPS; absolute path. */
  readonly caFile: string | null;
}

/** Pages beyond these are given up (event 72); null: no limit. */
export interface PageLimits {
  /** Pages that use WebGL are given up. */
  readonly webgl: boolean;
  /** Most pixels (width times height) of a video that the page plays. */
  readonly videoPixels: number | null;
  /** Most traffic of the page over ten seconds, kbit/s, both directions together. */
  readonly bandwidthKbps: number | null;
}

/** Sides of 2 to 1920 pixels; an odd one is recorded without its last column or row. */
export interface PicturePlan extends Size {
  /** Frames per second, 1 to 60, of the file; see `refreshRate` for those of the display. */
  readonly fps: number;
  readonly bitrateKbps: number;
}

/** How quickly x264 works: each costs more than the one before it and makes a better picture of the same bits. */
export const X264_PRESETS = ['ultrafast', 'superfast', 'veryfast', 'faster'] as const;
export type X264Preset = (typeof X264_PRESETS)[number];

/** How pictures are taken and encoded. */
export interface EncodingPlan {
  /** `damage` where it can be had: the display is looked at when something has been drawn; `x11grab`: all the time. */
  readonly capture: 'damage' | 'x11grab';
  /** A picture at each interval although nothing has changed. */
  readonly steadyRate: boolean;
  /** Tried before x264; null: none. */
  readonly hardware: HardwareEncoder | null;
  /** For x264. */
  readonly preset: X264Preset;
}

/** An encoder that has been tried out on this machine. */
export interface HardwareEncoder {
  readonly kind: 'vaapi' | 'nvenc';
  /** Of VAAPI: `/dev/dri/renderD128`. */
  readonly device: string | null;
}

/** What of the page is recorded: at least one of the two. */
export type MediaPlan = Pick<RecordingPlan, 'picture' | 'sound'>;

/** Slower than this a page takes seconds to be drawn for the first time. */
const LEAST_REFRESH = 5;

/** How often a second the display of a recording of so many frames per second is drawn: as often, or a multiple for the slowest. */
export function refreshRate(fps: number): number {
  return fps * Math.ceil(LEAST_REFRESH / fps);
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

/** The API's name of what is recorded. */
export type RecordingMode = 'web' | 'mix';

export function modeOf({ channel }: Pick<RecordingPlan, 'channel'>): RecordingMode {
  return channel === null ? 'web' : 'mix';
}

/** Nothing but the recording itself, everything may be reached: for a page that somebody records at the own command line. */
export const STANDALONE = {
  channel: null,
  pushes: [],
  network: { allowPrivate: null, webrtcUdp: true, service: null, caFile: null },
  limits: { webgl: false, videoPixels: null, bandwidthKbps: null },
  encoding: { capture: 'damage', steadyRate: false, hardware: null, preset: 'superfast' },
  sandbox: true,
  resumable: false,
  debugFolder: null,
} as const satisfies Partial<RecordingPlan>;
