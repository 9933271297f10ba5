import { join } from 'node:path';
import { fileStem } from '../recording/names.ts';
import { AUDIO_PROFILES, type RecordingPlan, type SoundPlan } from '../recording/plan.ts';
import type { RecordedFile } from '../recording/status.ts';
import type { Identity } from '../types.ts';
import type { StartOrder } from './orders.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Below 2 GB by any way of counting, as players and stores with 31-bit lengths need it. */
const MP4_MAX_BYTES = 2_000_000_000;

/** Where recordings of this machine live. Absolute paths. */
export interface Places {
  /** Files of recording `sid` go to `<recordings>/<sid>/`. */
  readonly recordings: string;
  /** Sockets and profile of recording `sid` go to `<runtime>/<sid>/`. Short, for the sake of socket names. */
  readonly runtime: string;
  readonly identity: Identity | null;
  /** Debug bundle of recording `sid` goes to `<debug>/<sid>/`. */
  readonly debug: string;
  /** What holds for all recordings of this service. */
  readonly rules: Pick<RecordingPlan, 'network' | 'limits' | 'sandbox'>;
}

export function buildPlan(order: StartOrder, sid: string, places: Places): RecordingPlan {
  const { web } = order;
  return {
    sid,
    page: { url: web.url, mobile: web.mobile, readyTimeoutS: web.readyTimeoutS },
    picture: { width: web.width, height: web.height, fps: web.fps, bitrateKbps: web.bitrateKbps },
    sound: AUDIO_PROFILES[web.audioProfile] as SoundPlan,
    onhold: web.onhold,
    ...places.rules,
    pushes: web.pushes,
    resumable: true,
    debugFolder: join(places.debug, sid),
    maxRecordingMs: web.maxRecordingHour * HOUR_MS,
    files: {
      folder: join(places.recordings, sid, ...web.prefix),
      stem: fileStem(sid, order.cname),
      hls: true,
      mp4: web.mp4 ? { maxDurationMs: web.maxVideoDurationMin * MINUTE_MS, maxBytes: MP4_MAX_BYTES } : null,
    },
    runtimeFolder: join(places.runtime, sid),
    identity: places.identity,
  };
}

/**
 * The files to report: those that the plan promises, in its order, with what is known of them, then all further ones.
 * Names are told from the first moment, when none of them exists.
 */
export function reportedFiles(plan: RecordingPlan, known: readonly RecordedFile[]): RecordedFile[] {
  const { stem, hls, mp4 } = plan.files;
  const promised: RecordedFile[] = [];
  if (hls) promised.push({ name: `${stem}.m3u8`, kind: 'playlist', sliceStartMs: 0 });
  if (mp4 !== null) promised.push({ name: `${stem}_0.mp4`, kind: 'mp4', sliceStartMs: 0 });
  const files = new Map([...promised, ...known].map((file) => [file.name, file]));
  return [...files.values()];
}
