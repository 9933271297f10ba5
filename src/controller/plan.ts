import { join } from 'node:path';
import { RecorderError } from '../errors.ts';
import type { ChannelPlan } from '../recording/channel.ts';
import { channelFileStem, fileStem } from '../recording/names.ts';
import {
  AUDIO_PROFILES,
  type EncodingPlan,
  type PicturePlan,
  type RecordingPlan,
  type SoundPlan,
} from '../recording/plan.ts';
import type { RecordedFile } from '../recording/status.ts';
import type { Identity } from '../types.ts';
import type { MixOrder, StartOrder, Task, WebOrder } from './orders.ts';
import { subscriptionOf } from './subscription.ts';
import { type AppChannels, transportOf } from './transport.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Below 2 GB by any way of counting, as players and stores with 31-bit lengths need it. */
const MP4_MAX_BYTES = 2_000_000_000;
/** The API sets recordings of channels no end; this one is that of the longest recording of a page. */
const CHANNEL_MAX_MS = 720 * HOUR_MS;
const CHANNEL_MP4_MS = 2 * HOUR_MS;
/** Whoever comes to a full channel is recorded when somebody leaves. */
const CHANNEL_USERS = 17;
const CHANNEL_PAGE = '/pages/composite/';

/** Where recordings of this machine live. Absolute paths. */
export interface Places {
  /** Files of recording `sid` go to `<recordings>/<sid>/`. */
  readonly recordings: string;
  /** Sockets and profile of recording `sid` go to `<runtime>/<sid>/`. Short, for the sake of socket names. */
  readonly runtime: string;
  readonly identity: Identity | null;
  /** Debug bundle of recording `sid` goes to `<debug>/<sid>/`. */
  readonly debug: string;
  readonly apps: AppChannels;
  /** What holds for all recordings of this service; of the network, `service` is for channels only. */
  readonly rules: Pick<RecordingPlan, 'network' | 'limits' | 'sandbox'>;
  /** What is right for a recording that begins now. @param picture null: sound only */
  readonly encodingFor: (picture: PicturePlan | null) => EncodingPlan;
}

/** @throws RecorderError `request_invalid` for what cannot be recorded in the channels of this app id */
export function buildPlan(order: StartOrder, sid: string, places: Places): RecordingPlan {
  const { work } = order;
  const parts = work.mode === 'web' ? webParts(work, places) : channelParts(work, order, places);
  return {
    sid,
    ...parts,
    encoding: places.encodingFor(parts.picture),
    resumable: true,
    debugFolder: join(places.debug, sid),
    files: {
      folder: join(places.recordings, sid, ...work.prefix),
      stem: work.mode === 'web' ? fileStem(sid, order.cname) : channelFileStem(sid, order.cname),
      hls: true,
      mp4: work.mp4 ? { maxDurationMs: mp4Ms(work), maxBytes: MP4_MAX_BYTES } : null,
    },
    runtimeFolder: join(places.runtime, sid),
    identity: places.identity,
  };
}

type Parts = Omit<
  RecordingPlan,
  'sid' | 'encoding' | 'resumable' | 'debugFolder' | 'files' | 'runtimeFolder' | 'identity'
>;

function webParts(web: WebOrder, { rules }: Places): Parts {
  return {
    ...rules,
    page: { url: web.url, mobile: web.mobile, readyTimeoutS: web.readyTimeoutS },
    channel: null,
    picture: { width: web.width, height: web.height, fps: web.fps, bitrateKbps: web.bitrateKbps },
    sound: AUDIO_PROFILES[web.audioProfile] as SoundPlan,
    onhold: web.onhold,
    pushes: web.pushes,
    network: { ...rules.network, service: null },
    maxRecordingMs: web.maxRecordingHour * HOUR_MS,
  };
}

function channelParts(mix: MixOrder, task: Task, { rules, apps }: Places): Parts {
  const { picture, sound } = mix;
  return {
    ...rules,
    page: { url: channelPage(rules.network.service), mobile: false, readyTimeoutS: 0 },
    channel: channelOf(mix, task, apps),
    ...{ picture, sound, onhold: false, pushes: [] },
    maxRecordingMs: CHANNEL_MAX_MS,
  };
}

function channelOf(mix: MixOrder, { appId, cname, uid }: Task, apps: AppChannels): ChannelPlan {
  return {
    // A uid is a number: its spelling as a text may have zeros in front.
    ...{ appId, cname, uid: String(Number(uid)), maxUsers: CHANNEL_USERS },
    ...mix.channel,
    transport: transportOf(apps, appId, mix.channel.encryption),
    subscription: subscriptionOf(mix.lists, mix),
  };
}

function channelPage(service: string | null): string {
  if (service === null) throw new RecorderError('internal', 'expected the origin that pages of channels come from');
  return service + CHANNEL_PAGE;
}

function mp4Ms(work: WebOrder | MixOrder): number {
  return work.mode === 'web' ? work.maxVideoDurationMin * MINUTE_MS : CHANNEL_MP4_MS;
}

/**
 * A plan that another run of the service has made: it is encoded as this one can, and the page of a channel comes from wherever this
 * one listens.
 */
export function planFrom(before: RecordingPlan, { rules, encodingFor }: Places): RecordingPlan {
  const plan = { ...before, encoding: encodingFor(before.picture) };
  if (plan.channel === null) return plan;
  const { service } = rules.network;
  return { ...plan, page: { ...plan.page, url: channelPage(service) }, network: { ...plan.network, service } };
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
