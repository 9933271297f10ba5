import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Arrivals } from '../../../src/hub/arrivals.ts';

/** As a sender reads it: sequence number to arrival in ms, null for what did not come. */
function read(report: { serialize(): Buffer } | null): (readonly [number, number | null])[] {
  const packet = report?.serialize() ?? Buffer.alloc(0);
  assert.deepEqual([(packet[0] ?? 0) & 0x1f, packet[1], packet.readUInt16BE(2)], [15, 205, packet.length / 4 - 1]);
  const [base, count] = [packet.readUInt16BE(12), packet.readUInt16BE(14)];
  let ticks = packet.readUIntBE(16, 3) * 256;
  let at = 20 + Math.ceil(count / 7) * 2;
  const results = Array.from({ length: count }, (_, index) => {
    const chunk = packet.readUInt16BE(20 + Math.floor(index / 7) * 2);
    assert.equal(chunk >> 14, 3, 'a vector of two-bit symbols');
    const status = (chunk >> (12 - 2 * (index % 7))) & 3;
    if (status === 1) ticks += packet.readUInt8(at);
    if (status === 2) ticks += packet.readInt16BE(at);
    at += status;
    return [(base + index) & 0xffff, status === 0 ? null : ticks / 4] as const;
  });
  assert.equal(packet.length - at, ((packet[0] ?? 0) & 0x20) === 0 ? 0 : packet.at(-1));
  return results;
}

describe('arrivals', () => {
  test('are told with what did not arrive, over the end of the range', () => {
    const arrivals = new Arrivals(1);
    arrivals.note(65534, 9, 1000);
    arrivals.note(1, 9, 1030);
    arrivals.note(65535, 9, 1010);
    arrivals.note(2, 9, 1230);
    assert.deepEqual(read(arrivals.report()), [
      [65534, 1000],
      [65535, 1010],
      [0, null],
      [1, 1030],
      [2, 1230],
    ]);
  });

  test('a report begins where the last one ended', () => {
    const arrivals = new Arrivals(1);
    arrivals.note(10, 9, 0);
    read(arrivals.report());
    assert.equal(arrivals.report(), null);
    arrivals.note(13, 9, 50);
    assert.deepEqual(read(arrivals.report()), [
      [11, null],
      [12, null],
      [13, 50],
    ]);
    arrivals.note(12, 9, 60);
    arrivals.note(14, 9, 61);
    const late = new Map(read(arrivals.report()));
    assert.deepEqual([late.get(12), late.get(14)], [60, 61]);
  });

  test('a long gap is not told packet by packet', () => {
    const arrivals = new Arrivals(1);
    arrivals.note(10, 9, 0);
    read(arrivals.report());
    arrivals.note(20_000, 9, 100);
    assert.deepEqual(read(arrivals.report()), [[20_000, 100]]);
  });
});
