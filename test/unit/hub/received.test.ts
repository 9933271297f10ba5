import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Received } from '../../../src/hub/received.ts';
import { rtpOf } from './packets.ts';

const RATE = 90_000;

function feed(received: Received, sequences: readonly number[], nowMs = 0): boolean[] {
  return sequences.map((sequence) => received.add(rtpOf({ sequence }), nowMs));
}

describe('a source that is received', () => {
  test('asks for what is missing, again after a while, and for no longer than a second', () => {
    const received = new Received(1, RATE, true);
    feed(received, [65533, 65534, 2], 1000);
    assert.deepEqual(received.wanted(1001), [], 'packets may only have overtaken each other');
    assert.deepEqual(received.wanted(1020), [65535, 0, 1]);
    assert.deepEqual(received.wanted(1030), []);
    feed(received, [0], 1040);
    assert.deepEqual(received.wanted(1100), [65535, 1]);
    assert.ok(received.incomplete);
    assert.deepEqual(received.wanted(2100), []);
    assert.ok(!received.incomplete);
  });

  test('takes each packet once, and finds it again', () => {
    const received = new Received(1, RATE, true);
    assert.deepEqual(feed(received, [10, 12, 11, 12, 10, 9]), [true, true, true, false, false, true]);
    assert.equal(received.find(11)?.sequence, 11);
    assert.equal(received.find(13), null);
    feed(
      received,
      Array.from({ length: 1500 }, (_, index) => 13 + index),
    );
    assert.equal(received.find(11), null, 'long ago');
    assert.equal(received.find(1000)?.sequence, 1000);
  });

  test('asks for nothing where nothing is sent again', () => {
    const received = new Received(1, RATE, false);
    feed(received, [1, 5]);
    assert.ok(!received.incomplete);
  });

  test('begins anew after a jump', () => {
    const received = new Received(1, RATE, true);
    feed(received, [1, 2, 30_000, 30_001]);
    assert.ok(!received.incomplete);
    assert.equal(received.find(30_001)?.sequence, 30_001);
  });

  test('reports losses of its time, and when it heard the sender', () => {
    const received = new Received(7, RATE, true);
    feed(received, [65530, 65531, 65532, 65534], 1000);
    received.setClock(0x1234_5678_9abc_def0n, 4711, 1000);
    const { ssrc, fractionLost, packetsLost, highestSequence, lsr, dlsr } = received.report(1500);
    assert.deepEqual(
      { ssrc, fractionLost, packetsLost, highestSequence, lsr, dlsr },
      { ssrc: 7, fractionLost: 51, packetsLost: 1, highestSequence: 65534, lsr: 0x56789abc, dlsr: 32768 },
    );
    feed(received, [65533, 65535, 0], 2000);
    const later = received.report(2000);
    assert.deepEqual([later.fractionLost, later.packetsLost, later.highestSequence], [0, 0, 65536]);
  });
});
