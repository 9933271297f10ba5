import type { MixOrder } from '../controller/orders.ts';
import { RecorderError } from '../errors.ts';
import type { EncryptionPlan } from '../recording/channel.ts';
import { AUDIO_PROFILES, type PicturePlan, type SoundPlan } from '../recording/plan.ts';
import { layoutOf } from './layout-order.ts';
import {
  type MixStartRequest,
  type RecordingConfig,
  recordingConfigSchema,
  type TranscodingConfig,
  transcodingSchema,
} from './schema-mix.ts';
import { storageOrderOf } from './storage-order.ts';
import { listsOf } from './subscription-lists.ts';

const FRAME_RATES = [1, 7, 10, 15, 24, 30, 60];
const USUAL_FRAME_RATE = 15;
const SOUND_ONLY = 0;
const PICTURE_ONLY = 1;
const LIVE = 1;
const LOW_STREAM = 1;

/** By `decryptionMode`. */
const ENCRYPTIONS: Readonly<Record<number, EncryptionPlan['mode']>> = {
  5: 'aes-128-gcm',
  6: 'aes-256-gcm',
  7: 'aes-128-gcm2',
  8: 'aes-256-gcm2',
};

/** What a start with mode mix asks for, with all defaults resolved. Throws RecorderError for what cannot be done. */
export function mixOrderOf(request: MixStartRequest): MixOrder {
  requireJob(request);
  const config = request.recordingConfig ?? recordingConfigSchema.parse({});
  const transcoding = config.transcodingConfig ?? transcodingSchema.parse({});
  const { storageConfig, recordingFileConfig } = request;
  return {
    mode: 'mix',
    picture: config.streamTypes === SOUND_ONLY ? null : pictureOf(transcoding),
    sound: config.streamTypes === PICTURE_ONLY ? null : (AUDIO_PROFILES[config.audioProfile] as SoundPlan),
    channel: {
      token: request.token || null,
      profile: config.channelType === LIVE ? 'live' : 'communication',
      encryption: encryptionOf(config),
      lowStream: config.videoStreamType === LOW_STREAM,
      maxIdleMs: config.maxIdleTime * 1000,
      layout: layoutOf(transcoding),
    },
    lists: listsOf(config),
    mp4: recordingFileConfig?.avFileType.includes('mp4') ?? false,
    storage: storageConfig === undefined ? null : storageOrderOf(storageConfig),
    prefix: storageConfig?.fileNamePrefix ?? [],
  };
}

/** Everything may be left out of a start, but not all at once: so look bodies that are meant for another call. */
function requireJob(request: MixStartRequest): void {
  if (Object.values(request).some((member) => member !== undefined)) return;
  throw new RecorderError(
    'services_not_selected',
    'clientRequest: expected one of recordingConfig (which may be empty), recordingFileConfig, storageConfig, token, got none',
  );
}

function pictureOf({ width, height, fps, bitrate }: TranscodingConfig): PicturePlan {
  return { width, height, fps: FRAME_RATES.includes(fps) ? fps : USUAL_FRAME_RATE, bitrateKbps: bitrate };
}

function encryptionOf({ decryptionMode, secret = '', salt = '' }: RecordingConfig): EncryptionPlan | null {
  const mode = ENCRYPTIONS[decryptionMode];
  if (mode === undefined) return null;
  const salted = mode === 'aes-128-gcm2' || mode === 'aes-256-gcm2';
  return { mode, secret, salt: salted ? Buffer.from(salt, 'base64').toString('base64') : null };
}
