import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Received, ROOT, Service } from './service.ts';

const BODY = { cname: 'weekly', uid: '7', clientRequest: {} };
const NO_ROUTE = { message: 'no Route matched with those values' };

function basic(text: string): string {
  return Buffer.from(text).toString('base64');
}

describe('credentials', () => {
  async function callWith(authorization?: string): Promise<Received> {
    await using service = await Service.open({ environment: { TAPEHEAD_CREDENTIALS: 'key:se:cret,other:two' } });
    const headers = authorization === undefined ? {} : { authorization };
    return await service.send(`${ROOT}/acquire`, { body: BODY, headers });
  }

  for (const header of [
    `Basic ${basic('key:se:cret')}`,
    `Basic${basic('key:se:cret')}`,
    `basic   ${basic('other:two')}`,
  ]) {
    test(`${header.slice(0, 9)}... is taken`, async () => assert.equal((await callWith(header)).status, 200));
  }

  test('none', async () => {
    const { status, body, headers } = await callWith();
    assert.equal(status, 401);
    assert.deepEqual(body, { message: 'Unauthorized' });
    assert.match(headers.get('www-authenticate') ?? '', /^Basic realm=/);
  });

  for (const header of [
    `Basic ${basic('key:wrong')}`,
    `Basic ${basic('key:se:cret2')}`,
    `Basic ${basic('key')}`,
    'Basic',
    'Basic !',
    `Bearer ${basic('key:se:cret')}`,
    basic('key:se:cret'),
  ]) {
    test(`${header} is refused`, async () => {
      const { status, body } = await callWith(header);
      assert.equal(status, 401);
      assert.deepEqual(body, { message: 'Invalid authentication credentials' });
    });
  }

  test('health and documentation need none, the sender addresses do', async () => {
    await using service = await Service.open({ environment: { TAPEHEAD_CREDENTIALS: 'k:s' } });
    for (const path of ['/healthz', '/openapi.json', '/docs']) {
      assert.equal((await service.send(path, { method: 'GET' })).status, 200);
    }
    assert.equal((await service.send('/v1/ncs/ip', { method: 'GET' })).status, 401);
  });
});

describe('app id', () => {
  test('one that is not listed is refused by the gateway, in every call', async () => {
    await using service = await Service.open({ environment: { TAPEHEAD_APP_IDS: 'app1,app2' } });
    assert.equal((await service.send(`${ROOT}/acquire`, { body: BODY })).status, 200);
    for (const path of ['acquire', 'resourceid/r/mode/web/start']) {
      const { status, body } = await service.send(`/v1/apps/app3/cloud_recording/${path}`, { body: BODY });
      assert.equal(status, 400);
      assert.deepEqual(body, { message: 'appid is invalid' });
    }
  });

  test('one that can be none is refused by the service', async () => {
    await using service = await Service.open();
    const { status, body } = await service.send('/v1/apps/a%20b/cloud_recording/acquire', { body: BODY });
    assert.deepEqual([status, body.code, body.reason], [400, 400, 'invalid_appid']);
  });
});

describe('paths', () => {
  for (const region of ['na', 'eu', 'ap', 'cn']) {
    test(`region segment ${region}`, async () => {
      await using service = await Service.open();
      assert.equal((await service.send(`/${region}${ROOT}/acquire`, { body: BODY })).status, 200);
    });
  }

  test('unknown ones, wrong methods and wrong case', async () => {
    await using service = await Service.open({ environment: { TAPEHEAD_CREDENTIALS: 'k:s' } });
    const unknown: [string, string][] = [
      ['POST', '/'],
      ['GET', `${ROOT}/acquire`],
      ['POST', `${ROOT}/Acquire`],
      ['POST', `/xx${ROOT}/acquire`],
      ['POST', '/v1/apps/app1/cloud_recordings/acquire'],
      ['POST', '/v1/apps/app1/cloud_recording'],
      ['POST', '/v1/Apps/app1/cloud_recording/acquire'],
      ['POST', '/v1/apps/%zz/cloud_recording/acquire'],
      ['POST', `${ROOT}/resourceid/r/sid/s/mode/web/query`],
      ['POST', `${ROOT}/resourceid/r/mode/web/stop`],
      ['GET', '/docs/assets/package.json'],
    ];
    for (const [method, path] of unknown) {
      const { status, body, headers } = await service.send(path, { method });
      assert.equal(status, 404, path);
      assert.deepEqual(body, NO_ROUTE, path);
      assert.ok(headers.get('x-request-id'));
    }
  });
});

test('every answer has a request id of its own', async () => {
  await using service = await Service.open();
  const ids = new Set<string | null>();
  for (const body of [BODY, {}, 'x']) {
    ids.add((await service.send(`${ROOT}/acquire`, { body })).headers.get('x-request-id'));
  }
  assert.equal(ids.size, 3);
  assert.ok(!ids.has(null));
});

