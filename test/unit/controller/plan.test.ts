import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StartOrder } from '../../../src/controller/orders.ts';
import { buildPlan, planFrom, reportedFiles } from '../../../src/controller/plan.ts';
import { EVERYBODY, NOBODY } from '../../../src/recording/channel.ts';
import { type PicturePlan, STANDALONE } from '../../../src/recording/plan.ts';
import { FLOATING } from '../../support/channel-plans.ts';

const SID = '0123456789abcdef0123456789abcdef';
const PLACES = {
  recordings: '/data/recordings',
  runtime: '/run/t',
  identity: { name: 'tapehead', uid: 1, gid: 2 },
  debug: '/data/debug',
  apps: { lk: { channel: 'livekit', livekitUrl: 'wss://lk.example.org' }, agora: { channel: 'agora' } } as const,
  rules: { ...STANDALONE, network: { ...STANDALONE.network, service: 'http://127.0.0.1:8080' } },
  encodingFor: () => STANDALONE.encoding,
};
const ORDER: StartOrder = {
  appId: 'app',
  cname: 'a b',
  uid: '1',
  resourceId: 'r',
  work: {
    mode: 'web',
    url: 'https://example.org/',
    mobile: true,
    readyTimeoutS: 9,
    width: 640,
    height: 360,
    fps: 24,
    bitrateKbps: 900,
    audioProfile: 2,
    onhold: true,
    maxRecordingHour: 2,
    mp4: true,
    maxVideoDurationMin: 30,
    pushes: ['rtmp://example.org/a/b'],
    storage: null,
    prefix: [],
  },
};

test('the plan has everything resolved', () => {
  assert.deepEqual(buildPlan(ORDER, SID, PLACES), {
    sid: SID,
    page: { url: 'https://example.org/', mobile: true, readyTimeoutS: 9 },
    picture: { width: 640, height: 360, fps: 24, bitrateKbps: 900 },
    sound: { channels: 2, bitrateKbps: 192 },
    ...STANDALONE,
    pushes: ['rtmp://example.org/a/b'],
    resumable: true,
    debugFolder: `/data/debug/${SID}`,
    onhold: true,
    maxRecordingMs: 7_200_000,
    files: {
      folder: `/data/recordings/${SID}`,
      stem: `${SID}_a-b`,
      hls: true,
      mp4: { maxDurationMs: 1_800_000, maxBytes: 2_000_000_000 },
    },
    runtimeFolder: `/run/t/${SID}`,
    identity: PLACES.identity,
  });
});

test('how it is encoded is asked for each recording, and anew by the service that goes on with it', () => {
  const asked: (PicturePlan | null)[] = [];
  const answering = (preset: 'faster' | 'ultrafast') => ({
    ...PLACES,
    encodingFor: (picture: PicturePlan | null) => {
      asked.push(picture);
      return { ...STANDALONE.encoding, preset };
    },
  });
  const plan = buildPlan(ORDER, SID, answering('faster'));
  assert.equal(plan.encoding.preset, 'faster');
  assert.deepEqual(planFrom(plan, answering('ultrafast')), {
    ...plan,
    encoding: { ...plan.encoding, preset: 'ultrafast' },
  });
  assert.deepEqual(asked, [plan.picture, plan.picture]);
});

test('a prefix makes sub folders, and no MP4 is planned when none is asked for', () => {
  const plan = buildPlan({ ...ORDER, work: { ...ORDER.work, prefix: ['a', 'b'], mp4: false } }, SID, PLACES);
  assert.equal(plan.files.folder, `/data/recordings/${SID}/a/b`);
  assert.equal(plan.files.mp4, null);
});

describe('a channel', () => {
  const MIX: StartOrder = {
    ...{ appId: 'app', cname: 'a b.c', uid: '0012', resourceId: 'r' },
    work: {
      ...{ mode: 'mix', picture: { width: 360, height: 640, fps: 15, bitrateKbps: 500 }, sound: null },
      channel: {
        ...{ token: 't', profile: 'live', encryption: null, lowStream: true, maxIdleMs: 5000 },
        layout: FLOATING,
      },
      lists: { audio: null, video: null },
      ...{ mp4: true, storage: null, prefix: ['a'] },
    },
  };

  test('is recorded on a page of the service', () => {
    const plan = buildPlan(MIX, SID, PLACES);
    assert.deepEqual(plan.page, { url: 'http://127.0.0.1:8080/pages/composite/', mobile: false, readyTimeoutS: 0 });
    assert.deepEqual(plan.network, PLACES.rules.network);
    assert.deepEqual(plan.channel, {
      ...{ appId: 'app', cname: 'a b.c', uid: '12', token: 't', profile: 'live', encryption: null },
      ...{ lowStream: true, maxIdleMs: 5000, maxUsers: 17, transport: { kind: 'hub' }, layout: FLOATING },
      subscription: { audio: NOBODY, video: EVERYBODY },
    });
    assert.deepEqual(plan.files, {
      ...{ folder: `/data/recordings/${SID}/a`, stem: `${SID}_a-b.c`, hls: true },
      mp4: { maxDurationMs: 7_200_000, maxBytes: 2_000_000_000 },
    });
    assert.equal(plan.maxRecordingMs, 720 * 3_600_000);
  });

  for (const [appId, transport] of [
    ['lk', { kind: 'livekit', url: 'wss://lk.example.org' }],
    ['agora', { kind: 'agora' }],
    ['constructor', { kind: 'hub' }],
  ] as const) {
    test(`of app id ${appId} is reached by ${transport.kind}`, () => {
      assert.deepEqual(buildPlan({ ...MIX, appId }, SID, PLACES).channel?.transport, transport);
    });
  }

  test('a stored plan takes its page from the service that runs now; that of a web page stays as it is', () => {
    const network = { ...PLACES.rules.network, service: 'http://127.0.0.1:9' };
    const moved = { ...PLACES, rules: { ...PLACES.rules, network } };
    const plan = buildPlan(MIX, SID, PLACES);
    assert.deepEqual(planFrom(plan, moved), {
      ...plan,
      page: { ...plan.page, url: 'http://127.0.0.1:9/pages/composite/' },
      network: { ...plan.network, service: 'http://127.0.0.1:9' },
    });
    const web = buildPlan(ORDER, SID, PLACES);
    assert.deepEqual(planFrom(web, moved), web);
    assert.equal(web.network.service, null);
  });
});

test('promised files are reported before they exist, and then with what is known', () => {
  const plan = buildPlan(ORDER, SID, PLACES);
  const playlist = { name: `${SID}_a-b.m3u8`, kind: 'playlist', sliceStartMs: 0 } as const;
  const first = { name: `${SID}_a-b_0.mp4`, kind: 'mp4', sliceStartMs: 0 } as const;
  assert.deepEqual(reportedFiles(plan, []), [playlist, first]);
  const known = { ...first, sliceStartMs: 5 };
  const second = { name: `${SID}_a-b_1.mp4`, kind: 'mp4', sliceStartMs: 9 } as const;
  assert.deepEqual(reportedFiles(plan, [known, second]), [playlist, known, second]);
});
