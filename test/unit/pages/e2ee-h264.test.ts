import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { escapeNal, findSlice, unescapeNal } from '../../../pages/shared/e2ee-h264.js';

describe('H.264 slices', () => {
  it('finds the first one behind parameter sets, with start codes of three or four bytes', () => {
    assert.equal(findSlice(Uint8Array.of(0, 0, 0, 1, 0x67, 66, 0, 0, 1, 0x68, 206, 0, 0, 0, 1, 0x65, 0x88)), 15);
    assert.equal(findSlice(Uint8Array.of(0, 0, 1, 0x41, 0x9a)), 3);
  });

  it('says when there is none', () => {
    assert.equal(findSlice(Uint8Array.of(0, 0, 0, 1, 0x67, 66, 0, 0, 1, 0x68, 206)), -1);
    assert.equal(findSlice(new Uint8Array(0)), -1);
  });
});

describe('escaping', () => {
  it('puts a 3 behind two zeros that a byte up to 3 follows', () => {
    const escaped = escapeNal(Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0, 3, 0, 0, 4));
    assert.deepEqual([...escaped], [0, 0, 3, 0, 0, 3, 0, 1, 0, 0, 3, 3, 0, 0, 4]);
  });

  // Zeros to threes, for random bytes hardly ever need escaping.
  const bytes = fc.array(fc.oneof(fc.nat(3), fc.nat(255)), { maxLength: 200 }).map((list) => Uint8Array.of(...list, 1));

  it('leaves nothing that looks like a start code', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        const text = Buffer.from(escapeNal(data)).toString('latin1');
        // biome-ignore lint/suspicious/noControlCharactersInRegex: bytes, not text
        assert.doesNotMatch(text, /\0\0[\0-\x02]/);
      }),
    );
  });

  it('is undone exactly', () => {
    fc.assert(fc.property(bytes, (data) => assert.deepEqual(unescapeNal(escapeNal(data)), data)));
  });
});