describe('body', () => {
  const JSON_TEXT = JSON.stringify(BODY);

  for (const type of [
    'text/plain',
    'application/json;charset=utf-8',
    'application/json;charset=nonsense',
    'what?',
    '',
  ]) {
    test(`is read as JSON with content type ${JSON.stringify(type)}`, async () => {
      await using service = await Service.open();
      const headers = { 'content-type': type };
      assert.equal((await service.send(`${ROOT}/acquire`, { body: JSON_TEXT, headers })).status, 200);
    });
  }

  test('is read when it is compressed', async () => {
    await using service = await Service.open();
    const headers = { 'content-encoding': 'gzip' };
    assert.equal((await service.send(`${ROOT}/acquire`, { body: gzipSync(JSON_TEXT), headers })).status, 200);
  });

  for (const body of ['', '{', 'cname=weekly', `${JSON_TEXT}}`, new Uint8Array([0x22, 0xff, 0x22]), undefined]) {
    test(`that is not JSON: ${JSON.stringify(body)}`, async () => {
      await using service = await Service.open();
      const answer = await service.send(`${ROOT}/acquire`, { body });
      assert.deepEqual([answer.status, answer.body.code], [400, 8]);
      assert.equal(typeof answer.body.reason, 'string');
    });
  }

  for (const body of ['5', '"text"', '[]', 'null', 'true']) {
    test(`that is JSON, but no object: ${body}`, async () => {
      await using service = await Service.open();
      const answer = await service.send(`${ROOT}/acquire`, { body });
      assert.deepEqual([answer.status, answer.body.code], [400, 2]);
      assert.match(answer.body.detail, /the body: expected a JSON object/);
    });
  }

  test('too large', async () => {
    await using service = await Service.open();
    const answer = await service.send(`${ROOT}/acquire`, { body: { ...BODY, more: 'x'.repeat(300_000) } });
    assert.equal(answer.status, 413);
    assert.match(answer.body.detail, /262144 bytes/);
  });

  test('nested too deep', async () => {
    await using service = await Service.open();
    const answer = await service.send(`${ROOT}/acquire`, { body: '['.repeat(60_000) + ']'.repeat(60_000) });
    assert.deepEqual([answer.status, answer.body.code], [400, 2]);
  });

  test('ids in an error are told only as far as they are texts', async () => {
    await using service = await Service.open();
    const { body } = await service.send(`${ROOT}/acquire`, { body: { cname: 5, uid: '7' } });
    assert.deepEqual(Object.keys(body), ['uid', 'code', 'reason', 'detail']);
  });
});

describe('number of calls', () => {
  test('above the limit of one app id: 429, until the second is over', async () => {
    mock.timers.enable({ apis: ['Date', 'setInterval'], now: 1_700_000_000_000 });
    try {
      await using service = await Service.open({ environment: { TAPEHEAD_RATE_LIMIT_PER_SECOND: '2' } });
      const call = async (app: string): Promise<Received> =>
        await service.send(`/v1/apps/${app}/cloud_recording/acquire`, { body: BODY });
      assert.deepEqual([(await call('a')).status, (await call('a')).status], [200, 200]);
      const { status, body } = await call('a');
      assert.equal(status, 429);
      assert.deepEqual(body, { message: 'API rate limit exceeded' });
      assert.equal((await call('b')).status, 200);
      mock.timers.tick(1001);
      assert.equal((await call('a')).status, 200);
    } finally {
      mock.timers.reset();
    }
  });

  test('0 is no limit', async () => {
    await using service = await Service.open({ environment: { TAPEHEAD_RATE_LIMIT_PER_SECOND: '0' } });
    const answers = await Promise.all(
      Array.from({ length: 30 }, async () => await service.send(`${ROOT}/acquire`, { body: BODY })),
    );
    assert.ok(answers.every(({ status }) => status === 200));
  });
});

describe('beside the calls', () => {
  test('health tells load and capacity', async () => {
    await using service = await Service.open({ cores: 4 });
    await service.record();
    service.nowMs += 90_000;
    const { status, body } = await service.send('/healthz', { method: 'GET' });
    assert.equal(status, 200);
    assert.deepEqual(body, {
      status: 'ok',
      version: '9.8.7',
      uptimeSeconds: 90,
      recordings: { running: 1 },
      capacity: { usedCores: 0.48, totalCores: 4, usedMemoryMB: 600, totalMemoryMB: 64_000 },
    });
  });

  for (const version of ['v1', 'v2']) {
    test(`/${version}/ncs/ip names the addresses that the operator has set`, async () => {
      const environment = { TAPEHEAD_CALLBACK_SENDER_ADDRESSES: '192.0.2.1,192.0.2.2' };
      await using service = await Service.open({ environment });
      const { body } = await service.send(`/${version}/ncs/ip`, { method: 'GET' });
      const hosts = [{ primaryIP: '192.0.2.1' }, { primaryIP: '192.0.2.2' }];
      assert.deepEqual(body, { data: { service: { hosts } } });
    });
  }
});

test('no log line shows credentials or the address of a page', async () => {
  await using service = await Service.open({ environment: { TAPEHEAD_CREDENTIALS: 'key:hidden' } });
  const headers = { authorization: `Basic ${basic('key:hidden')}` };
  const { body } = await service.send(`${ROOT}/acquire`, { body: BODY, headers });
  const serviceParam = {
    url: 'https://example.org/?token=hidden',
    videoWidth: 1,
    videoHeight: 720,
    maxRecordingHour: 1,
  };
  const extensionServices = [{ serviceName: 'web_recorder_service', serviceParam }];
  const start = { ...BODY, clientRequest: { extensionServiceConfig: { extensionServices } } };
  const path = `${ROOT}/resourceid/${body.resourceId}/mode/web/start`;
  assert.equal((await service.send(path, { body: start, headers })).status, 400);
  serviceParam.videoWidth = 1280;
  assert.equal((await service.send(path, { body: start, headers })).status, 200);
  assert.doesNotMatch(service.logged.join(''), /hidden/);
});
