import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFacts } from '../../probe/facts.ts';

// The pages are plain JavaScript without types.
const { drawFacts } = await import(new URL('../../pages/facts.js', import.meta.url).href);

test('the page shows what the probe reads', () => {
  for (const width of [240, 360, 1280]) {
    const picture = { width, height: width, data: Buffer.alloc(width * width * 3, 128) };
    const canvas = {
      fillStyle: '',
      fillRect(x: number, y: number, w: number, h: number) {
        const value = canvas.fillStyle === '#fff' ? 255 : 0;
        for (let row = y; row < y + h; row += 1)
          picture.data.fill(value, (row * width + x) * 3, (row * width + x + w) * 3);
      },
    };
    drawFacts(canvas, [0, 1280, 65_535], width);
    assert.deepEqual(readFacts(picture, 4), [0, 1280, 65_535, null]);
  }
});
