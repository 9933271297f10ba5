import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { RecorderError } from '../../../src/errors.ts';
import { type LayoutPlan, NOBODY } from '../../../src/recording/channel.ts';
import { NO_QUALITY, type RecordedFile } from '../../../src/recording/status.ts';
import { endOf } from './fake-recorder.ts';
import { viewOf } from './fake-uploads.ts';
import { RecordingCalls, Service } from './service.ts';

const MP4 = { recordingFileConfig: { avFileType: ['hls', 'mp4'] } };
const STORED = {
  storageConfig: { vendor: 1, region: 0, bucket: 'b', accessKey: 'a', secretKey: 's', fileNamePrefix: ['dir', 'sub'] },
};
const NOBODY_THERE = { joined: false, users: [] };

let service: Service;
beforeEach(async () => {
  service = await Service.open();
});
afterEach(async () => await service[Symbol.asyncDispose]());

function filesOf(sid: string, startMs = 1_700_000_000_123.7): RecordedFile[] {
  return [
    { name: `${sid}_weekly.m3u8`, kind: 'playlist', sliceStartMs: startMs },
    { name: `${sid}_weekly_0.mp4`, kind: 'mp4', sliceStartMs: startMs },
  ];
}

function listed(fileName: string, isPlayable = true, trackType = 'audio_and_video'): object {
  return {
    ...{ fileName, trackType, uid: '0', mixedAllUser: true, isPlayable },
    sliceStartTime: 1_700_000_000_123,
  };
}

describe('query', () => {
  test('hls alone: the name of the playlist at once', async () => {
    const calls = await service.mix(STORED);
    const { status, body } = await calls.query();
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body), ['cname', 'uid', 'resourceId', 'sid', 'serverResponse']);
    const { upload, ...rest } = body.serverResponse;
    assert.deepEqual(rest, {
      ...{ fileListMode: 'string', fileList: `dir/sub/${calls.sid}_weekly.m3u8` },
      ...{ status: 2, sliceStartTime: 0, subServiceStatus: { recordingService: 'serviceStarted' } },
      ...{ quality: NO_QUALITY, channel: NOBODY_THERE },
    });
    assert.equal(upload.uploadingStatus, 'uploaded');
    assert.deepEqual(Object.keys(body.serverResponse).slice(0, 2), ['fileListMode', 'fileList']);
  });

  test('with mp4: an empty list until the first slice', async () => {
    const calls = await service.mix(MP4);
    const { last } = service.recorder;
    last.change({ phase: 'recording' });
    assert.deepEqual((await calls.query()).body.serverResponse, {
      ...{ fileListMode: 'json', fileList: [], status: 3, sliceStartTime: 0 },
      ...{ subServiceStatus: { recordingService: 'serviceReady' }, quality: NO_QUALITY, channel: NOBODY_THERE },
    });
    last.change({ startedMs: 1_700_000_000_123.7, files: filesOf(calls.sid), slices: 1 });
    const { serverResponse } = (await calls.query()).body;
    assert.deepEqual(serverResponse.fileList, [
      listed(`${calls.sid}_weekly.m3u8`),
      listed(`${calls.sid}_weekly_0.mp4`, false),
    ]);
    assert.deepEqual([serverResponse.status, serverResponse.sliceStartTime], [5, 1_700_000_000_123]);
    assert.equal(serverResponse.subServiceStatus.recordingService, 'serviceInProgress');
  });

  for (const [streamTypes, trackType] of [
    [0, 'audio'],
    [1, 'video'],
    [2, 'audio_and_video'],
  ] as const) {
    test(`streamTypes ${streamTypes} is told as ${trackType}`, async () => {
      const calls = await service.mix({ recordingConfig: { streamTypes }, ...MP4 });
      service.recorder.last.change({ phase: 'recording', files: filesOf(calls.sid) });
      const { fileList } = (await calls.query()).body.serverResponse;
      assert.deepEqual(fileList[0], listed(`${calls.sid}_weekly.m3u8`, true, trackType));
    });
  }

  test('tells who is in the channel', async () => {
    const calls = await service.mix();
    const { last } = service.recorder;
    const users = [{ uid: '5', role: 'host', audio: true, video: false }] as const;
    const { channel } = last.status;
    assert.ok(channel);
    last.change({ phase: 'recording', channel: { ...channel, joined: true, users } });
    assert.deepEqual((await calls.query()).body.serverResponse.channel, { joined: true, users });
  });

  test('after the end: 404 with when and why', async () => {
    const calls = await service.mix();
    const endedMs = Date.UTC(2024, 4, 1, 12, 30, 5);
    service.recorder.last.finish({ reason: 'idle', detail: 'nobody was in the channel for 30 s', endedMs });
    for (const { status, body } of [await calls.query(), await calls.updateLayout({}), await calls.stop()]) {
      assert.deepEqual([status, body.code, body.reason], [404, 404, 'failed to find worker']);
      assert.match(body.detail, /2024-05-01T12:30:05\.000Z, complete, reason idle: nobody was in the channel for 30 s/);
    }
  });
});

