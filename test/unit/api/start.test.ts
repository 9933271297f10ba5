import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { STANDALONE } from '../../../src/recording/plan.ts';
import { endOf } from './fake-recorder.ts';
import { ROOT, Service, webRequest } from './service.ts';

const MINUTE_MS = 60_000;

let service: Service;
beforeEach(async () => {
  service = await Service.open({ cores: 2 });
});
afterEach(async () => await service[Symbol.asyncDispose]());

test('answers the four ids in their order and hands a resolved plan to the recorder', async () => {
  const resourceId = await service.acquire();
  const { status, body } = await service.start(resourceId);
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ['cname', 'uid', 'resourceId', 'sid']);
  assert.equal(body.resourceId, resourceId);
  assert.match(body.sid, /^[0-9a-f]{32}$/);
  assert.deepEqual(service.recorder.last.plan, {
    sid: body.sid,
    page: { url: 'https://example.org/page', mobile: false, readyTimeoutS: 0 },
    picture: { width: 1280, height: 720, fps: 15, bitrateKbps: 2000 },
    sound: { channels: 1, bitrateKbps: 128 },
    ...STANDALONE,
    resumable: true,
    debugFolder: `/data/debug/${body.sid}`,
    onhold: false,
    maxRecordingMs: 3 * 3_600_000,
    files: { folder: `/data/recordings/${body.sid}`, stem: `${body.sid}_weekly`, hls: true, mp4: null },
    runtimeFolder: `/run/tapehead/${body.sid}`,
    identity: null,
  });
});

describe('resourceId', () => {
  test('started again, the recording goes on', async () => {
    const calls = await service.record();
    const { status, body } = await service.start(calls.resourceId);
    assert.equal(status, 201);
    assert.deepEqual([body.code, body.reason, body.sid], [7, 'already started', calls.sid]);
    assert.deepEqual(Object.keys(body).slice(0, 4), ['cname', 'uid', 'resourceId', 'sid']);
    assert.equal(service.recorder.recordings.length, 1);
  });

  test('of starts that race only one begins a recording', async () => {
    const resourceId = await service.acquire();
    const answers = await Promise.all(Array.from({ length: 8 }, async () => await service.start(resourceId)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 201, 201, 201, 201, 201, 201, 201]);
    assert.equal(new Set(answers.map(({ body }) => body.sid)).size, 1);
    assert.equal(service.recorder.recordings.length, 1);
  });

  test('good for one recording only', async () => {
    const calls = await service.record();
    service.recorder.last.finish({});
    const { status, body } = await service.start(calls.resourceId);
    assert.deepEqual([status, body.code, body.reason], [400, 433, 'resourceId expired']);
    assert.ok(body.detail.includes(calls.sid));
  });

  test('used up also after a restart of the service', async () => {
    const calls = await service.record();
    await service.restart();
    assert.equal((await service.start(calls.resourceId)).body.code, 433);
  });

  test('good for five minutes, also over a restart', async () => {
    const resourceId = await service.acquire();
    await service.restart();
    service.nowMs += 5 * MINUTE_MS;
    assert.equal((await service.start(resourceId)).status, 200);
    const late = await service.acquire({ scene: 1 }, 'other');
    service.nowMs += 5 * MINUTE_MS + 1;
    const { status, body } = await service.start(late, webRequest(), 'other');
    assert.deepEqual([status, body.code], [400, 433]);
  });

  test('that is none', async () => {
    const { status, body } = await service.start('x'.repeat(240));
    assert.deepEqual([status, body.code], [400, 1001]);
  });

  test('of another app id', async () => {
    const resourceId = await service.acquire();
    const path = `/v1/apps/other/cloud_recording/resourceid/${resourceId}/mode/web/start`;
    const { status, body } = await service.send(path, {
      body: { cname: 'weekly', uid: '7', clientRequest: webRequest() },
    });
    assert.deepEqual([status, body.code], [400, 1003]);
  });

  test('of another cname or uid', async () => {
    const resourceId = await service.acquire();
    for (const [cname, uid] of [
      ['weekly2', '7'],
      ['weekly', '8'],
    ] as const) {
      const { status, body } = await service.start(resourceId, webRequest(), cname, uid);
      assert.deepEqual([status, body.code], [400, 432]);
    }
    assert.equal((await service.start(resourceId)).status, 200);
  });
});

describe('conflict', () => {
  test('names the recording that runs', async () => {
    const calls = await service.record();
    const { status, body } = await service.start(await service.acquire());
    assert.deepEqual([status, body.code, body.reason], [400, 53, 'task conflict']);
    assert.ok(body.detail.includes(calls.resourceId));
    assert.ok(body.detail.includes(calls.sid));
  });

  test('another uid, cname or app id is none', async () => {
    await service.record();
    assert.equal(
      (await service.start(await service.acquire({}, 'weekly', '8'), webRequest(), 'weekly', '8')).status,
      200,
    );
    assert.equal((await service.start(await service.acquire({}, 'daily'), webRequest(), 'daily')).status, 200);
  });

  test('over once the recording is ending', async () => {
    const calls = await service.record();
    await calls.stop({ async_stop: true });
    assert.equal((await service.start(await service.acquire())).status, 200);
  });
});

describe('capacity', () => {
  test('what does not fit is refused, and fits when another has ended', async () => {
    const large = webRequest({ videoFps: 60 });
    const [first, second] = [await service.acquire(), await service.acquire({ scene: 1 }, 'other')];
    assert.equal((await service.start(first, large)).status, 200);
    const { status, body } = await service.start(second, large, 'other');
    assert.deepEqual([status, body.code, body.reason], [500, 502, 'Failed to allocate worker']);
    assert.match(
      body.detail,
      /1280x720 at 60 .* has 2 cores and 64000 MB .* 1 recording uses 1\.3 and 600; this one would take some 1\.3 and 600;/,
    );
    service.recorder.last.finish({});
    assert.equal((await service.start(second, large, 'other')).status, 200);
  });

  test('a recorder that fails gives all back, and the same resourceId can be started again', async () => {
    const resourceId = await service.acquire();
    service.recorder.failure = new Error('inner-workings');
    const { status, body } = await service.start(resourceId);
    assert.deepEqual([status, body.code, body.reason], [500, 500, 'internal_error']);
    assert.doesNotMatch(body.detail, /inner-workings/);
    assert.equal(service.controller.capacity.usedCores, 0);
    assert.equal((await service.start(resourceId)).status, 200);
  });
});

describe('other modes', () => {
  for (const mode of ['individual', 'other', 'Mix']) {
    test(mode, async () => {
      const path = `${ROOT}/resourceid/${await service.acquire()}/mode/${mode}/start`;
      const { status, body } = await service.send(path, {
        body: { cname: 'weekly', uid: '7', clientRequest: webRequest() },
      });
      assert.deepEqual([status, body.code], [400, 2]);
      assert.ok(
        body.detail.includes(`mode in the path: expected "web" or "mix", which are recorded here, got "${mode}"`),
      );
    });
  }
});

test('a service that closes takes no start, and stops what runs', async () => {
  const resourceId = await service.acquire({ scene: 1 }, 'other');
  await service.record();
  service.recorder.last.endAtStop = endOf({});
  await service.controller.close();
  assert.deepEqual(service.recorder.last.calls, ['stop']);
  assert.equal((await service.start(resourceId, webRequest(), 'other')).body.code, 502);
});
