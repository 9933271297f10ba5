import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { EVERYBODY, NOBODY } from '../../../src/recording/channel.ts';
import type { RecordingPlan } from '../../../src/recording/plan.ts';
import { MIX, ORIGIN, type Received, ROOT, Service } from './service.ts';

const HOUR_MS = 3_600_000;
const SALT = Buffer.alloc(32, 7).toString('base64');
const STORAGE = { vendor: 1, region: 0, bucket: 'b', accessKey: 'a', secretKey: 's' };
const BLACK = {
  ...{ kind: 'floating', maxResolutionUid: null, regions: [], backgroundColor: '#000000' },
  ...{ backgroundImage: null, defaultUserImage: null, userImages: [] },
};

let service: Service;
beforeEach(async () => {
  service = await Service.open({
    apps: { app1: { channel: 'hub' }, lk: { channel: 'livekit', livekitUrl: 'wss://lk.example.org' } },
  });
});
afterEach(async () => await service[Symbol.asyncDispose]());

/** The plan that a start with this `recordingConfig` leads to. */
async function planned(recordingConfig: object, more: object = {}): Promise<RecordingPlan> {
  await service.mix({ recordingConfig, ...more });
  return service.recorder.last.plan;
}

/** `detail` of a start that is refused with code 2. */
async function refused(clientRequest: object): Promise<string> {
  const { status, body } = await service.startMix(clientRequest);
  assert.deepEqual([status, body.code, body.reason], [400, 2, 'api body validate failed!'], JSON.stringify(body));
  assert.equal(service.recorder.recordings.length, 0);
  return body.detail;
}

test('the shortest start has all defaults', async () => {
  const { sid, resourceId } = await service.mix();
  const { plan } = service.recorder.last;
  assert.deepEqual(plan.page, { url: `${ORIGIN}/pages/composite/`, mobile: false, readyTimeoutS: 0 });
  assert.deepEqual(plan.picture, { width: 360, height: 640, fps: 15, bitrateKbps: 500 });
  assert.deepEqual(plan.sound, { channels: 1, bitrateKbps: 48 });
  assert.deepEqual(plan.channel, {
    ...{ appId: 'app1', cname: 'weekly', uid: '7', profile: 'communication', token: null },
    ...{ transport: { kind: 'hub' }, encryption: null, lowStream: false, maxIdleMs: 30_000, maxUsers: 17 },
    subscription: { audio: EVERYBODY, video: EVERYBODY },
    layout: BLACK,
  });
  assert.deepEqual(plan.files, {
    ...{ folder: `/data/recordings/${sid}`, stem: `${sid}_weekly`, hls: true, mp4: null },
  });
  assert.deepEqual([plan.onhold, plan.pushes, plan.maxRecordingMs], [false, [], 720 * HOUR_MS]);
  assert.equal(plan.network.service, ORIGIN);
  assert.equal(resourceId.length > 0, true);
});

