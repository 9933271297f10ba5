import { type ChannelPlan, EVERYBODY } from '../../../src/recording/channel.ts';
import { type RecordingPlan, STANDALONE } from '../../../src/recording/plan.ts';
import { NO_QUALITY, type RecordingEnd } from '../../../src/recording/status.ts';

/** Every text of a plan that must be in no debug bundle. */
export const SECRETS = [
  'pageuser',
  'pagepass',
  'p@ge-t0ken',
  'p%40ge-t0ken',
  'hashcode',
  'streamkey',
  'pushsign',
  'pushpass',
  'channel token',
  'channel%20token',
  'imagepass',
  'imagesign',
  'channel secret',
  'c2FsdHNhbHRzYWx0c2FsdA==',
];

const CHANNEL: ChannelPlan = {
  ...{ appId: 'app', cname: 'room', uid: '527841', profile: 'communication', token: 'channel token' },
  ...{ transport: { kind: 'hub' }, lowStream: false, maxIdleMs: 30_000, maxUsers: 17 },
  encryption: { mode: 'aes-256-gcm2', secret: 'channel secret', salt: 'c2FsdHNhbHRzYWx0c2FsdA==' },
  subscription: { audio: EVERYBODY, video: EVERYBODY },
  layout: {
    ...{ kind: 'floating', maxResolutionUid: null, regions: [], backgroundColor: '#000000', defaultUserImage: null },
    backgroundImage: 'https://user:imagepass@example.org/back.png',
    userImages: [{ uid: '1', url: 'https://example.org/one.png?sign=imagesign', render: 'fit' }],
  },
};

export function planOf(change: Partial<RecordingPlan> = {}): RecordingPlan {
  return {
    ...STANDALONE,
    sid: '0123456789abcdef0123456789abcdef',
    page: {
      url: 'https://pageuser:pagepass@example.org/room?code=p%40ge-t0ken&lang=en#pin=hashcode',
      mobile: false,
      readyTimeoutS: 0,
    },
    channel: CHANNEL,
    picture: { width: 160, height: 120, fps: 10, bitrateKbps: 500 },
    sound: { channels: 1, bitrateKbps: 48 },
    onhold: false,
    pushes: ['rtmps://user:pushpass@live.example.org/app/streamkey?sign=pushsign'],
    maxRecordingMs: 3_600_000,
    files: { folder: '/nowhere', stem: 'sid_name', hls: true, mp4: null },
    runtimeFolder: '/nowhere',
    identity: null,
    ...change,
  };
}

export function endOf(change: Partial<RecordingEnd> = {}): RecordingEnd {
  return {
    outcome: 'partial',
    reason: 'page_lost',
    detail: 'the page crashed at https://example.org/room?code=p%40ge-t0ken',
    files: [],
    startedMs: 1,
    endedMs: 2,
    progress: { mediaMs: 0, frames: 0, missingFrames: 0, bytes: 0 },
    quality: NO_QUALITY,
    cores: 0.5,
    ...change,
  };
}
