import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseGreeting, parseRequest, REPLY, reply, SocksError } from '../../../src/net/socks.ts';

function request(kind: number, address: Buffer, port: number, more = ''): Buffer {
  const head = Buffer.from([5, 1, 0, kind, ...(kind === 3 ? [address.length] : [])]);
  return Buffer.concat([head, address, Buffer.from([port >> 8, port & 0xff]), Buffer.from(more)]);
}

function named(name: string, port = 443): Buffer {
  return request(3, Buffer.from(name, 'latin1'), port);
}

describe('greeting', () => {
  test('of a browser', () => assert.deepEqual(parseGreeting(Buffer.from([5, 1, 0])), { value: undefined, length: 3 }));

  test('of one that offers more', () => {
    assert.equal(parseGreeting(Buffer.from([5, 3, 2, 0, 1, 9, 9]))?.length, 5);
  });

  test('of one that insists on credentials, or speaks something else', () => {
    assert.throws(
      () => parseGreeting(Buffer.from([5, 1, 2])),
      (error: SocksError) => {
        assert.deepEqual(error.answer, Buffer.from([5, 0xff]));
        return true;
      },
    );
    assert.throws(() => parseGreeting(Buffer.from('GET / HTTP/1.1')), SocksError);
    assert.throws(() => parseGreeting(Buffer.from([4, 1, 0])), SocksError);
  });
});

describe('request', () => {
  test('for a name or an address', () => {
    assert.deepEqual(parseRequest(named('example.org'))?.value, { host: 'example.org', port: 443 });
    assert.deepEqual(parseRequest(named('xn--bcher-kva.example.', 80))?.value.host, 'xn--bcher-kva.example.');
    assert.deepEqual(parseRequest(named('::1'))?.value.host, '::1');
    assert.deepEqual(parseRequest(request(1, Buffer.from([127, 0, 0, 2]), 8080))?.value, {
      host: '127.0.0.2',
      port: 8080,
    });
    const v6 = Buffer.from('00000000000000000000ffff7f000001', 'hex');
    assert.deepEqual(parseRequest(request(4, v6, 1))?.value, { host: '0:0:0:0:0:ffff:7f00:1', port: 1 });
  });

  test('leaves what follows', () => assert.equal(parseRequest(request(1, Buffer.alloc(4, 1), 1, 'GET /'))?.length, 10));

  for (const [what, bytes, answer] of [
    ['a command that we do not do', Buffer.concat([Buffer.from([5, 2]), named('a').subarray(2)]), REPLY.commandUnknown],
    ['an unknown kind of address', request(2, Buffer.alloc(4), 80), REPLY.addressUnknown],
    ['port 0', named('a', 0), REPLY.addressUnknown],
    ['an empty name', named(''), REPLY.addressUnknown],
    ['a name with a zero byte', named('a.test\0.evil'), REPLY.addressUnknown],
    ['a name with spaces', named('a b'), REPLY.addressUnknown],
    ['a path', named('/run/docker.sock'), REPLY.addressUnknown],
    ['a name in brackets', named('[::1]'), REPLY.addressUnknown],
    ['a name with letters beyond ASCII', named('\u00fcber'), REPLY.addressUnknown],
  ] as const) {
    test(`for ${what} is refused`, () => {
      assert.throws(
        () => parseRequest(bytes),
        (error: unknown) => {
          assert.ok(error instanceof SocksError);
          assert.deepEqual(error.answer, reply(answer));
          return true;
        },
      );
    });
  }

  test('is not taken before it is whole, and then at once', () => {
    const name = fc.domain().filter((domain) => domain.length <= 255);
    fc.assert(
      fc.property(name, fc.integer({ min: 1, max: 65535 }), (host, port) => {
        const bytes = named(host, port);
        for (let length = 0; length < bytes.length; length += 1)
          assert.equal(parseRequest(bytes.subarray(0, length)), null);
        assert.deepEqual(parseRequest(bytes), { value: { host, port }, length: bytes.length });
      }),
    );
  });
});

test('whatever comes: a message within its bytes, a wait for more of at most 262, or a SocksError', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.uint8Array({ maxLength: 400 }).map((rest) => Uint8Array.from([5, 1, 0, 3, ...rest])),
  );
  fc.assert(
    fc.property(bytes, (given) => {
      for (const parse of [parseGreeting, parseRequest]) {
        try {
          const parsed = parse(Buffer.from(given));
          assert.ok(parsed ? parsed.length <= given.length : given.length < 262);
        } catch (error) {
          assert.ok(error instanceof SocksError, String(error));
        }
      }
    }),
  );
});
