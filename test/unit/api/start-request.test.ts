import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Service, webRequest } from './service.ts';

const MINUTE_MS = 60_000;

let service: Service;
beforeEach(async () => {
  service = await Service.open();
});
afterEach(async () => await service[Symbol.asyncDispose]());

describe('parameters', () => {
  test('all that can be set', async () => {
    const param = { audioProfile: 2, videoFps: 60, mobile: true, maxVideoDuration: 30, onhold: true, readyTimeout: 60 };
    await service.record(
      webRequest({ ...param, videoBitrate: 8000 }, { recordingFileConfig: { avFileType: ['mp4', 'hls'] } }),
    );
    const { plan } = service.recorder.last;
    assert.deepEqual(plan.sound, { channels: 2, bitrateKbps: 192 });
    assert.deepEqual(plan.picture, { width: 1280, height: 720, fps: 60, bitrateKbps: 8000 });
    assert.deepEqual(plan.page, { url: 'https://example.org/page', mobile: true, readyTimeoutS: 60 });
    assert.equal(plan.files.mp4?.maxDurationMs, 30 * MINUTE_MS);
    assert.equal(plan.onhold, true);
  });

  test('defaults, with null for what is left out', async () => {
    const param = { audioProfile: undefined, videoFps: null, readyTimeout: null, mobile: null, videoBitrate: null };
    await service.record(
      webRequest(param, { recordingFileConfig: { avFileType: ['hls', 'mp4'] }, storageConfig: null }),
    );
    const { plan } = service.recorder.last;
    assert.deepEqual(plan.sound, { channels: 1, bitrateKbps: 48 });
    assert.equal(plan.picture?.fps, 15);
    assert.equal(plan.page.readyTimeoutS, 0);
    assert.equal(plan.files.mp4?.maxDurationMs, 120 * MINUTE_MS);
  });

  const bitrates: [number, number, number][] = [
    [1280, 720, 2000],
    [720, 1280, 2000],
    [1280, 719, 1500],
    [240, 240, 1500],
  ];
  for (const [videoWidth, videoHeight, kbps] of bitrates) {
    test(`${videoWidth}x${videoHeight} gets ${kbps} kbit/s`, async () => {
      await service.record(webRequest({ videoWidth, videoHeight }));
      assert.equal(service.recorder.last.plan.picture?.bitrateKbps, kbps);
    });
  }

  test('VideoBitrate counts where videoBitrate is absent', async () => {
    await service.record(webRequest({ VideoBitrate: 700 }));
    assert.equal(service.recorder.last.plan.picture?.bitrateKbps, 700);
    service.recorder.last.finish({});
    await service.record(webRequest({ VideoBitrate: 700, videoBitrate: 800 }));
    assert.equal(service.recorder.last.plan.picture?.bitrateKbps, 800);
  });

  test('what clients send beside it is left aside', async () => {
    await service.record(webRequest({ streamTypes: 2 }, { token: 't', recordingConfig: { maxIdleTime: 0 } }));
    assert.match(service.logged.join(''), /clientRequest\.recordingConfig/);
  });
});

describe('out of range', () => {
  const wrong: [string, unknown, RegExp][] = [
    ['url', 'ftp://example.org/', /expected an http or https URL, got "ftp:\/\/example.org\/"/],
    ['url', 'example.org', /expected an http or https URL/],
    ['url', 'file:///etc/passwd', /expected an http or https URL/],
    ['url', 'about:blank', /expected an http or https URL/],
    ['url', '', /expected an http or https URL/],
    ['url', undefined, /expected an http or https URL, got nothing/],
    ['audioProfile', 3, /expected one of 0, 1, 2, got 3/],
    ['audioProfile', '1', /expected one of 0, 1, 2, got "1"/],
    ['videoWidth', 239, /expected an integer from 240 to 1920, got 239/],
    ['videoWidth', 1921, /expected an integer from 240 to 1920, got 1921/],
    ['videoWidth', '1280', /got "1280"/],
    ['videoWidth', undefined, /got nothing/],
    ['videoHeight', 720.5, /expected an integer from 240 to 1920, got 720.5/],
    ['videoHeight', undefined, /got nothing/],
    ['maxRecordingHour', 0, /expected an integer from 1 to 720, got 0/],
    ['maxRecordingHour', 721, /got 721/],
    ['maxRecordingHour', undefined, /got nothing/],
    ['videoBitrate', 49, /expected an integer from 50 to 8000, got 49/],
    ['videoBitrate', 8001, /got 8001/],
    ['videoFps', 4, /expected an integer from 5 to 60, got 4/],
    ['videoFps', 61, /got 61/],
    ['mobile', 'yes', /expected true or false, got "yes"/],
    ['maxVideoDuration', 29, /expected an integer from 30 to 240, got 29/],
    ['maxVideoDuration', 3600, /got 3600/],
    ['onhold', 1, /expected true or false, got 1/],
    ['readyTimeout', -1, /expected an integer from 0 to 60, got -1/],
    ['readyTimeout', 61, /got 61/],
    ['readyTimeout', 1.5, /got 1.5/],
  ];
  for (const [field, value, detail] of wrong) {
    test(`${field} ${JSON.stringify(value)}`, async () => {
      const resourceId = await service.acquire();
      const { status, body } = await service.start(resourceId, webRequest({ [field]: value }));
      assert.deepEqual([status, body.code, body.reason], [400, 2, 'api body validate failed!']);
      assert.deepEqual(Object.keys(body), ['cname', 'uid', 'resourceId', 'code', 'reason', 'detail']);
      assert.ok(body.detail.includes(`extensionServices[0].serviceParam.${field}: `), body.detail);
      assert.match(body.detail, detail);
      assert.equal(service.recorder.recordings.length, 0);
    });
  }

  test('1920x1080 in either direction is the most', async () => {
    await service.record(webRequest({ videoWidth: 1080, videoHeight: 1920 }));
    const other = await service.acquire({ scene: 1 }, 'other');
    const { body } = await service.start(other, webRequest({ videoWidth: 1081, videoHeight: 1920 }), 'other');
    assert.equal(body.code, 2);
    assert.match(body.detail, /2073600 pixels/);
  });

  for (const avFileType of [['mp4'], ['hls', 'flv'], [], 'hls']) {
    test(`avFileType ${JSON.stringify(avFileType)}`, async () => {
      const resourceId = await service.acquire();
      const { body } = await service.start(resourceId, webRequest({}, { recordingFileConfig: { avFileType } }));
      assert.equal(body.code, 2);
      assert.match(body.detail, /avFileType/);
    });
  }
});

