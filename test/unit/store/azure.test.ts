import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, type RequestListener } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { AzureStore } from '../../../src/store/azure.ts';
import { GO_ON, objectOf, orderOf } from './orders.ts';

/** A container whose server answers like this. */
async function azureThat(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/account`;
  const agents = { http: new Agent({ keepAlive: true }), https: new TlsAgent() };
  const order = orderOf({ vendor: 5, accessKey: 'account', secretKey: 'aGlkZGVu', endpoint });
  const limits = { connectMs: 5_000, idleMs: 300 };
  return {
    store: new AzureStore(order, { agents, limits }),
    async [Symbol.asyncDispose]() {
      agents.http.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('Azure', () => {
  it('that stops in the middle of an answer is unreachable', async () => {
    await using azure = await azureThat((_request, response) => {
      response.writeHead(206, { ETag: '"x"', 'Content-Length': 8, 'Content-Range': 'bytes 0-7/8' }).write('half');
    });
    await assert.rejects(azure.store.get('a.mp4', GO_ON), { name: 'StoreError', failure: 'unreachable' });
  });

  it('that stops at a later stretch fails the stream', async () => {
    const first = Buffer.alloc(8 * 1024 * 1024);
    await using azure = await azureThat((request, response) => {
      const from = /=(\d+)-/.exec(String(request.headers['x-ms-range']))?.[1];
      const headers = {
        ETag: '"x"',
        'Content-Length': first.length,
        'Content-Range': `bytes ${from}-1/${2 * first.length}`,
      };
      response.writeHead(206, headers);
      if (from === '0') response.end(first);
      else response.write('half');
    });
    const got = await azure.store.get('a.mp4', GO_ON);
    await assert.rejects(buffer(got), { name: 'StoreError', failure: 'unreachable' });
  });

  it('that does not answer is unreachable', async () => {
    await using azure = await azureThat(() => {});
    await assert.rejects(azure.store.put(objectOf('a.ts', Buffer.from('x')), GO_ON), { failure: 'unreachable' });
  });

  it('is signed for, and told type and tags only where there are any', async () => {
    const seen: Record<string, unknown>[] = [];
    await using azure = await azureThat(({ headers }, response) => {
      seen.push(headers);
      response.writeHead(201).end();
    });
    await azure.store.put(objectOf('a.ts', Buffer.from('x'), 'video/mp2t'), GO_ON);
    const [headers] = seen;
    assert.match(String(headers?.['authorization']), /^SharedKey account:/);
    assert.equal(headers?.['x-ms-blob-content-type'], 'video/mp2t');
    assert.equal(headers?.['x-ms-blob-type'], 'BlockBlob');
    assert.equal(headers?.['x-ms-tags'], undefined);
  });

  it('tells nothing secret when it fails', async () => {
    await using azure = await azureThat((_request, response) => {
      response.writeHead(403, { 'x-ms-error-code': 'AuthenticationFailed', 'Content-Type': 'application/xml' });
      response.end('<Error><Code>AuthenticationFailed</Code><Message>secret text aGlkZGVu</Message></Error>');
    });
    await assert.rejects(azure.store.probe(GO_ON), (error: Error) => {
      assert.doesNotMatch(JSON.stringify([error.message, error.stack, error.cause]), /secret text|aGlkZGVu|SharedKey/);
      assert.match(error.message, /answered 403 AuthenticationFailed: the secret key is wrong/);
      return true;
    });
  });
});
