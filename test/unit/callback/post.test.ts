import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { afterEach, beforeEach, test } from 'node:test';
import { type Post, post } from '../../../src/callback/post.ts';
import { type Receiver, startReceiver } from '../../support/receiver.ts';

const LONG_MS = 20_000;

let receiver: Receiver;
let agents: { readonly http: Agent; readonly https: HttpsAgent };

beforeEach(async () => {
  receiver = await startReceiver();
  agents = { http: new Agent({ keepAlive: true }), https: new HttpsAgent() };
});

afterEach(async () => {
  agents.http.destroy();
  agents.https.destroy();
  await receiver[Symbol.asyncDispose]();
});

function send(more: Partial<Post> = {}): Promise<number> {
  const { signal } = new AbortController();
  return post({
    ...{ url: receiver.url, headers: { 'x-test': '1' }, body: Buffer.from('{"a":"ü"}') },
    ...{ agents, timeoutMs: LONG_MS, signal, ...more },
  });
}

test('sends the bytes as they are, with their length and headers', async () => {
  assert.equal(await send(), 200);
  const [request] = receiver.received;
  assert.equal(request?.raw.toString(), '{"a":"ü"}');
  assert.equal(request?.headers['content-length'], '10');
  assert.equal(request?.headers['transfer-encoding'], undefined);
  assert.equal(request?.headers['x-test'], '1');
});

test('uses a connection again', async () => {
  receiver.answer({ status: 200, body: 'x'.repeat(10_000) });
  for (let i = 0; i < 5; i += 1) assert.equal(await send(), 200);
  assert.equal(receiver.connections, 1);
});

test('follows no redirect', async () => {
  receiver.answer({ status: 302, headers: { location: receiver.url } });
  assert.equal(await send(), 302);
  assert.equal(receiver.received.length, 1);
});

test('an answer without end counts by its status', async () => {
  receiver.answer('endless');
  assert.equal(await send(), 200);
});

test('an answer whose body does not come counts by its status', async () => {
  receiver.answer({ status: 200, stall: true });
  assert.equal(await send({ timeoutMs: 2000 }), 200);
});

test('no answer in time is a failure', async () => {
  receiver.answer('hang');
  await assert.rejects(send({ timeoutMs: 200 }), /^Error: no answer within 0.2 s$/);
});

test('a closed connection is a failure', async () => {
  receiver.answer('close');
  await assert.rejects(send(), /socket hang up|ECONNRESET/);
});

test('nobody there is a failure', async () => {
  const { url } = receiver;
  await receiver[Symbol.asyncDispose]();
  await assert.rejects(send({ url }), /ECONNREFUSED/);
});

test('an answer in another protocol is a failure', async () => {
  receiver.answer({ status: 101, headers: { connection: 'Upgrade', upgrade: 'websocket' } });
  await assert.rejects(send(), /closed without an answer/);
});

test('ends at once when told to', async () => {
  receiver.answer('hang');
  const ending = new AbortController();
  const sent = send({ signal: ending.signal });
  const failed = assert.rejects(sent, { name: 'AbortError' });
  while (receiver.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  ending.abort();
  await failed;
});