describe('stop', () => {
  test('hls alone: the name of the playlist', async () => {
    const calls = await service.mix();
    service.recorder.last.change({ phase: 'recording', startedMs: 1 });
    service.recorder.last.endAtStop = endOf({ files: filesOf(calls.sid).slice(0, 1) });
    const { status, body } = await calls.stop();
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body), ['cname', 'uid', 'resourceId', 'sid', 'serverResponse']);
    assert.deepEqual(body.serverResponse, {
      ...{ fileListMode: 'string', fileList: `${calls.sid}_weekly.m3u8`, uploadingStatus: 'uploaded' },
      ...{ quality: NO_QUALITY, channel: NOBODY_THERE },
    });
  });

  test('with mp4: all files, whole, and how their uploads stand', async () => {
    const calls = await service.mix({ ...MP4, ...STORED });
    service.recorder.last.change({ phase: 'recording', startedMs: 1 });
    service.recorder.last.endAtStop = endOf({ files: filesOf(calls.sid) });
    service.uploads.state = viewOf({ status: 'backuped', pendingFiles: 2 });
    const { serverResponse } = (await calls.stop()).body;
    assert.deepEqual(
      [serverResponse.fileListMode, serverResponse.fileList, serverResponse.uploadingStatus],
      [
        'json',
        [`${calls.sid}_weekly.m3u8`, `${calls.sid}_weekly_0.mp4`].map((name) => listed(`dir/sub/${name}`)),
        'backuped',
      ],
    );
    assert.deepEqual([serverResponse.upload.uploadingStatus, serverResponse.upload.pendingFiles], ['backuped', 2]);
  });

  test('async_stop answers with what is known', async () => {
    const calls = await service.mix();
    const { serverResponse } = (await calls.stop({ async_stop: true })).body;
    assert.deepEqual(
      [serverResponse.fileListMode, serverResponse.fileList, serverResponse.uploadingStatus],
      ['string', `${calls.sid}_weekly.m3u8`, 'unknown'],
    );
    assert.equal((await calls.query()).body.code, 501);
    assert.equal((await calls.stop()).body.code, 49);
  });

  test('async_stop tells an MP4 that is not whole as such', async () => {
    const calls = await service.mix(MP4);
    service.recorder.last.change({ phase: 'recording', files: filesOf(calls.sid) });
    const { fileList } = (await calls.stop({ async_stop: true })).body.serverResponse;
    assert.deepEqual(
      fileList.map(({ isPlayable }: { isPlayable: boolean }) => isPlayable),
      [true, false],
    );
  });

  test('nothing recorded: 206 with 435', async () => {
    const calls = await service.mix();
    service.recorder.last.endAtStop = endOf({
      outcome: 'failed',
      reason: 'token_invalid',
      detail: 'the token is wrong',
    });
    const { status, body } = await calls.stop();
    assert.deepEqual([status, body.code, body.detail], [206, 435, 'the token is wrong']);
  });
});

