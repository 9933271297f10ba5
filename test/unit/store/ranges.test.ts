import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { readRanges } from '../../../src/store/ranges.ts';
import { StoreError } from '../../../src/store/store-error.ts';
import { numbered } from './orders.ts';

const MIB = 1024 * 1024;

describe('an object read in stretches', () => {
  for (const bytes of [1, 8 * MIB, 8 * MIB + 1, 20 * MIB]) {
    it(`of ${bytes} bytes is whole`, async () => {
      const data = numbered(bytes);
      const asked: number[] = [];
      const got = await readRanges(async (from, size) => {
        asked.push(from);
        return { data: data.subarray(from, from + size), totalBytes: data.length };
      });
      assert.ok((await buffer(got)).equals(data));
      assert.deepEqual(
        asked,
        [...Array(Math.ceil(bytes / (8 * MIB))).keys()].map((index) => index * 8 * MIB),
      );
    });
  }

  it('may be empty', async () => {
    const got = await readRanges(() => Promise.reject(new StoreError('refused', 'none', { status: 416 })));
    assert.equal((await buffer(got)).length, 0);
  });

  it('is not fetched ahead of its reader', async () => {
    let asked = 0;
    const got = await readRanges(async () => {
      asked += 1;
      return { data: Buffer.alloc(8 * MIB), totalBytes: 80 * MIB };
    });
    for await (const _piece of got) if (asked === 2) break;
    assert.equal(asked, 2);
  });

  it('fails at once when it cannot be read, and later when it ends too soon', async () => {
    await assert.rejects(
      readRanges(() => Promise.reject(new StoreError('refused', 'none', { status: 404 }))),
      {
        status: 404,
      },
    );
    const cut = await readRanges(async (from) => ({ data: Buffer.alloc(from === 0 ? 10 : 0), totalBytes: 20 }));
    await assert.rejects(buffer(cut), /expected 20 bytes, got 10/);
  });
});
