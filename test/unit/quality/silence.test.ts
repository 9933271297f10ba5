import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SilenceWatch } from '../../../src/quality/silence.ts';

const BLOCK_MS = (1024 / 48_000) * 1000;

/** Blocks of these sizes, one after the other. */
function heard(sizes: readonly number[]) {
  const watch = new SilenceWatch();
  for (const [n, bytes] of sizes.entries()) watch.sound(bytes, n * BLOCK_MS);
  return watch.stretches.list(sizes.length * BLOCK_MS);
}

test('a single larger block is the encoder at its marks, two are sound', () => {
  const silence = Array.from({ length: 200 }, () => 27);
  assert.equal(heard([...silence, 44, ...silence]).length, 1);
  assert.deepEqual(
    heard([...silence, 44, 44, ...silence]).map(({ toMs }) => toMs),
    [Math.round(200 * BLOCK_MS), null],
  );
});

test('sound that does not come is silence', () => {
  const watch = new SilenceWatch();
  watch.sound(300, 0);
  for (let ms = 0; ms <= 5000; ms += 100) watch.picture(ms);
  assert.deepEqual(watch.stretches.list(5000), [{ fromMs: 21, toMs: null }]);
  watch.sound(300, 6000);
  watch.sound(300, 6000 + BLOCK_MS);
  assert.deepEqual(watch.stretches.list(7000), [{ fromMs: 21, toMs: 6000 }]);
});
