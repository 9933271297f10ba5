import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { until } from '../../../src/kit/deadline.ts';
import { AddressPolicy } from '../../../src/net/address-policy.ts';
import { EgressProxy } from '../../../src/net/egress-proxy.ts';
import { closedPort, greeter, listening, textOf } from './listening.ts';

const WAIT_MS = 10_000;
const GREETING = Buffer.from([5, 1, 0]);
const policy = new AddressPolicy(['127.0.0.1']);

function request(host: string, port: number): Buffer {
  return Buffer.concat([
    Buffer.from([5, 1, 0, 3, host.length]),
    Buffer.from(host),
    Buffer.from([port >> 8, port & 0xff]),
  ]);
}

/** The next bytes; what came after them is left in the socket. */
async function exactly(socket: Socket, count: number): Promise<Buffer> {
  let bytes: Buffer = Buffer.alloc(0);
  while (bytes.length < count) {
    const chunk: Buffer | null = socket.read();
    if (chunk) bytes = Buffer.concat([bytes, chunk]);
    else await once(socket, 'readable');
  }
  if (bytes.length > count) socket.unshift(bytes.subarray(count));
  return bytes.subarray(0, count);
}

async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** As a browser does it. @returns the connection, and the code of the proxy's reply. */
async function through(proxy: EgressProxy, host: string, port: number): Promise<[Socket, number]> {
  const socket = await openSocket(proxy.port);
  socket.write(GREETING);
  assert.deepEqual(await exactly(socket, 2), Buffer.from([5, 0]));
  socket.write(request(host, port));
  const answer = await exactly(socket, 10);
  assert.equal(answer[0], 5);
  return [socket, answer[1] ?? -1];
}

const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
const echo = () => createServer((socket) => socket.pipe(socket));

describe('a connection', () => {
  test('carries bytes both ways, to an address or a name, and ends with its two ends', async () => {
    await using server = await listening('127.0.0.1', echo());
    await using proxy = await EgressProxy.open({ policy });
    for (const host of ['127.0.0.1', 'localhost']) {
      const [socket, code] = await through(proxy, host, server.port);
      assert.equal(code, 0);
      socket.end('to and fro');
      assert.equal(await textOf(socket), 'to and fro');
    }
    assert.ok(await until(WAIT_MS, 10, () => server.sockets.every((socket) => socket.destroyed)));
  });

  test('carries much, unharmed, and counts it', async () => {
    const size = 20_000_000;
    await using server = await listening('127.0.0.1', greeter('x'.repeat(size)));
    await using proxy = await EgressProxy.open({ policy });
    const [socket] = await through(proxy, '127.0.0.1', server.port);
    assert.equal((await textOf(socket)).length, size);
    assert.ok(proxy.bytes >= size && proxy.bytes < size + 1000, `${proxy.bytes}`);
  });

  test('is counted while it lasts', async () => {
    await using server = await listening('127.0.0.1', echo());
    await using proxy = await EgressProxy.open({ policy });
    const [socket] = await through(proxy, '127.0.0.1', server.port);
    const before = proxy.bytes;
    socket.write('x'.repeat(1000));
    await exactly(socket, 1000);
    assert.equal(proxy.bytes - before, 2000);
    socket.destroy();
  });

  test('may have begun before the proxy answered', async () => {
    await using server = await listening('127.0.0.1', echo());
    await using proxy = await EgressProxy.open({ policy });
    const socket = await openSocket(proxy.port);
    socket.write(Buffer.concat([GREETING, request('127.0.0.1', server.port), Buffer.from('early')]));
    await exactly(socket, 12);
    assert.equal((await exactly(socket, 5)).toString(), 'early');
    socket.destroy();
  });

  test('is cut where it was cut on the other side', async () => {
    await using server = await listening();
    await using proxy = await EgressProxy.open({ policy });
    const [socket] = await through(proxy, '127.0.0.1', server.port);
    const failed = once(socket, 'error');
    server.sockets[0]?.resetAndDestroy();
    socket.resume();
    assert.equal((await failed)[0].code, 'ECONNRESET');
  });

  test('of a browser that has gone is not kept', async () => {
    await using server = await listening();
    await using proxy = await EgressProxy.open({ policy });
    const [socket] = await through(proxy, '127.0.0.1', server.port);
    server.sockets[0]?.resume();
    socket.destroy();
    assert.ok(await until(WAIT_MS, 10, () => server.sockets[0]?.destroyed === true));
  });
});

