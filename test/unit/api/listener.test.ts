import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { Listener, originOf } from '../../../src/api/listener.ts';

test('a request that comes before there is anybody to answer is answered later', async () => {
  await using listener = await Listener.open({ host: '127.0.0.1', port: 0 });
  const answer = fetch(`${listener.origin}/early`);
  const connected = Promise.race([answer, new Promise((resolve) => setTimeout(() => resolve('waiting'), 100))]);
  assert.equal(await connected, 'waiting');
  listener.serve((request, response) => response.end(`answered ${request.url}`));
  assert.equal(await (await answer).text(), 'answered /early');
  assert.equal(await (await fetch(`${listener.origin}/later`)).text(), 'answered /later');
});

test('it is closed once what was asked is answered, whoever keeps a connection open without asking', async () => {
  const listener = await Listener.open({ host: '127.0.0.1', port: 0 });
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  listener.serve((_request, response) => {
    asked.resolve();
    void gate.promise.then(() => response.end('late'));
  });
  const silent = connect(listener.address.port, '127.0.0.1');
  await once(silent, 'connect');
  const answer = fetch(`${listener.origin}/slow`);
  await asked.promise;
  const ended = once(silent, 'close');
  const closed = listener[Symbol.asyncDispose]();
  gate.resolve();
  assert.equal(await (await answer).text(), 'late');
  await Promise.all([closed, ended]);
});

test('an address that is taken is told as a wrong setting', async () => {
  await using first = await Listener.open({ host: '127.0.0.1', port: 0 });
  const second = Listener.open({ host: '127.0.0.1', port: first.address.port });
  await assert.rejects(second, { code: 'config_invalid', message: /^cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/ });
});

test('its origin is where programs of this machine reach it', () => {
  for (const [address, origin] of [
    ['127.0.0.1', 'http://127.0.0.1:80'],
    ['0.0.0.0', 'http://127.0.0.1:80'],
    ['::', 'http://[::1]:80'],
    ['10.1.2.3', 'http://10.1.2.3:80'],
    ['fd00::1', 'http://[fd00::1]:80'],
  ] as const) {
    assert.equal(originOf({ address, port: 80 }), origin);
  }
});
