import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Repeats } from '../../../src/quality/repeats.ts';

/** What becomes of pictures at these seconds: `p` seen as pictures, `r` as repeats, `-` a rest before. */
function sieved(seconds: readonly number[], { fps = 30, missingAt = -1 } = {}): string {
  let told = '';
  const repeats = new Repeats<{ atMs: number; missing: number }>({
    fps,
    onPicture: () => {
      told += 'p';
    },
    onRepeat: () => {
      told += 'r';
    },
    onRest: () => {
      told += '-';
    },
  });
  for (const second of seconds) repeats.push({ atMs: second * 1000, missing: second === missingAt ? 1 : 0 });
  repeats.flush();
  return told;
}

test('pictures at a steady rate all go through', () => {
  for (const fps of [3, 4, 5, 15, 60]) {
    const seconds = Array.from({ length: 20 }, (_, i) => i / fps);
    assert.equal(sieved(seconds, { fps }), 'p'.repeat(20));
  }
});

test('those that come once a second, and key frames between them, are repeats', () => {
  assert.equal(sieved([0, 0.117, 0.15, 1.15, 2.15, 3.15, 3.4, 4.4]), 'ppp-r-r-rr-r');
});

test('what is drawn after a rest is told', () => {
  assert.equal(sieved([0, 0.117, 0.15, 1, 1.117, 1.15, 2, 2.117, 2.15]), 'ppp-ppp-ppp');
});

test('a gap in which pictures were lost is no rest', () => {
  assert.equal(sieved([0, 0.033, 0.066, 1.066, 1.1], { missingAt: 1.066 }), 'ppppp');
});