const STORAGE = { vendor: 1, region: 0, bucket: 'b', accessKey: 'hidden-key', secretKey: 'hidden-secret' };

describe('services', () => {
  const web = (webRequest() as { extensionServiceConfig: { extensionServices: object[] } }).extensionServiceConfig
    .extensionServices[0] as object;
  const push = { serviceName: 'rtmp_publish_service', serviceParam: { outputs: [{ rtmpUrl: 'rtmp://a/b/c' }] } };

  async function startWith(clientRequest: object): Promise<[number, string, string]> {
    const { body } = await service.start(await service.acquire(), clientRequest);
    return [body.code, body.reason, body.detail];
  }

  for (const clientRequest of [
    {},
    { scene: 1 },
    { extensionServiceConfig: {} },
    { extensionServiceConfig: { extensionServices: [] } },
  ]) {
    test(`nothing to record: ${JSON.stringify(clientRequest)}`, async () => {
      const [code, reason] = await startWith(clientRequest);
      assert.deepEqual([code, reason], [2, 'services not selected!']);
    });
  }

  test('a push alone records nothing', async () => {
    const [code, reason] = await startWith({ extensionServiceConfig: { extensionServices: [push] } });
    assert.deepEqual([code, reason], [2, 'services not selected!']);
  });

  test('pushes beside the page are planned, in their order', async () => {
    const outputs = [{ rtmpUrl: 'rtmps://a/app/key' }, { rtmpUrl: 'rtmp://b/app/key' }];
    const pushes = { ...push, serviceParam: { outputs } };
    await service.record({ extensionServiceConfig: { extensionServices: [web, pushes] } });
    assert.deepEqual(service.recorder.last.plan.pushes, ['rtmps://a/app/key', 'rtmp://b/app/key']);
  });

  test('outputs that are none, too many, twice the same or no RTMP', async () => {
    const ten = Array.from({ length: 11 }, (_, i) => ({ rtmpUrl: `rtmp://a/b/${i}` }));
    const same = [{ rtmpUrl: 'rtmp://a/b/c' }, { rtmpUrl: 'rtmp://a/b/c' }];
    for (const outputs of [
      [],
      ten,
      same,
      [{ rtmpUrl: 'http://a/b/c' }],
      [{ rtmpUrl: 'rtmp://a/key' }],
      [{}],
      'rtmp://a/b/c',
    ]) {
      const services = [web, { ...push, serviceParam: { outputs } }];
      const [code, , detail] = await startWith({ extensionServiceConfig: { extensionServices: services } });
      assert.equal(code, 2);
      assert.match(detail, /outputs/);
    }
  });

  test('an address that is forbidden is refused, be it of the page or of a push', async () => {
    const forbidden = { ...push, serviceParam: { outputs: [{ rtmpUrl: 'rtmp://forbidden/app/key' }] } };
    const requests = [
      webRequest({ url: 'http://forbidden/' }),
      { extensionServiceConfig: { extensionServices: [web, forbidden] } },
      webRequest({}, { storageConfig: { ...STORAGE, vendor: 11, extensionParams: { endpoint: 'forbidden' } } }),
    ];
    for (const request of requests) {
      const [code, , detail] = await startWith(request);
      assert.equal(code, 2);
      assert.match(detail, /^(url|rtmpUrl|endpoint): that address is forbidden$/);
    }
    assert.deepEqual(service.recorder.recordings, []);
  });

  test('each service once, and only known ones and policies', async () => {
    assert.match(
      (await startWith({ extensionServiceConfig: { extensionServices: [web, web] } }))[2],
      /each service once/,
    );
    const vod = { serviceName: 'aliyun_vod_service', serviceParam: {} };
    const [, , detail] = await startWith({ extensionServiceConfig: { extensionServices: [web, vod] } });
    assert.match(
      detail,
      /extensionServices\[1\]\.serviceName: expected a service of mode web.*got "aliyun_vod_service"/,
    );
    const policy = { extensionServiceConfig: { errorHandlePolicy: 'error_retry', extensionServices: [web] } };
    assert.match((await startWith(policy))[2], /errorHandlePolicy: expected "error_abort", got "error_retry"/);
  });
});

