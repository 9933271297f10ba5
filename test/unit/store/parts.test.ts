import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { partBytes, readParts } from '../../../src/store/parts.ts';
import { GO_ON, numbered } from './orders.ts';

const MIB = 1024 * 1024;

async function partsOf(bytes: number, pieces: readonly Buffer[], signal = GO_ON): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  const open = () => Readable.from(pieces, { objectMode: false });
  for await (const { number, data } of readParts({ bytes, open }, signal)) {
    assert.equal(number, parts.length + 1);
    parts.push(data);
  }
  return parts;
}

describe('parts', () => {
  it('are few enough for every store, and not small', () => {
    for (const bytes of [0, 1, 8 * MIB, 100 * MIB, 2e9, 80e9, 1e12, 5e12]) {
      assert.ok(Math.ceil(bytes / partBytes(bytes)) <= 10_000, `${bytes}`);
      assert.ok(partBytes(bytes) >= 5 * MIB);
    }
    assert.equal(partBytes(2e9), 8 * MIB);
  });

  for (const [bytes, sizes] of [
    [0, [0]],
    [1, [1]],
    [8 * MIB, [8 * MIB]],
    [8 * MIB + 1, [8 * MIB, 1]],
    [16 * MIB, [8 * MIB, 8 * MIB]],
  ] as const) {
    it(`of ${bytes} bytes: ${sizes}`, async () => {
      const data = numbered(bytes);
      const parts = await partsOf(bytes, [data]);
      assert.deepEqual(
        parts.map(({ length }) => length),
        sizes,
      );
      assert.ok(Buffer.concat(parts).equals(data));
    });
  }

  it('do not depend on how the stream is cut', async () => {
    const data = numbered(10 * MIB);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: data.length }), { maxLength: 9 }), async (at) => {
        const cuts = [0, ...at.sort((a, b) => a - b), data.length];
        const pieces = cuts.slice(1).map((cut, index) => data.subarray(cuts[index], cut));
        const parts = await partsOf(
          data.length,
          pieces.filter(({ length }) => length > 0),
        );
        assert.ok(Buffer.concat(parts).equals(data));
      }),
      { numRuns: 20 },
    );
  });

  for (const [bytes, message] of [
    [9, /expected 9 bytes to store, got more/],
    [11, /expected 11 bytes to store, got 10/],
  ] as const) {
    it(`of a stream of 10 bytes that is said to have ${bytes}: ${message.source}`, async () => {
      await assert.rejects(partsOf(bytes, [Buffer.alloc(10)]), message);
    });
  }

  it('end with the reason of the signal', async () => {
    await assert.rejects(partsOf(10, [Buffer.alloc(10)], AbortSignal.abort(new RangeError('enough'))), RangeError);
  });
});
