import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type Received, ROOT, Service, webRequest } from './service.ts';

let service: Service;
beforeEach(async () => {
  service = await Service.open({ cores: 1 });
});
afterEach(async () => await service[Symbol.asyncDispose]());

async function acquire(clientRequest: unknown, cname: unknown = 'weekly', uid: unknown = '7'): Promise<Received> {
  return await service.send(`${ROOT}/acquire`, { body: { cname, uid, clientRequest } });
}

test('answers cname, uid and a resourceId, in this order and without a code', async () => {
  const { status, body } = await acquire({});
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ['cname', 'uid', 'resourceId']);
  assert.equal(body.cname, 'weekly');
  assert.equal(body.uid, '7');
  assert.match(body.resourceId, /^[\w-]{200,340}$/);
});

test('each call gives another resourceId', async () => {
  assert.notEqual((await acquire({})).body.resourceId, (await acquire({})).body.resourceId);
});

test('takes all that clients in use send', async () => {
  const full = {
    scene: 2,
    resourceExpiredHour: 24,
    region: 'EU',
    excludeResourceIds: ['x'],
    regionAffinity: 0,
    startParameter: { token: 't', storageConfig: { vendor: 99 }, recordingConfig: {} },
    somethingElse: { deep: [1] },
  };
  assert.equal((await acquire(full)).status, 200);
  assert.equal((await acquire({ scene: 1, region: null, startParameter: null })).status, 200);
});

test('unknown members are logged by name, not by value', async () => {
  await acquire({ scene: 1, secretThing: 'hidden-value' });
  const log = service.logged.join('');
  assert.match(log, /clientRequest\.secretThing/);
  assert.doesNotMatch(log, /hidden-value/);
});

describe('uid', () => {
  for (const uid of ['1', '4294967295', '0012']) {
    test(`${uid} is taken`, async () => assert.equal((await acquire({}, 'weekly', uid)).status, 200));
  }
  for (const uid of ['0', '4294967296', '1754556256324', '-1', '1.5', 'abc', '', 7, undefined, null]) {
    test(`${JSON.stringify(uid)} is refused`, async () => {
      const { status, body } = await service.send(`${ROOT}/acquire`, { body: { cname: 'c', uid, clientRequest: {} } });
      assert.equal(status, 400);
      assert.equal(body.code, 2);
      assert.equal(body.reason, 'api body validate failed!');
      const came = uid === undefined || uid === null ? 'nothing' : JSON.stringify(uid);
      assert.equal(body.detail, `uid: expected a string holding an integer from 1 to 4294967295, got ${came}`);
    });
  }
});

describe('cname', () => {
  const taken: [number, string][] = [
    [1, 'é'.repeat(512)],
    [1, '会议 / 1'],
    [0, 'a'.repeat(63)],
    [0, 'a b!#$%&()+-:;<=.>?@[]^_{}|~,Z9'],
  ];
  for (const [scene, cname] of taken) {
    test(`scene ${scene}: ${cname.slice(0, 40)} is taken`, async () => {
      assert.equal((await acquire({ scene }, cname)).status, 200);
    });
  }
  const refused: [number, string][] = [
    [1, ''],
    [1, 'a'.repeat(1025)],
    [0, ''],
    [0, 'a'.repeat(64)],
    [0, 'é'],
    [2, 'a/b'],
  ];
  for (const [scene, cname] of refused) {
    test(`scene ${scene}: ${cname.slice(0, 40)} (${cname.length}) is refused`, async () => {
      const { status, body } = await acquire({ scene }, cname);
      assert.deepEqual([status, body.code, body.reason], [400, 401, 'invalid_channel_name']);
    });
  }
  test('missing, it is a wrong body', async () => {
    const { status, body } = await service.send(`${ROOT}/acquire`, { body: { uid: '1', clientRequest: {} } });
    assert.deepEqual([status, body.code, body.detail], [400, 2, 'cname: expected a string, got nothing']);
  });
});

describe('resourceExpiredHour', () => {
  for (const hour of [1, 720]) {
    test(`${hour} is taken`, async () => assert.equal((await acquire({ resourceExpiredHour: hour })).status, 200));
  }
  for (const hour of [0, 721, 1.5, '24', -1]) {
    test(`${JSON.stringify(hour)} is refused with its own reason`, async () => {
      const { status, body } = await acquire({ resourceExpiredHour: hour });
      assert.equal(status, 400);
      assert.equal(body.code, 2);
      assert.equal(body.reason, 'Acquire: invalid resourceExpiredHour value!');
      assert.match(body.detail, /expected an integer from 1 to 720, got/);
    });
  }
});

test('several problems are told together, with the generic reason', async () => {
  const { body } = await acquire({ resourceExpiredHour: 0, scene: 5, region: 'US' });
  assert.equal(body.reason, 'api body validate failed!');
  assert.match(body.detail, /scene: expected one of 0, 1, 2, got 5/);
  assert.match(body.detail, /resourceExpiredHour: .* got 0/);
  assert.match(body.detail, /region: .* got "US"/);
});

for (const clientRequest of [undefined, null, 'x', 5, []]) {
  test(`clientRequest ${JSON.stringify(clientRequest)} is refused`, async () => {
    const { status, body } = await acquire(clientRequest);
    assert.deepEqual([status, body.code], [400, 2]);
    assert.match(body.detail, /^clientRequest: expected an object, got/);
  });
}

describe('capacity', () => {
  test('one recording is always admitted, the next one only if it fits', async () => {
    const startParameter = webRequest({ videoWidth: 1920, videoHeight: 1080, videoFps: 60 });
    assert.equal((await acquire({ scene: 1, startParameter })).status, 200);
    await service.record(webRequest({ videoFps: 30 }));
    const { status, body } = await acquire({ scene: 1, startParameter }, 'other');
    assert.deepEqual([status, body.code, body.reason], [400, 406, 'vendor_over_load']);
    assert.match(
      body.detail,
      /1920x1080 at 60 .* has 1 core and 64000 MB .* 1 recording uses 0\.75 and 600; this one would take some 2\.68 and 913;/,
    );
    assert.deepEqual(Object.keys(body), ['cname', 'uid', 'code', 'reason', 'detail']);
  });

  test('a small recording fits where the usual one does not', async () => {
    await service.record(webRequest({ videoFps: 30 }));
    assert.equal((await acquire({ scene: 1 }, 'other')).body.code, 406);
    const startParameter = webRequest({ videoWidth: 240, videoHeight: 240, videoFps: 5 });
    assert.equal((await acquire({ scene: 1, startParameter }, 'other')).status, 200);
    const unusable = webRequest({ videoWidth: 1, videoHeight: 1, videoFps: 1 });
    assert.equal((await acquire({ scene: 1, startParameter: unusable }, 'other')).body.code, 406);
  });
});