describe('a refusal', () => {
  test('of what is not allowed', async () => {
    await using victim = await listening('127.0.0.2');
    const blocked: string[] = [];
    await using proxy = await EgressProxy.open({ policy, onBlocked: (host) => blocked.push(host) });
    const hosts = ['127.0.0.2', '::ffff:127.0.0.2', '127.2', '0x7f.2', '169.254.169.254'];
    for (const host of hosts) {
      const [socket, code] = await through(proxy, host, victim.port);
      assert.equal(code, 2, host);
      assert.equal(await textOf(socket), '');
    }
    assert.deepEqual(blocked, hosts);
    assert.equal(proxy.lastFailure?.code, 'address_forbidden');
    assert.equal(victim.sockets.length, 0);
  });

  test('of a name that has come to stand for something else (DNS rebinding)', async () => {
    await using server = await listening('127.0.0.1', greeter('allowed'));
    await using victim = await listening('127.0.0.2', greeter('victim'), server.port);
    const answers = ['127.0.0.1', '127.0.0.2'];
    const resolve = async () => [{ address: answers.shift() ?? '', family: 4 }];
    await using proxy = await EgressProxy.open({ policy, resolve });
    const [first, connected] = await through(proxy, 'rebinding.test', server.port);
    assert.equal(connected, 0);
    assert.equal(await textOf(first), 'allowed');
    const [second, forbidden] = await through(proxy, 'rebinding.test', server.port);
    assert.equal(forbidden, 2);
    assert.equal(await textOf(second), '');
    assert.equal(victim.sockets.length, 0);
  });

  test('where nobody is', async () => {
    const resolve = async () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
    await using proxy = await EgressProxy.open({ policy, resolve });
    const [closed, refused] = await through(proxy, '127.0.0.1', await closedPort());
    const [unknown, unreachable] = await through(proxy, 'nowhere.test', 80);
    assert.deepEqual([refused, unreachable], [5, 4]);
    assert.match(proxy.lastFailure?.message ?? '', /nowhere\.test:80: ENOTFOUND/);
    closed.destroy();
    unknown.destroy();
  });

  test('of a peer that speaks something else', async () => {
    await using proxy = await EgressProxy.open({ policy });
    for (const [bytes, answer] of [
      [Buffer.from('GET http://127.0.0.1/ HTTP/1.1\r\n\r\n'), ''],
      [Buffer.from([5, 1, 2]), '05ff'],
      [Buffer.concat([GREETING, Buffer.from([5, 3, 0, 1, 127, 0, 0, 1, 0, 80])]), '050005070001000000000000'],
    ] as const) {
      const socket = await openSocket(proxy.port);
      socket.write(bytes);
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      await once(socket, 'close');
      assert.equal(Buffer.concat(chunks).toString('hex'), answer);
    }
  });
});

test('the service may be reached whatever the policy says; no other port, no other name of it', async () => {
  await using server = await listening('127.0.0.1', greeter('service'));
  await using other = await listening('127.0.0.1', greeter('other'));
  const service = `http://127.0.0.1:${server.port}`;
  await using proxy = await EgressProxy.open({ policy: new AddressPolicy([]), service });
  const [socket, code] = await through(proxy, '127.0.0.1', server.port);
  assert.deepEqual([code, await textOf(socket)], [0, 'service']);
  for (const [host, port] of [
    ['127.0.0.1', other.port],
    ['localhost', server.port],
  ] as const)
    assert.equal((await through(proxy, host, port))[1], 2);
  const named = { policy: new AddressPolicy([]), service: 'http://recorder.test', resolve };
  await using byName = await EgressProxy.open(named);
  // Allowed and tried: nobody answers there.
  assert.notEqual((await through(byName, 'recorder.test', 80))[1], 2);
  assert.equal((await through(byName, 'other.test', 80))[1], 2);
});

test('the end of the proxy is the end of all connections, begun ones too', async () => {
  await using server = await listening();
  const proxy = await EgressProxy.open({ policy, resolve: () => new Promise(() => {}) });
  const [joined] = await through(proxy, '127.0.0.1', server.port);
  const silent = await openSocket(proxy.port);
  const dialling = await openSocket(proxy.port);
  dialling.write(Buffer.concat([GREETING, request('slow.test', 80)]));
  await exactly(dialling, 2);
  const ended = [joined, silent, dialling].map((socket) => once(socket.resume(), 'close'));
  await proxy[Symbol.asyncDispose]();
  await Promise.all(ended);
  assert.ok(await until(WAIT_MS, 10, () => server.sockets.every((socket) => socket.resume().destroyed)));
});
