import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlackWatch } from '../../../src/quality/black.ts';

const SIZE = { width: 1280, height: 720 };
const PLAIN = 333;
const FULL = 60_000;

/** Key frames every two seconds, each looked at with this answer. */
function watchFor(answer: () => Promise<number | null>) {
  const looks: number[] = [];
  let now = 0;
  const watch = new BlackWatch(SIZE, () => {
    looks.push(now);
    return answer();
  });
  async function key(second: number, bytes: number, sameSince = 0): Promise<void> {
    now = second;
    const stream = () => Buffer.alloc(188);
    watch.keyFrame({ bytes, atMs: second * 1000, sameSinceMs: sameSince * 1000, wallMs: second * 1000, stream });
    await watch.looked();
  }
  return { watch, key, looks };
}

test('one look is enough for a black screen on which nothing moves', async () => {
  const { watch, key, looks } = watchFor(async () => 5);
  await key(0, FULL);
  for (let second = 2; second < 60; second += 2) await key(second, PLAIN, 1);
  assert.deepEqual(looks, [2]);
  watch.picture(58_500, 58_500);
  await key(60, FULL, 59);
  assert.deepEqual(watch.stretches.list(70_000), [{ fromMs: 1000, toMs: 58_500 }]);
});

test('a plain screen that is not black is no such stretch', async () => {
  const { watch, key, looks } = watchFor(async () => 255);
  for (let second = 0; second < 60; second += 2) await key(second, PLAIN);
  assert.equal(looks.length, 1);
  assert.deepEqual(watch.stretches.list(60_000), []);
});

test('a plain screen on which something moves is looked at again, every ten seconds at most; what was not seen is not told', async () => {
  let brightest = 5;
  const { watch, key, looks } = watchFor(async () => brightest);
  for (let second = 0; second < 30; second += 2) {
    brightest = second < 15 ? 5 : 255;
    await key(second, PLAIN, second - 0.5);
  }
  assert.deepEqual(looks, [0, 10, 20]);
  assert.deepEqual(watch.stretches.list(30_000), [{ fromMs: 0, toMs: 11_500 }]);
});

test('a look that fails says nothing, and is tried again later', async () => {
  let fails = true;
  const { watch, key, looks } = watchFor(async () => {
    if (fails) throw new Error('no decoder');
    return 5;
  });
  await key(0, PLAIN);
  fails = false;
  for (let second = 2; second <= 12; second += 2) await key(second, PLAIN);
  assert.deepEqual(looks, [0, 10]);
  assert.deepEqual(watch.stretches.list(14_000), [{ fromMs: 0, toMs: null }]);
});

test('a look that comes when the screen has changed already says nothing', async () => {
  const answer = Promise.withResolvers<number>();
  const { watch, key } = watchFor(() => answer.promise);
  const looking = key(0, PLAIN);
  void key(2, FULL);
  answer.resolve(5);
  await looking;
  assert.equal(watch.stretches.open, false);
});

test('a black screen at the end of a recording ends where something else came, or with it', async () => {
  for (const [changedAt, toMs] of [
    [6500, 6500],
    [null, 8000],
  ] as const) {
    const { watch, key } = watchFor(async () => 5);
    await key(0, PLAIN);
    await key(5, PLAIN);
    if (changedAt !== null) watch.picture(changedAt, changedAt);
    watch.end(8000);
    assert.deepEqual(watch.stretches.list(8000), [{ fromMs: 0, toMs }]);
  }
});

test('of a plain screen that was never looked at nothing is told', async () => {
  const { watch, key, looks } = watchFor(async () => 5);
  await key(0, PLAIN);
  // Another one, too soon for another look.
  await key(5, PLAIN, 3);
  watch.end(8000);
  assert.deepEqual(looks, [0]);
  assert.deepEqual(watch.stretches.list(8000), [{ fromMs: 0, toMs: 3000 }]);
});
