import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { COLUMNS, decodeCells, encodeCells, ROWS } from '../../probe/barcode.ts';

// The pages are plain JavaScript without types.
const { drawBarcode } = await import(new URL('../../pages/barcode.js', import.meta.url).href);

const CELLS = COLUMNS * ROWS;
const lumaOf = (cells: readonly boolean[]) => cells.map((white) => (white ? 250 : 5));

test('every number comes back', () => {
  fc.assert(fc.property(fc.nat(0xffffff), (number) => assert.equal(decodeCells(lumaOf(encodeCells(number))), number)));
});

test('a wrong cell, or two, are noticed', () => {
  const position = fc.nat(CELLS - 1);
  fc.assert(
    fc.property(fc.nat(0xffffff), position, position, (number, a, b) => {
      const cells = encodeCells(number);
      for (const at of new Set([a, b])) cells[at] = !cells[at];
      assert.equal(decodeCells(lumaOf(cells)), null);
    }),
  );
});

test('black, white, gray and missing strips are no code', () => {
  for (const luma of [0, 255, 128]) assert.equal(decodeCells(Array(CELLS).fill(luma)), null);
  assert.equal(decodeCells([]), null);
});

test('the page draws what the probe reads', () => {
  for (const number of [0, 1, 2, 1000, 123_456, 0xffffff]) {
    const cells: boolean[] = [];
    const canvas = { fillStyle: '', fillRect: () => cells.push(canvas.fillStyle === '#fff') };
    drawBarcode(canvas, number, 1280);
    assert.deepEqual(cells, encodeCells(number));
  }
});
