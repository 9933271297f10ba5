import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { AddressPolicy } from '../../../src/net/address-policy.ts';
import { dial, type Resolve } from '../../../src/net/dial.ts';
import { trust } from '../../../src/net/trust.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { CERTIFICATE, KEY } from './certificate.ts';
import { closedPort, greeter, listening, textOf } from './listening.ts';

const ONE = new AddressPolicy(['127.0.0.1']);
const NONE = new AddressPolicy([]);

function v4(...addresses: string[]): LookupAddress[] {
  return addresses.map((address) => ({ address, family: 4 }));
}

/** Answers differently each time it is asked; the last answer stays. */
function resolver(...answers: readonly LookupAddress[][]): Resolve & { asked: string[] } {
  const asked: string[] = [];
  const resolve = async (host: string) => {
    asked.push(host);
    return answers[Math.min(asked.length, answers.length) - 1] ?? [];
  };
  return Object.assign(resolve, { asked });
}

describe('dial', () => {
  test('connects to an allowed address, given by itself or by name', async () => {
    await using server = await listening('127.0.0.1', greeter('hello'));
    const { port } = server;
    assert.equal(await textOf(await dial({ host: '127.0.0.1', port, policy: ONE })), 'hello');
    const resolve = resolver(v4('127.0.0.1'));
    assert.equal(await textOf(await dial({ host: 'page.test', port, policy: ONE, resolve })), 'hello');
    assert.deepEqual(resolve.asked, ['page.test']);
  });

  test('does not connect to others, whatever they are called', async () => {
    await using server = await listening();
    const { port } = server;
    for (const host of [
      '127.0.0.1',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      'localhost',
      '127.1',
      '0x7f.1',
      '2130706433',
      '0.0.0.0',
    ]) {
      await assert.rejects(dial({ host, port, policy: NONE }), { code: 'address_forbidden' }, host);
    }
    const resolve = resolver(v4('127.0.0.1', '10.0.0.1'));
    await assert.rejects(dial({ host: 'page.test', port, policy: NONE, resolve }), {
      code: 'address_forbidden',
      message: /page\.test(?!.*127)/,
    });
    assert.equal(server.sockets.length, 0);
  });

  test('a name that changes its address after it was checked (DNS rebinding) gains nothing', async () => {
    await using allowed = await listening('127.0.0.1', greeter('allowed'));
    await using victim = await listening('127.0.0.2', greeter('victim'), allowed.port);
    const resolve = resolver(v4('127.0.0.1'), v4('127.0.0.2'));
    const to = { host: 'rebinding.test', port: allowed.port, policy: ONE, resolve };
    assert.equal(await textOf(await dial(to)), 'allowed');
    assert.equal(resolve.asked.length, 1);
    await assert.rejects(dial(to), { code: 'address_forbidden' });
    assert.equal(resolve.asked.length, 2);
    assert.equal(victim.sockets.length, 0);
  });

  test('a name with allowed and other addresses is dialled at the allowed ones', async () => {
    await using server = await listening('127.0.0.1', greeter('hello'));
    await using victim = await listening('127.0.0.2', greeter('victim'), server.port);
    const resolve = resolver(v4('127.0.0.2', '127.0.0.1'));
    assert.equal(await textOf(await dial({ host: 'page.test', port: server.port, policy: ONE, resolve })), 'hello');
    assert.equal(victim.sockets.length, 0);
  });

  test('tries the next address when one does not answer', async () => {
    await using server = await listening('127.0.0.1', greeter('hello'));
    const policy = new AddressPolicy(['127.0.0.0/8', '::1']);
    const resolve = resolver([...v4('127.0.0.3'), { address: '::1', family: 6 }, ...v4('127.0.0.1')]);
    assert.equal(await textOf(await dial({ host: 'page.test', port: server.port, policy, resolve })), 'hello');
  });

  test('nobody there', async () => {
    const port = await closedPort();
    await assert.rejects(dial({ host: '127.0.0.1', port, policy: ONE }), {
      code: 'unreachable',
      blame: 'destination',
      message: `expected a connection to 127.0.0.1:${port}: ECONNREFUSED`,
    });
    const resolve: Resolve = async () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    await assert.rejects(dial({ host: 'page.test', port, policy: ONE, resolve }), {
      code: 'unreachable',
      message: `expected a connection to page.test:${port}: ENOTFOUND`,
    });
  });

  test('no answer in time, and a caller who has changed his mind', async () => {
    const resolve: Resolve = () => new Promise(() => {});
    const to = { host: 'page.test', port: 80, policy: ONE, resolve };
    await assert.rejects(dial({ ...to, timeoutMs: 100 }), { code: 'unreachable', message: /no answer within 0.1 s/ });
    const stop = new AbortController();
    const dialled = dial({ ...to, signal: stop.signal });
    stop.abort(new Error('changed my mind'));
    await assert.rejects(dialled, /changed my mind/);
    await assert.rejects(dial({ ...to, signal: stop.signal }), /changed my mind/);
  });
});

describe('dial with TLS', () => {
  const server = () => createTlsServer({ cert: CERTIFICATE, key: KEY }, (socket) => socket.end('secret'));
  const resolve = async () => v4('127.0.0.1');

  test('with a certificate of the authorities that were named', async () => {
    await using folder = await makeTempFolder();
    const file = folder.file('ca.pem');
    writeFileSync(file, CERTIFICATE);
    await using at = await listening('127.0.0.1', server());
    const tls = trust(file);
    for (const host of ['tapehead.test', '127.0.0.1']) {
      const socket = await dial({ host, port: at.port, policy: ONE, resolve, tls });
      assert.ok(socket instanceof TLSSocket && socket.authorized);
      assert.equal(await textOf(socket), 'secret');
    }
    await assert.rejects(dial({ host: 'other.test', port: at.port, policy: ONE, resolve, tls }), {
      code: 'unreachable',
      message: /ERR_TLS_CERT_ALTNAME_INVALID/,
    });
  });

  test('not with one of nobody known', async () => {
    await using at = await listening('127.0.0.1', server());
    await assert.rejects(dial({ host: 'tapehead.test', port: at.port, policy: ONE, resolve, tls: trust(null) }), {
      code: 'unreachable',
      message: /DEPTH_ZERO_SELF_SIGNED_CERT/,
    });
  });

  test('a server that says nothing', async () => {
    await using at = await listening();
    const dialled = dial({ host: '127.0.0.1', port: at.port, policy: ONE, tls: trust(null), timeoutMs: 300 });
    await assert.rejects(dialled, { code: 'unreachable', message: /no answer within/ });
  });

  test('a file without certificates', async () => {
    await using folder = await makeTempFolder();
    const empty = folder.file('empty.pem');
    writeFileSync(empty, 'none');
    for (const file of [empty, folder.file('missing.pem')]) {
      assert.throws(() => trust(file), { code: 'config_invalid', message: /certificates in PEM form in .*\.pem: / });
    }
  });
});
