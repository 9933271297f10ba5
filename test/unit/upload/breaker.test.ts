import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breaker } from '../../../src/upload/breaker.ts';
import { retryWait, UPLOAD_TIMING } from '../../../src/upload/timing.ts';

const seconds = (failures: number) => failures * 1000;

function attempt(breaker: Breaker, fails: boolean, now: number): void {
  breaker.entered();
  if (fails) breaker.failed(now, seconds);
  else breaker.succeeded();
  breaker.left();
}

test('after a failure nothing is allowed for a while, then one attempt at a time, until one succeeds', () => {
  const breaker = new Breaker();
  assert.ok(breaker.allows(0));
  attempt(breaker, true, 0);
  assert.ok(!breaker.allows(999));
  assert.ok(breaker.allows(1000));
  breaker.entered();
  assert.ok(!breaker.allows(1000));
  breaker.failed(1000, seconds);
  breaker.left();
  assert.ok(!breaker.allows(2999));
  assert.ok(breaker.allows(3000));
  assert.equal(breaker.failingSince, 0);
  attempt(breaker, false, 3000);
  assert.equal(breaker.failingSince, null);
  breaker.entered();
  assert.ok(breaker.allows(3000));
});

test('failures side by side count as one', () => {
  const breaker = new Breaker();
  for (let i = 0; i < 8; i += 1) breaker.entered();
  for (let i = 0; i < 8; i += 1) {
    breaker.failed(i, seconds);
    breaker.left();
  }
  assert.ok(breaker.allows(1000));
});

test('an attempt that tells nothing changes nothing', () => {
  const breaker = new Breaker();
  attempt(breaker, true, 0);
  breaker.entered();
  breaker.left();
  assert.ok(breaker.allows(1000));
  assert.equal(breaker.failingSince, 0);
});

test('waits double up to the longest, and differ from each other', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((failures) => retryWait(UPLOAD_TIMING, failures));
  const longest = [1, 2, 4, 8, 16, 32, 60, 60, 60];
  waits.forEach((wait, i) => {
    const full = (longest[i] ?? 0) * 1000;
    assert.ok(wait > full / 2 && wait <= full, `${wait} of ${full}`);
  });
  assert.notEqual(retryWait(UPLOAD_TIMING, 9), retryWait(UPLOAD_TIMING, 9));
});