describe('updateLayout', () => {
  let calls: RecordingCalls;
  beforeEach(async () => {
    calls = await service.mix({ recordingConfig: { transcodingConfig: { backgroundColor: '#112233' } } });
    service.recorder.last.change({ phase: 'recording', startedMs: 1 });
  });
  const now = (): LayoutPlan | undefined => service.recorder.last.status.channel?.layout;

  test('replaces the layout as a whole: what is left out goes back to its default', async () => {
    const { status, body } = await calls.updateLayout({ mixedVideoLayout: 2, maxResolutionUid: '4' });
    assert.equal(status, 200);
    assert.deepEqual(body, { cname: 'weekly', uid: '7', resourceId: calls.resourceId, sid: calls.sid });
    assert.deepEqual(now(), {
      ...{ kind: 'vertical', maxResolutionUid: '4', regions: [], backgroundColor: '#000000' },
      ...{ backgroundImage: null, defaultUserImage: null, userImages: [] },
    });
    assert.equal((await calls.updateLayout({})).status, 200);
    assert.equal(now()?.kind, 'floating');
  });

  test('goes between custom and others', async () => {
    const region = { x_axis: 0, y_axis: 0, width: 1, height: 1 };
    const custom = { mixedVideoLayout: 3, layoutConfig: [region], backgroundImage: 'https://example.org/a.jpg' };
    assert.equal((await calls.updateLayout(custom)).status, 200);
    assert.deepEqual(
      [now()?.kind, now()?.regions.length, now()?.backgroundImage],
      ['custom', 1, 'https://example.org/a.jpg'],
    );
    assert.equal((await calls.updateLayout({ mixedVideoLayout: 1 })).status, 200);
    assert.deepEqual([now()?.kind, now()?.regions], ['best_fit', []]);
  });

  const wrong: [object, RegExp][] = [
    [{ mixedVideoLayout: 5 }, /mixedVideoLayout: expected one of 0, 1, 2, 3/],
    [{ mixedVideoLayout: 3 }, /layoutConfig: expected regions/],
    [{ mixedVideoLayout: 1, layoutConfig: [{ x_axis: 0, y_axis: 0, width: 1, height: 1 }] }, /expected no regions/],
    [{ mixedVideoLayout: 3, layoutConfig: [{ x_axis: 0, y_axis: 0, width: 360, height: 640 }] }, /from 0 to 1/],
    [{ backgroundImage: 'http://forbidden/' }, /^backgroundImage: that address is forbidden/],
  ];
  for (const [clientRequest, detail] of wrong) {
    test(`refused: ${JSON.stringify(clientRequest)}`, async () => {
      const { status, body } = await calls.updateLayout(clientRequest);
      assert.deepEqual([status, body.code], [400, 2]);
      assert.match(body.detail, detail);
      assert.deepEqual(service.recorder.last.calls, []);
    });
  }

  test('sizes cannot be changed: they are left aside', async () => {
    assert.equal((await calls.updateLayout({ width: 640, fps: 30 })).status, 200);
    assert.match(service.logged.join(''), /clientRequest\.width/);
  });

  test('cname of another: 432; a recording that does not take it: 206 with 65', async () => {
    assert.equal((await calls.updateLayout({}, 'other')).body.code, 432);
    service.recorder.last.onChange = () => Promise.reject(new RecorderError('wrong_state', 'not now'));
    const { status, body } = await calls.updateLayout({});
    assert.deepEqual([status, body.code], [206, 65]);
  });
});