test('everything that can be set', async () => {
  const plan = await planned(
    {
      ...{ channelType: 1, streamTypes: 2, audioProfile: 2, videoStreamType: 1, maxIdleTime: 300 },
      ...{ decryptionMode: 8, secret: 'hush', salt: SALT, subscribeUidGroup: 5, streamMode: 'standard' },
      privateParams: '{"correctEXTINF":true}',
      subscribeAudioUids: ['1', '2'],
      unSubscribeVideoUids: ['3'],
      transcodingConfig: {
        ...{ width: 1280, height: 720, fps: 30, bitrate: 2260, mixedVideoLayout: 3, maxResolutionUid: '5' },
        ...{ backgroundColor: '#Ff8000', backgroundImage: 'https://example.org/a.jpg' },
        defaultUserBackgroundImage: 'http://example.org/b.bmp',
        backgroundConfig: [{ uid: '9', image_url: 'https://example.org/9.jpg', render_mode: 1 }],
        layoutConfig: [
          { uid: '1', x_axis: 0, y_axis: 0, width: 1, height: 1, alpha: 1, render_mode: 1 },
          { uid: '', x_axis: 0.666667, y_axis: 0.5, width: 0.333333, height: 0.5 },
        ],
      },
    },
    { token: '007x', recordingFileConfig: { avFileType: ['mp4', 'hls'] }, storageConfig: STORAGE },
  );
  assert.deepEqual(plan.picture, { width: 1280, height: 720, fps: 30, bitrateKbps: 2260 });
  assert.deepEqual(plan.sound, { channels: 2, bitrateKbps: 192 });
  assert.deepEqual(plan.files.mp4, { maxDurationMs: 2 * HOUR_MS, maxBytes: 2_000_000_000 });
  assert.equal(service.uploads.jobs[0]?.sid, plan.sid);
  assert.deepEqual(plan.channel, {
    ...{ appId: 'app1', cname: 'weekly', uid: '7', profile: 'live', token: '007x', transport: { kind: 'hub' } },
    encryption: { mode: 'aes-256-gcm2', secret: 'hush', salt: SALT },
    ...{ lowStream: true, maxIdleMs: 300_000, maxUsers: 17 },
    subscription: { audio: { kind: 'only', uids: ['1', '2'] }, video: { kind: 'except', uids: ['3'] } },
    layout: {
      ...{ kind: 'custom', maxResolutionUid: '5', backgroundColor: '#Ff8000' },
      regions: [
        { uid: '1', x: 0, y: 0, width: 1, height: 1, alpha: 1, render: 'fit' },
        { uid: null, x: 0.666667, y: 0.5, width: 0.333333, height: 0.5, alpha: 1, render: 'crop' },
      ],
      ...{ backgroundImage: 'https://example.org/a.jpg', defaultUserImage: 'http://example.org/b.bmp' },
      userImages: [{ uid: '9', url: 'https://example.org/9.jpg', render: 'fit' }],
    },
  });
});

describe('what is recorded', () => {
  for (const [streamTypes, picture, sound] of [
    [0, false, true],
    [1, true, false],
    [2, true, true],
  ] as const) {
    test(`streamTypes ${streamTypes}`, async () => {
      const plan = await planned({ streamTypes });
      assert.deepEqual([plan.picture !== null, plan.sound !== null], [picture, sound]);
      const { audio, video } = plan.channel?.subscription ?? {};
      assert.deepEqual([audio, video], [sound ? EVERYBODY : NOBODY, picture ? EVERYBODY : NOBODY]);
    });
  }

  for (const fps of [1, 7, 10, 15, 24, 30, 60]) {
    test(`${fps} frames per second`, async () => {
      assert.equal((await planned({ transcodingConfig: { fps } })).picture?.fps, fps);
    });
  }

  for (const fps of [0, 2, 25, 29.97, 120, -1]) {
    test(`${fps} frames per second count as 15`, async () => {
      assert.equal((await planned({ transcodingConfig: { fps } })).picture?.fps, 15);
    });
  }

  test('a size without the rest gets the rest by default, and an empty transcodingConfig all of it', async () => {
    assert.deepEqual((await planned({ transcodingConfig: { width: 1920, height: 1080 } })).picture, {
      ...{ width: 1920, height: 1080, fps: 15, bitrateKbps: 500 },
    });
    service.recorder.last.finish({});
    assert.equal((await planned({ transcodingConfig: {} })).picture?.width, 360);
  });

  test('1920x1080 in either direction is the most', async () => {
    await planned({ transcodingConfig: { width: 1080, height: 1920, bitrate: 6500 } });
    service.recorder.last.finish({});
    const { body } = await service.startMix({ recordingConfig: { transcodingConfig: { width: 1920, height: 1081 } } });
    assert.match(body.detail, /transcodingConfig\.width: expected with height 1081 a size of at most 2073600 pixels/);
  });
});

