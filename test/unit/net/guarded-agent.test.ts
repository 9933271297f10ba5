import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request as requestHttp } from 'node:http';
import { createServer as createTlsServer, request as requestHttps } from 'node:https';
import type { LookupFunction, Server } from 'node:net';
import { describe, test } from 'node:test';
import { AddressPolicy } from '../../../src/net/address-policy.ts';
import { buildAgents, type GuardedAgents } from '../../../src/net/guarded-agent.ts';
import type { StorageOrder } from '../../../src/recording/storage.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { CERTIFICATE, KEY } from './certificate.ts';
import { closedPort, listening } from './listening.ts';

const ONE = new AddressPolicy(['127.0.0.1']);

async function get(url: string, agents: GuardedAgents): Promise<number> {
  const request = url.startsWith('https:')
    ? requestHttps(url, { agent: agents.https })
    : requestHttp(url, { agent: agents.http });
  request.end();
  const [response]: IncomingMessage[] = await once(request, 'response');
  await once(response?.resume() as IncomingMessage, 'end');
  return response?.statusCode ?? 0;
}

const answering = (): Server => createServer((_request, response) => response.end('x'));

test('requests to allowed addresses share a connection', async () => {
  await using server = await listening('127.0.0.1', answering());
  const agents = buildAgents(ONE, { caFile: null, resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
  for (let i = 0; i < 3; i += 1) assert.equal(await get(`http://store.test:${server.port}/`, agents), 200);
  assert.equal(server.sockets.length, 1);
  assert.equal(await get(`http://127.0.0.1:${server.port}/`, agents), 200);
  const ended = server.sockets.map((socket) => once(socket, 'close'));
  agents.destroy();
  await Promise.all(ended);
});

test('requests to others fail before anything is sent', async () => {
  await using victim = await listening('127.0.0.2', answering());
  const agents = buildAgents(ONE, { caFile: null, resolve: async () => [{ address: '127.0.0.2', family: 4 }] });
  for (const scheme of ['http', 'https']) {
    for (const host of ['127.0.0.2', '[::ffff:127.0.0.2]', '2130706434', '0x7f.2', 'store.test']) {
      await assert.rejects(get(`${scheme}://${host}:${victim.port}/`, agents), { code: 'address_forbidden' }, host);
    }
  }
  assert.equal(victim.sockets.length, 0);
  agents.destroy();
});

test('a request cannot bring a resolver of its own', async () => {
  await using victim = await listening('127.0.0.2', answering());
  const agents = buildAgents(ONE, { caFile: null, resolve: async () => [{ address: '127.0.0.2', family: 4 }] });
  const lookup: LookupFunction = (_host, _options, done) => done(null, [{ address: '127.0.0.2', family: 4 }]);
  const request = requestHttp(`http://store.test:${victim.port}/`, { agent: agents.http, lookup });
  request.end();
  const [error] = await once(request, 'error').catch((failure: unknown) => [failure]);
  assert.equal((error as { code?: string }).code, 'address_forbidden');
  agents.destroy();
});

test('https verifies the certificate, by the authorities of the file too', async () => {
  await using folder = await makeTempFolder();
  const caFile = folder.file('ca.pem');
  writeFileSync(caFile, CERTIFICATE);
  const tls = createTlsServer({ cert: CERTIFICATE, key: KEY }, (_request, response) => response.end('x'));
  await using server = await listening('127.0.0.1', tls);
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
  const trusting = buildAgents(ONE, { caFile, resolve });
  const plain = buildAgents(ONE, { caFile: null, resolve });
  assert.equal(await get(`https://tapehead.test:${server.port}/`, trusting), 200);
  await assert.rejects(get(`https://other.test:${server.port}/`, trusting), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  await assert.rejects(get(`https://tapehead.test:${server.port}/`, plain), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  trusting.destroy();
  plain.destroy();
});

test('other failures are those of Node, as the clients of stores know them', async () => {
  const agents = buildAgents(ONE, { caFile: null });
  await assert.rejects(get(`http://127.0.0.1:${await closedPort()}/`, agents), { code: 'ECONNREFUSED' });
  agents.destroy();
});

describe('the clients of stores', () => {
  const orders = {
    S3: { vendor: 11, endpoint: 'http://localhost' },
    Azure: { vendor: 5, endpoint: 'http://localhost' },
  };
  for (const [name, { vendor, endpoint }] of Object.entries(orders)) {
    test(`${name}: speak to allowed addresses only`, async () => {
      await using server = await listening('127.0.0.1', answering());
      const order: StorageOrder = {
        ...{ vendor, endpoint: `${endpoint}:${server.port}`, region: 0, bucket: 'bucket', accessKey: 'account' },
        ...{ secretKey: 'c2VjcmV0', stsToken: null, sse: null, tag: null },
      };
      for (const [allowed, connections] of [
        [[], 0],
        [['127.0.0.1'], 1],
      ] as const) {
        const agents = buildAgents(new AddressPolicy(allowed), { caFile: null });
        using store = openStore(order, { agents });
        await store.probe(AbortSignal.timeout(10_000)).catch(() => {});
        assert.equal(Math.min(server.sockets.length, 1), connections);
        agents.destroy();
      }
    });
  }
});
