import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deviceFor } from '../../../src/browser/device.ts';

const length = fc.integer({ min: 240, max: 1920 });

test('the viewport times its ratio is the picture, in whole CSS pixels', () => {
  fc.assert(
    fc.property(length, length, fc.boolean(), (width, height, mobile) => {
      const { viewport, pixelRatio, mobile: phone } = deviceFor({ width, height }, mobile);
      assert.deepEqual([viewport.width * pixelRatio, viewport.height * pixelRatio], [width, height]);
      assert.ok(Number.isInteger(viewport.width) && Number.isInteger(viewport.height));
      assert.equal(phone, mobile);
      if (pixelRatio > 1) assert.ok(Math.min(viewport.width, viewport.height) >= 360);
    }),
    { numRuns: 500 },
  );
});

test('a desktop has one pixel to one CSS pixel', () => {
  assert.deepEqual(deviceFor({ width: 1440, height: 1440 }, false), {
    ...{ viewport: { width: 1440, height: 1440 }, pixelRatio: 1, mobile: false },
  });
});

test('a phone has the largest ratio that leaves its width', () => {
  const ratio = (width: number, height: number) => deviceFor({ width, height }, true).pixelRatio;
  assert.equal(ratio(720, 1280), 2);
  assert.equal(ratio(1280, 720), 2);
  assert.equal(ratio(1080, 1920), 3);
  assert.equal(ratio(1440, 1440), 4);
  assert.equal(ratio(719, 1280), 1);
  assert.equal(ratio(360, 640), 1);
  assert.equal(ratio(722, 1281), 1);
});