describe('what clients in use send', () => {
  const taken: [string, object][] = [
    ['no recordingConfig', { token: 't' }],
    ['no recordingConfig, an empty token', { token: '', storageConfig: STORAGE }],
    ['no recordingFileConfig', { recordingConfig: {}, storageConfig: STORAGE }],
    ['a streamMode of another mode', { recordingConfig: { streamMode: 'standard' } }],
    ['empty lists beside filled ones', { recordingConfig: { subscribeAudioUids: ['1'], unsubscribeAudioUids: [] } }],
    ['integers in a layout', customLayout([{ x_axis: 0, y_axis: 0, width: 1, height: 1, alpha: 1, render_mode: 0 }])],
    [
      'members without values',
      { recordingConfig: { secret: '', salt: '', transcodingConfig: { backgroundImage: '' } } },
    ],
    ['an empty layoutConfig', { recordingConfig: { transcodingConfig: { mixedVideoLayout: 1, layoutConfig: [] } } }],
    ['null for what is left out', { recordingConfig: { maxIdleTime: null, transcodingConfig: null }, token: null }],
    ['members of other modes, empty', { recordingConfig: {}, extensionServiceConfig: {}, snapshotConfig: {} }],
    ['a salt without padding', { recordingConfig: { decryptionMode: 7, secret: 'a', salt: SALT.slice(0, -1) } }],
  ];
  for (const [name, clientRequest] of taken) {
    test(name, async () => assert.equal((await service.startMix(clientRequest)).status, 200));
  }

  test('what has no effect is logged by name', async () => {
    await service.mix({ ...MIX, transcodingConfig: { width: 640 }, unsubscribeEverything: ['hidden-value'] });
    assert.deepEqual(service.recorder.last.plan.picture, { width: 360, height: 640, fps: 15, bitrateKbps: 500 });
    const log = service.logged.join('');
    assert.match(log, /clientRequest\.transcodingConfig/);
    assert.match(log, /clientRequest\.unsubscribeEverything/);
    assert.doesNotMatch(log, /hidden-value/);
  });
});