describe('update', () => {
  test('of storage and lists together', async () => {
    const calls = await service.mix(STORED);
    service.recorder.last.change({ phase: 'recording', startedMs: 1 });
    const { status } = await calls.update({
      ...STORED,
      streamSubscribe: { audioUidList: { subscribeAudioUids: ['1'] } },
    });
    assert.equal(status, 200);
    assert.equal(service.uploads.renewed.length, 1);
    assert.deepEqual(service.recorder.last.status.channel?.subscription.video, NOBODY);
  });

  for (const clientRequest of [
    {},
    { webRecordingConfig: { onhold: true } },
    { rtmpPublishConfig: { outputs: [{ rtmpUrl: 'rtmp://a/b/c' }] } },
    { mixedVideoLayout: 1 },
  ]) {
    test(`has nothing to change in ${JSON.stringify(clientRequest)}`, async () => {
      const calls = await service.mix();
      service.recorder.last.change({ phase: 'recording', startedMs: 1 });
      const { status, body } = await calls.update(clientRequest);
      assert.deepEqual([status, body.code], [400, 2]);
      assert.match(body.detail, /expected a member that can be updated \(streamSubscribe .*updateLayout\)/);
    });
  }

  test('a layout at the top level of the body is no member that is known', async () => {
    const calls = await service.mix();
    const body = { cname: 'weekly', uid: '7', mixedVideoLayout: 1, clientRequest: {} };
    const answer = await service.send(calls.path('update'), { body });
    assert.deepEqual([answer.status, answer.body.code], [400, 2]);
    assert.match(service.logged.join(''), /"mixedVideoLayout"/);
    const { clientRequest: _, ...bare } = body;
    assert.equal((await service.send(calls.path('update'), { body: bare })).body.code, 2);
  });
});

describe('a recording called with another mode', () => {
  test('is told as such, and nothing happens', async () => {
    const mix = await service.mix();
    const asWeb = new RecordingCalls(service, mix.resourceId, mix.sid, 'web');
    const storageConfig = STORED.storageConfig;
    for (const { status, body } of [await asWeb.query(), await asWeb.update({ storageConfig }), await asWeb.stop()]) {
      assert.deepEqual([status, body.code], [400, 2]);
      assert.match(body.detail, /mode in the path: expected "mix", which recording \w+ was started with, got "web"/);
    }
    assert.deepEqual(service.recorder.last.calls, []);
    service.recorder.last.finish({});
    const web = await service.record();
    const { status, body } = await new RecordingCalls(service, web.resourceId, web.sid, 'mix').updateLayout({});
    assert.deepEqual([status, body.code], [400, 2]);
    assert.match(body.detail, /expected "web"/);
  });

  test('individual is refused', async () => {
    const { resourceId, sid } = await service.mix();
    const { status, body } = await new RecordingCalls(service, resourceId, sid, 'individual').query();
    assert.deepEqual([status, body.code], [400, 2]);
    assert.match(body.detail, /expected "web" or "mix", which are recorded here, got "individual"/);
  });
});

describe('after the service was killed', () => {
  test('a recording is gone on with on a page of the service that runs now', async () => {
    const calls = await service.mix();
    service.recorder.last.change({ phase: 'recording', startedMs: service.nowMs });
    const { plan } = service.recorder.last;
    await service.restart('http://127.0.0.1:9999');
    await service.controller.recover({
      finish: async () => endOf({}),
      resumeOf: ({ status }) => ({ startedMs: status.startedMs, onhold: false, pushes: [], composition: null }),
    });
    const { last } = service.recorder;
    assert.equal(last.plan.page.url, 'http://127.0.0.1:9999/pages/composite/');
    assert.equal(last.plan.network.service, 'http://127.0.0.1:9999');
    assert.deepEqual(last.plan.channel, plan.channel);
    assert.equal((await calls.query()).status, 200);
  });
});

describe('capacity', () => {
  test('sound only costs little, and what is acquired for is told by the startParameter', async () => {
    await using small = await Service.open({ cores: 0.5 });
    await small.mix({ recordingConfig: { streamTypes: 0 } });
    assert.ok(small.controller.capacity.usedCores <= 0.2);
    const acquire = async (startParameter: object): Promise<number> => {
      const body = { cname: 'other', uid: '7', clientRequest: { startParameter } };
      return (await small.send('/v1/apps/app1/cloud_recording/acquire', { body })).status;
    };
    const transcodingConfig = { width: 1280, height: 720, fps: 30, bitrate: 2000 };
    assert.equal(await acquire({ recordingConfig: { transcodingConfig } }), 400);
    assert.equal(await acquire({ recordingConfig: { streamTypes: 0, transcodingConfig } }), 200);
    assert.equal(await acquire({ recordingConfig: {} }), 200);
    assert.equal(await acquire({ recordingConfig: 'unusable' }), 400);
  });
});
