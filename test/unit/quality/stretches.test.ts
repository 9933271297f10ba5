import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stretches } from '../../../src/quality/stretches.ts';

test('only stretches of two seconds and more are told', () => {
  const stretches = new Stretches();
  stretches.begin(1000);
  stretches.end(2999);
  stretches.begin(4000.4);
  stretches.end(6000.6);
  assert.deepEqual(stretches.list(9000), [{ fromMs: 4000, toMs: 6001 }]);
});

test('one that goes on is told once it is long enough, and begins once', () => {
  const stretches = new Stretches();
  stretches.begin(1000);
  stretches.begin(2000);
  assert.deepEqual(stretches.list(2900), []);
  assert.deepEqual(stretches.list(3000), [{ fromMs: 1000, toMs: null }]);
  stretches.end(3500);
  stretches.end(9000);
  assert.deepEqual(stretches.list(9000), [{ fromMs: 1000, toMs: 3500 }]);
});

test('none reaches into the one before', () => {
  const stretches = new Stretches();
  stretches.begin(0);
  stretches.end(5000);
  stretches.begin(4000);
  stretches.end(8000);
  assert.deepEqual(stretches.list(9000)[1], { fromMs: 5000, toMs: 8000 });
});

test('the latest hundred are kept', () => {
  const stretches = new Stretches();
  for (let n = 0; n < 150; n += 1) {
    stretches.begin(n * 10_000);
    stretches.end(n * 10_000 + 5000);
  }
  stretches.begin(1_500_000);
  const list = stretches.list(1_600_000);
  assert.equal(list.length, 100);
  assert.deepEqual([list[0]?.fromMs, list[99]], [510_000, { fromMs: 1_500_000, toMs: null }]);
});