describe('storageConfig', () => {
  const storage = STORAGE;

  async function detailOf(change: object): Promise<string> {
    const { status, body } = await service.start(
      await service.acquire(),
      webRequest({}, { storageConfig: { ...storage, ...change } }),
    );
    assert.deepEqual([status, body.code], [400, 2]);
    assert.doesNotMatch(service.logged.join('') + body.detail, /hidden/);
    return body.detail;
  }

  test('right ones are handed to the uploads with the names to store under', async () => {
    for (const change of [
      {},
      { region: 28 },
      { vendor: 2, region: 27 },
      { vendor: 5, region: 9 },
      { vendor: 11, extensionParams: { endpoint: 's3.example.org' } },
      { fileNamePrefix: ['live-recordings', 'test_1203', 'a.b'], extensionParams: { enableNTPtimestamp: true } },
      { fileNamePrefix: ['a'.repeat(64), 'b'.repeat(63)] },
    ]) {
      const { sid } = await service.record(webRequest({}, { storageConfig: { ...storage, ...change } }));
      service.recorder.last.finish({});
      assert.equal(service.uploads.jobs.at(-1)?.sid, sid, JSON.stringify(change));
    }
    assert.doesNotMatch(service.logged.join(''), /hidden/);
  });

  test('everything in it reaches the uploads, and nothing of it the plan', async () => {
    const params = { sse: 'kms', tag: 'a=1&b=2', endpoint: 'https://s3.example.org/x' };
    const { sid } = await service.record(
      webRequest(
        {},
        { storageConfig: { ...storage, stsToken: 't', fileNamePrefix: ['a', 'b'], extensionParams: params } },
      ),
    );
    const { plan } = service.recorder.last;
    assert.deepEqual(service.uploads.jobs, [
      {
        ...{ sid, folder: plan.files.folder, stem: plan.files.stem, prefix: 'a/b', hls: true, mp4: false },
        storage: { ...storage, stsToken: 't', endpoint: params.endpoint, sse: 'kms', tag: 'a=1&b=2' },
      },
    ]);
    assert.doesNotMatch(JSON.stringify(plan), /hidden/);
  });

  const wrong: [object, RegExp][] = [
    [{ vendor: 9 }, /vendor: expected one of 0, 1, .*, got 9/],
    [{ region: 26 }, /region: expected a region of vendor 1: .*, got 26/],
    [{ bucket: '' }, /bucket: expected a string that is not empty/],
    [{ accessKey: undefined }, /accessKey: expected .*, got nothing/],
    [{ secretKey: 5 }, /secretKey: expected .*not shown/],
    [{ vendor: 11 }, /extensionParams\.endpoint: expected the host of vendor 11, got nothing/],
    [{ extensionParams: { endpoint: 'ftp://x.org' } }, /endpoint: expected a host, with or without scheme/],
    [{ vendor: 11, extensionParams: { endpoint: 'x.org/?list' } }, /endpoint: expected a host, with or without/],
    [{ extensionParams: { sse: 'rot13' } }, /sse: expected one of "kms", "aes256"/],
    [{ fileNamePrefix: ['a/b'] }, /fileNamePrefix\[0\]: expected letters, digits/],
    [{ fileNamePrefix: ['ok', '..'] }, /fileNamePrefix\[1\]/],
    [{ fileNamePrefix: ['.'] }, /fileNamePrefix\[0\]/],
    [{ fileNamePrefix: [''] }, /fileNamePrefix\[0\]/],
    [{ fileNamePrefix: ['a\\b'] }, /fileNamePrefix\[0\]/],
    [{ fileNamePrefix: ['a'.repeat(64), 'b'.repeat(64)] }, /at most 128 characters/],
  ];
  for (const [change, detail] of wrong) {
    test(JSON.stringify(change).slice(0, 60), async () => assert.match(await detailOf(change), detail));
  }
});
