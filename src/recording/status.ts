import type { UtcMs } from '../types.ts';
import { type ChannelPlan, type ChannelStatus, channelBefore, type RefusalReason } from './channel.ts';

/** Where a recording is. The order is a rank: it only ever rises. */
export const PHASES = ['starting', 'recording', 'stopping', 'finalizing', 'ended'] as const;
export type Phase = (typeof PHASES)[number];

/** Why a recording ended; the first reason wins and is never replaced. */
export type EndReason =
  /** `stop` was called, or Ctrl-C. */
  | 'requested'
  | 'max_duration'
  /** Nobody was in the channel for too long. */
  | 'idle'
  /** The recorder may not be in the channel, or no longer. */
  | RefusalReason
  | 'page_timeout'
  | 'page_unreachable'
  | 'browser_failed'
  /** The page crashed, hung or lost its sound too often. */
  | 'page_lost'
  /** The page is beyond a configured limit. */
  | 'capability_limit'
  | 'browser_lost'
  | 'encoder_failed'
  | 'disk_full'
  /** The process of the recording died, or the service did. */
  | 'session_lost'
  | 'internal';

/** What is left of it: everything, what was recorded until a failure, nothing because of a failure, nothing because stopped early. */
export type Outcome = 'complete' | 'partial' | 'failed' | 'aborted';

/** One file as the API lists it. */
export interface RecordedFile {
  /** Name inside the recording's folder. */
  readonly name: string;
  readonly kind: 'playlist' | 'mp4';
  /** Wall time of the first frame; 0 until it is known. */
  readonly sliceStartMs: UtcMs;
}

/** What a running recording reports, as a whole, at each change. */
export interface RecordingStatus {
  readonly phase: Phase;
  readonly onhold: boolean;
  /** Wall time of the first frame. */
  readonly startedMs: UtcMs | null;
  /** When the page called `notifyReady`, if it had to. */
  readonly pageReadyMs: UtcMs | null;
  /** Complete slices so far. */
  readonly slices: number;
  readonly files: readonly RecordedFile[];
  readonly progress: Progress;
  readonly pushes: readonly PushStatus[];
  readonly quality: QualityReport;
  /** Null for mode `web`. */
  readonly channel: ChannelStatus | null;
}

/** As the API names the states of a push. */
export type PushState = 'connecting' | 'publishing' | 'onhold' | 'disconnected';

export interface PushStatus {
  /** As the caller gave it, stream key included: for answers and callbacks only, never for logs. */
  readonly url: string;
  readonly state: PushState;
}

/** How good a recording is, as far as can be told while it is made. */
export interface QualityReport {
  /** Pictures per second of media, over the whole recording. */
  readonly fps: number;
  /** Places on the frame grid without a picture of their own: the one before is shown longer. */
  readonly repeatedFrames: number;
  /** Stretches of media, the latest hundred of each kind. */
  readonly silent: readonly MediaInterval[];
  readonly black: readonly MediaInterval[];
  readonly frozen: readonly MediaInterval[];
  /** Estimate: how much later the sound is than its picture, by the clocks of both; null until there is enough. */
  readonly soundOffsetMs: number | null;
  /** Page reloads by the watchdogs, new browsers, new encoders, since the start. */
  readonly reloads: number;
  readonly browsersReplaced: number;
  readonly encodersReplaced: number;
  /** CPU seconds of all processes of the recording per second, over the last while. */
  readonly cores: number;
  /** Memory of all processes of the recording, shared pages counted in parts (PSS), in MB; the latest reading. */
  readonly memoryMB: number;
  /** Which capture runs; null for sound only, and before it does. */
  readonly capture: CaptureKind | null;
  /** Which encoder runs: `x264 superfast`, `vaapi`; null likewise. */
  readonly encoder: string | null;
  /** What was done to make it cheaper on a machine under pressure, in the order in which it was done. */
  readonly economies: readonly Economy[];
}

/** How pictures are taken: when something has been drawn, or all the time. */
export type CaptureKind = 'damage' | 'x11grab';

/** A step that makes a recording cheaper. */
export interface Economy {
  /** A quicker preset of the encoder, or half as many pictures per second. */
  readonly step: 'quicker_encoder' | 'half_rate';
  readonly atMs: UtcMs;
}

/** Milliseconds of media time from the recording's start; `toMs` null: it goes on. */
export interface MediaInterval {
  readonly fromMs: number;
  readonly toMs: number | null;
}

export const NO_QUALITY: QualityReport = {
  fps: 0,
  repeatedFrames: 0,
  silent: [],
  black: [],
  frozen: [],
  soundOffsetMs: null,
  reloads: 0,
  browsersReplaced: 0,
  encodersReplaced: 0,
  cores: 0,
  memoryMB: 0,
  capture: null,
  encoder: null,
  economies: [],
};

export interface Progress {
  /** Media time recorded, held time excluded. */
  readonly mediaMs: number;
  readonly frames: number;
  /** Places on the frame grid that have no frame of their own, because the capture came late. */
  readonly missingFrames: number;
  readonly bytes: number;
}

/** Before anything has happened. @param channel of the plan */
export function statusBefore(onhold: boolean, channel: ChannelPlan | null = null): RecordingStatus {
  return {
    phase: 'starting',
    onhold,
    startedMs: null,
    pageReadyMs: null,
    slices: 0,
    files: [],
    progress: { mediaMs: 0, frames: 0, missingFrames: 0, bytes: 0 },
    pushes: [],
    quality: NO_QUALITY,
    channel: channel && channelBefore(channel),
  };
}

/** The last word on a recording. */
export interface RecordingEnd {
  readonly outcome: Outcome;
  readonly reason: EndReason;
  /** One sentence for people: what happened, what was expected. */
  readonly detail: string;
  readonly files: readonly RecordedFile[];
  readonly startedMs: UtcMs | null;
  readonly endedMs: UtcMs;
  readonly progress: Progress;
  readonly quality: QualityReport;
  /** CPU seconds of all processes of the recording per second of its life. */
  readonly cores: number;
}
