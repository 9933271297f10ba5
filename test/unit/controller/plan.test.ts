import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StartOrder } from '../../../src/controller/orders.ts';
import { buildPlan, reportedFiles } from '../../../src/controller/plan.ts';
import { STANDALONE } from '../../../src/recording/plan.ts';

const SID = '0123456789abcdef0123456789abcdef';
const PLACES = {
  recordings: '/data/recordings',
  runtime: '/run/t',
  identity: { name: 'tapehead', uid: 1, gid: 2 },
  debug: '/data/debug',
  rules: { ...STANDALONE, sandbox: true },
};
const ORDER: StartOrder = {
  appId: 'app',
  cname: 'a b',
  uid: '1',
  resourceId: 'r',
  web: {
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

test('a prefix makes sub folders, and no MP4 is planned when none is asked for', () => {
  const plan = buildPlan({ ...ORDER, web: { ...ORDER.web, prefix: ['a', 'b'], mp4: false } }, SID, PLACES);
  assert.equal(plan.files.folder, `/data/recordings/${SID}/a/b`);
  assert.equal(plan.files.mp4, null);
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