describe('out of range', () => {
  const transcoding = (change: object): object => ({ recordingConfig: { transcodingConfig: change } });
  const config = (change: object): object => ({ recordingConfig: change });
  const image = { uid: '1', image_url: 'https://example.org/' };
  const wrong: [object, RegExp][] = [
    [config({ channelType: 2 }), /channelType: expected one of 0, 1, got 2/],
    [config({ streamTypes: 3 }), /streamTypes: expected one of 0, 1, 2, got 3/],
    [config({ audioProfile: 3 }), /audioProfile: expected one of 0, 1, 2, got 3/],
    [config({ videoStreamType: 2 }), /videoStreamType: expected one of 0, 1, got 2/],
    [config({ maxIdleTime: 4 }), /maxIdleTime: expected an integer from 5 to 2592000, got 4/],
    [config({ maxIdleTime: 2_592_001 }), /maxIdleTime/],
    [config({ subscribeUidGroup: 6 }), /subscribeUidGroup: expected an integer from 0 to 5, got 6/],
    [config({ channelType: '0' }), /channelType: .*got "0"/],
    [{ recordingConfig: [] }, /recordingConfig: expected an object, got a list of 0/],
    [{ token: 5 }, /token: expected a string, got something else \(not shown\)/],
    [transcoding({ width: 1921 }), /width: expected an integer from 64 to 1920, got 1921/],
    [transcoding({ height: 0 }), /height: expected an integer from 64 to 1920, got 0/],
    [transcoding({ width: 640.5 }), /width/],
    [transcoding({ bitrate: 6501 }), /bitrate: expected an integer from 1 to 6500, got 6501/],
    [transcoding({ bitrate: 0 }), /bitrate/],
    [transcoding({ fps: '15' }), /fps: expected a number, got "15"/],
    [transcoding({ mixedVideoLayout: 4 }), /mixedVideoLayout: expected one of 0, 1, 2, 3, got 4/],
    [transcoding({ backgroundColor: 'red' }), /backgroundColor: expected a colour like #RRGGBB, got "red"/],
    [transcoding({ backgroundColor: '#fff' }), /backgroundColor/],
    [transcoding({ backgroundImage: 'ftp://x.org/a' }), /backgroundImage: expected an http or https URL/],
    [transcoding({ defaultUserBackgroundImage: 'a.jpg' }), /defaultUserBackgroundImage: expected an http or https URL/],
    [transcoding({ backgroundConfig: [{ ...image, uid: undefined }] }), /backgroundConfig\[0\]\.uid/],
    [transcoding({ backgroundConfig: [{ ...image, image_url: '' }] }), /backgroundConfig\[0\]\.image_url/],
    [transcoding({ backgroundConfig: [{ ...image, render_mode: 2 }] }), /render_mode: expected one of 0, 1, got 2/],
    [transcoding({ backgroundImage: 'http://forbidden/' }), /^backgroundImage: that address is forbidden/],
    [transcoding({ defaultUserBackgroundImage: 'http://forbidden/' }), /^defaultUserBackgroundImage: that address/],
    [transcoding({ backgroundConfig: [{ ...image, image_url: 'http://forbidden/' }] }), /^image_url: that address/],
    [transcoding({ mixedVideoLayout: 3 }), /layoutConfig: expected regions with mixedVideoLayout 3, got nothing/],
    [transcoding({ mixedVideoLayout: 3, layoutConfig: [] }), /layoutConfig: expected regions with mixedVideoLayout 3/],
    [
      transcoding({ mixedVideoLayout: 1, layoutConfig: [region()] }),
      /layoutConfig: expected no regions unless mixedVideoLayout is 3, got a list of 1/,
    ],
    [transcoding({ layoutConfig: [region()] }), /layoutConfig: expected no regions unless mixedVideoLayout is 3/],
    [customLayout(Array.from({ length: 18 }, () => region())), /a list of at most 17 regions, got a list of 18/],
    [
      customLayout([{ ...region(), width: 640, height: 360 }]),
      /width: expected a number from 0 to 1, a fraction .*got 640/,
    ],
    [customLayout([{ ...region(), x_axis: -0.1 }]), /layoutConfig\[0\]\.x_axis/],
    [customLayout([{ ...region(), y_axis: undefined }]), /y_axis: expected a number from 0 to 1.*got nothing/],
    [
      customLayout([{ ...region(), x_axis: 0.6 }]),
      /width: expected at most 0\.4, so that x_axis \+ width is at most 1/,
    ],
    [customLayout([{ ...region(), y_axis: 0.51 }]), /height: expected at most 0\.49/],
    [customLayout([{ ...region(), alpha: 1.1 }]), /alpha: expected a number from 0 to 1, got 1\.1/],
    [customLayout([{ ...region(), render_mode: 2 }]), /render_mode/],
    [{ ...MIX, recordingFileConfig: { avFileType: ['mp4'] } }, /avFileType: expected \["hls"\] or \["hls","mp4"\]/],
    [{ ...MIX, storageConfig: { ...STORAGE, vendor: 9 } }, /storageConfig\.vendor/],
  ];
  for (const [clientRequest, detail] of wrong) {
    test(JSON.stringify(clientRequest).slice(0, 110), async () => assert.match(await refused(clientRequest), detail));
  }

  test('regions may end where rounding to six decimals has put them', async () => {
    const plan = await planned(
      (customLayout([{ ...region(), x_axis: 0.5000005, width: 0.5 }]) as { recordingConfig: object }).recordingConfig,
    );
    assert.equal(plan.channel?.layout.regions.length, 1);
  });
});

describe('encryption', () => {
  for (const [decryptionMode, mode, salt] of [
    [5, 'aes-128-gcm', null],
    [6, 'aes-256-gcm', null],
    [7, 'aes-128-gcm2', SALT],
    [8, 'aes-256-gcm2', SALT],
  ] as const) {
    test(`decryptionMode ${decryptionMode}`, async () => {
      const plan = await planned({ decryptionMode, secret: 'hush', salt: SALT });
      assert.deepEqual(plan.channel?.encryption, { mode, secret: 'hush', salt });
    });
  }

  test('none, whatever secret there is', async () => {
    assert.equal((await planned({ decryptionMode: 0, secret: 'hush', salt: 'x' })).channel?.encryption, null);
  });

  const wrong: [object, RegExp][] = [
    ...[1, 2, 3, 4, 9].map((decryptionMode): [object, RegExp] => [
      { decryptionMode, secret: 'hush' },
      new RegExp(`decryptionMode: expected 0 .*5 .*6 .*7 .*8 \\(AES-256-GCM2\\).*, got ${decryptionMode}`),
    ]),
    [{ decryptionMode: 5 }, /secret: expected the secret of the channel with decryptionMode 5, got nothing/],
    [{ decryptionMode: 6, secret: '' }, /secret: expected the secret of the channel with decryptionMode 6/],
    [{ decryptionMode: 7, secret: 'hush' }, /salt: expected base64 of 32 bytes with decryptionMode 7, got nothing/],
    [{ decryptionMode: 8, secret: 'hush', salt: 'aGVsbG8=' }, /salt: expected base64 of 32 bytes .* \(not shown\)/],
    [{ decryptionMode: 8, secret: 'hush', salt: `${SALT}AAAA` }, /salt: expected base64 of 32 bytes/],
  ];
  for (const [config, detail] of wrong) {
    test(JSON.stringify(config), async () => {
      const told = await refused({ recordingConfig: config });
      assert.match(told, detail);
      assert.doesNotMatch(told + service.logged.join(''), /hush|aGVsbG8/);
    });
  }

  test('is refused for channels of a LiveKit server', async () => {
    const start = async (recordingConfig: object): Promise<Received> => {
      const root = ROOT.replace('app1', 'lk');
      const task = { cname: 'weekly', uid: '7' };
      const { body } = await service.send(`${root}/acquire`, { body: { ...task, clientRequest: {} } });
      return await service.send(`${root}/resourceid/${body.resourceId}/mode/mix/start`, {
        body: { ...task, clientRequest: { recordingConfig } },
      });
    };
    const { status, body } = await start({ decryptionMode: 5, secret: 'hush' });
    assert.deepEqual([status, body.code], [400, 2]);
    assert.match(body.detail, /decryptionMode: expected 0 for this app id.*LiveKit/);
    assert.equal(service.controller.capacity.usedCores, 0);
    assert.equal((await start({})).status, 200);
    assert.deepEqual(service.recorder.last.plan.channel?.transport, { kind: 'livekit', url: 'wss://lk.example.org' });
  });
});

describe('names', () => {
  async function start(cname: string, uid = '7', scene = 0): Promise<Received> {
    const resourceId = await service.acquire({ scene }, cname, uid);
    const path = `${ROOT}/resourceid/${resourceId}/mode/mix/start`;
    return await service.send(path, { body: { cname, uid, clientRequest: MIX } });
  }

  test('of files keep the channel name but for what breaks a playlist line or a URL', async () => {
    const { body } = await start('a b!#$%&()+-:;<=.>?@[]^_{}|~,Z9');
    assert.equal(service.recorder.last.plan.files.stem, `${body.sid}_a-b!-$--()+-:;-=.--@---_---~,Z9`);
    assert.equal(service.recorder.last.plan.channel?.cname, 'a b!#$%&()+-:;<=.>?@[]^_{}|~,Z9');
  });

  test('that are none of a channel are refused, also when they were acquired as the label of a page', async () => {
    const { status, body } = await start('会议', '7', 1);
    assert.deepEqual([status, body.code, body.reason], [400, 401, 'invalid_channel_name']);
  });

  test('the uid is a number in the channel', async () => {
    await start('weekly', '0012');
    assert.equal(service.recorder.last.plan.channel?.uid, '12');
  });
});

test('a body that is meant for another call asks for nothing', async () => {
  for (const clientRequest of [{}, { scene: 0, resourceExpiredHour: 24 }, { extensionServiceConfig: {} }]) {
    const { status, body } = await service.startMix(clientRequest);
    assert.deepEqual([status, body.code, body.reason], [400, 2, 'services not selected!']);
  }
});

test('same task: 53; same resourceId: 201 with 7', async () => {
  const calls = await service.mix();
  const path = `${ROOT}/resourceid/${calls.resourceId}/mode/mix/start`;
  const again = await service.send(path, { body: { cname: 'weekly', uid: '7', clientRequest: MIX } });
  assert.deepEqual([again.status, again.body.code, again.body.sid], [201, 7, calls.sid]);
  const { status, body } = await service.startMix();
  assert.deepEqual([status, body.code], [400, 53]);
  assert.ok(body.detail.includes(calls.sid));
  assert.deepEqual(
    service.told.map((line) => line.replace(calls.sid, 'SID')),
    ['started SID', 'misfit SID starting'],
  );
});

function region(): object {
  return { x_axis: 0, y_axis: 0, width: 0.5, height: 0.5 };
}

function customLayout(layoutConfig: object[]): object {
  return { recordingConfig: { transcodingConfig: { mixedVideoLayout: 3, layoutConfig } } };
}
