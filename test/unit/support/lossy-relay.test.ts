import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { sleep, until } from '../../../src/kit/deadline.ts';
import { LossyRelay } from '../../support/lossy-relay.ts';

const SENT = 400;

/** Answers each packet with the same. */
async function openEcho() {
  const socket = createSocket('udp4');
  const echo = { port: 0, answered: 0, [Symbol.dispose]: () => void socket.close() };
  socket.on('message', (packet, { port, address }) => {
    echo.answered += 1;
    socket.send(packet, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return Object.assign(echo, { port: socket.address().port });
}

/** What comes back of some packets, in the order in which it comes. */
async function exchange(relay: LossyRelay, echo: Awaited<ReturnType<typeof openEcho>>): Promise<number[]> {
  const front = await relay.open(echo.port, '127.0.0.1');
  const socket = createSocket('udp4');
  const back: number[] = [];
  socket.on('message', (packet) => back.push(packet.readUInt16BE()));
  for (let i = 0; i < SENT; i += 1) {
    socket.send(Buffer.from([i >> 8, i & 255]), front, '127.0.0.1');
    // The kernel itself drops what is not fetched in time.
    if (i % 20 === 0) await sleep(2);
  }
  const decided = () => relay.passed + relay.dropped === SENT + echo.answered;
  await until(5000, 20, () => decided() && back.length === relay.passed - echo.answered);
  socket.close();
  return back;
}

test('packets are dropped and delayed in both directions, by the seed', async () => {
  using echo = await openEcho();
  await using bad = new LossyRelay(7);
  bad.trouble = { loss: 0.1, jitterMs: 50 };
  const back = await exchange(bad, echo);
  // 0.9 * 0.9 of 400.
  assert.ok(back.length > 280 && back.length < 365, `${back.length} came back`);
  assert.notDeepEqual(
    back,
    back.toSorted((a, b) => a - b),
  );
});

test('without trouble everything comes back', async () => {
  using echo = await openEcho();
  await using good = new LossyRelay(1);
  assert.equal((await exchange(good, echo)).length, SENT);
  assert.equal(good.dropped, 0);
});

test('an answer leads through the relay and no other way', async () => {
  using echo = await openEcho();
  await using relay = new LossyRelay(1);
  const led = await relay.lead(
    [
      'v=0',
      `a=candidate:1 1 udp 2130706431 127.0.0.1 ${echo.port} typ host`,
      'a=candidate:2 1 udp 2130706431 fd00::2 40001 typ host',
      'a=candidate:3 1 tcp 2105524479 127.0.0.1 40002 typ host tcptype active',
      'a=end-of-candidates',
      '',
    ].join('\r\n'),
  );
  const port = /127\.0\.0\.1 (\d+) typ host/.exec(led)?.[1];
  assert.notEqual(Number(port), echo.port);
  assert.deepEqual(led.split('\r\n'), [
    'v=0',
    `a=candidate:1 1 udp 2130706431 127.0.0.1 ${port} typ host`,
    'a=end-of-candidates',
    '',
  ]);
  await assert.rejects(relay.lead('v=0\r\n'), /expected an answer with a candidate/);
});
