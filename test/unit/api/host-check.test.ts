import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { ROOT, Service } from './service.ts';

const BODY = JSON.stringify({ cname: 'weekly', uid: '7', clientRequest: {} });

/** `fetch` sets these headers itself. */
async function acquire(service: Service, headers: OutgoingHttpHeaders): Promise<{ status: number; body: unknown }> {
  const sent = request(`${service.url}${ROOT}/acquire`, { method: 'POST', headers }).end(BODY);
  const [response]: IncomingMessage[] = await once(sent, 'response');
  assert.ok(response);
  return { status: response.statusCode ?? 0, body: await json(response) };
}

describe('without credentials', () => {
  for (const host of ['127.0.0.1:8080', '127.9.9.9', 'localhost', 'LocalHost:1', '[::1]:8080', '[::1]']) {
    test(`host ${host} is taken`, async () => {
      await using service = await Service.open();
      assert.equal((await acquire(service, { host })).status, 200);
    });
  }

  for (const host of [
    'rebinding.example:8080',
    '127.0.0.1.example.org',
    'localhost.example.org',
    'localhost.',
    '192.168.1.1',
    '0.0.0.0',
    '127.1',
    '[::]',
    '::1',
    '127.0.0.1:80:80',
    'user@127.0.0.1',
  ]) {
    test(`host ${JSON.stringify(host)} is refused`, async () => {
      await using service = await Service.open();
      const { status, body } = await acquire(service, { host });
      assert.equal(status, 403);
      assert.deepEqual(body, {
        message: 'without credentials, only 127.0.0.1, [::1] and localhost may stand as host',
      });
    });
  }

  for (const headers of [
    { origin: 'https://example.org' },
    { origin: 'http://127.0.0.1:3000' },
    { origin: 'http://localhost:8080' },
    { origin: 'null' },
    { origin: '' },
    { 'sec-fetch-site': 'cross-site' },
  ]) {
    test(`a page with ${JSON.stringify(headers)} is refused`, async () => {
      await using service = await Service.open();
      const { status, body } = await acquire(service, { host: '127.0.0.1:8080', ...headers });
      assert.equal(status, 403);
      assert.deepEqual(body, { message: 'without credentials, pages of other sites may not call' });
    });
  }

  test("the service's own pages, and a browser's address bar, are taken", async () => {
    await using service = await Service.open();
    for (const headers of [
      { host: 'localhost:8080', origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' },
      { host: 'localhost', origin: 'http://localhost:80' },
      { host: '127.0.0.1:8080', 'sec-fetch-site': 'none' },
    ]) {
      assert.equal((await acquire(service, headers)).status, 200);
    }
  });

  test('all paths are closed to others', async () => {
    await using service = await Service.open();
    for (const path of ['/healthz', '/docs', '/openapi.json', '/nowhere']) {
      const sent = request(`${service.url}${path}`, { headers: { host: 'rebinding.example' } }).end();
      const [response]: IncomingMessage[] = await once(sent, 'response');
      assert.equal(response?.resume().statusCode, 403, path);
    }
  });
});

test('with credentials, they decide', async () => {
  await using service = await Service.open({ environment: { TAPEHEAD_CREDENTIALS: 'key:secret' } });
  const foreign = { host: 'recorder.example.org', origin: 'https://example.org', 'sec-fetch-site': 'cross-site' };
  assert.equal((await acquire(service, foreign)).status, 401);
  const authorization = `Basic ${Buffer.from('key:secret').toString('base64')}`;
  assert.equal((await acquire(service, { ...foreign, authorization })).status, 200);
});
