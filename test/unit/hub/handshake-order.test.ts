import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { HandshakeOrder } from '../../../src/hub/handshake-order.ts';

const HELLO = 1;
const CERTIFICATE = 11;
const VERIFY = 15;
const KEY_EXCHANGE = 16;

function record(type: number, epoch: number, body: Buffer): Buffer {
  const head = Buffer.from([type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt16BE(body.length, 11);
  return Buffer.concat([head, body]);
}

function fragment(type: number, sequence: number, body: Buffer, from = 0, to = body.length): Buffer {
  const head = Buffer.alloc(12);
  head[0] = type;
  head.writeUIntBE(body.length, 1, 3);
  head.writeUInt16BE(sequence, 4);
  head.writeUIntBE(from, 6, 3);
  head.writeUIntBE(to - from, 9, 3);
  return record(22, 0, Buffer.concat([head, body.subarray(from, to)]));
}

const BODY = Buffer.from(Array.from({ length: 90 }, (_, index) => index));
const FINISHED = record(22, 1, Buffer.from('finished'));
/** All that a client says after its hellos, the certificate in three pieces. */
const FLIGHT = [
  fragment(CERTIFICATE, 2, BODY, 0, 40),
  fragment(CERTIFICATE, 2, BODY, 30, 80),
  fragment(CERTIFICATE, 2, BODY, 80, 90),
  fragment(KEY_EXCHANGE, 3, Buffer.from('key')),
  fragment(VERIFY, 4, Buffer.from('signature')),
  record(20, 0, Buffer.from([1])),
  FINISHED,
];
const EXPECTED = [
  fragment(CERTIFICATE, 2, BODY),
  fragment(KEY_EXCHANGE, 3, Buffer.from('key')),
  fragment(VERIFY, 4, Buffer.from('signature')),
  FINISHED,
];

function afterHellos(): HandshakeOrder {
  const order = new HandshakeOrder();
  for (const sequence of [0, 1]) order.take(fragment(HELLO, sequence, Buffer.from('hello')));
  return order;
}

/** Without the numbers of records, which nobody reads. */
function plain(records: readonly Buffer[]): string[] {
  return records.map((one) => Buffer.concat([one.subarray(0, 5), one.subarray(11)]).toString('hex'));
}

describe('what a client says in a handshake', () => {
  test('comes out in order and whole, however it arrives', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(FLIGHT, { minLength: FLIGHT.length }), fc.boolean(), (flight, together) => {
        const order = afterHellos();
        const datagrams = together ? [Buffer.concat(flight)] : flight;
        assert.deepEqual(plain(datagrams.flatMap((datagram) => order.take(datagram))), plain(EXPECTED));
      }),
    );
  });

  test('a hello that is said again is answered again, all else counts once', () => {
    const order = new HandshakeOrder();
    const hello = fragment(HELLO, 0, Buffer.from('hello'));
    assert.equal(order.take(hello).length, 1);
    assert.equal(order.take(hello).length, 1);
    const second = fragment(HELLO, 1, Buffer.from('cookie'));
    assert.equal(order.take(second).length, 1);
    assert.equal(order.take(hello).length, 0);
    for (const datagram of FLIGHT) order.take(datagram);
    const again = FLIGHT.flatMap((datagram) => order.take(datagram));
    assert.deepEqual(again, [FINISHED], 'our last flight was lost');
    assert.equal(order.take(second).length, 0, 'nobody begins anew');
  });

  test('whatever comes does no harm', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), (bodies) => {
        const order = new HandshakeOrder();
        for (const body of bodies) {
          order.take(record(22, 0, Buffer.from(body)));
          order.take(Buffer.from(body));
        }
      }),
    );
  });
});
