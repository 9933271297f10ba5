import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep, until, within } from '../../../src/kit/deadline.ts';

const never = new Promise<string>(() => {});
const late = () => new Error('too late');

test('work that is done in time gives its value, or its own error', async () => {
  assert.equal(await within(60_000, Promise.resolve('value'), late), 'value');
  await assert.rejects(within(60_000, Promise.reject(new TypeError('own')), late), { message: 'own' });
});

test('work that is not done in time is rejected with the error asked for', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const made = t.mock.fn(late);
  const waiting = within(1_000, never, made);
  t.mock.timers.tick(999);
  assert.equal(made.mock.callCount(), 0);
  t.mock.timers.tick(1);
  await assert.rejects(waiting, { message: 'too late' });
});

test('the timer is cleared once the work is done', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const made = t.mock.fn(late);
  await within(1_000, Promise.resolve(), made);
  t.mock.timers.tick(5_000);
  assert.equal(made.mock.callCount(), 0);
});

test('a probe is asked until it says yes', async () => {
  let asked = 0;
  const yes = await until(60_000, 1, () => {
    asked += 1;
    return asked === 4;
  });
  assert.deepEqual([yes, asked], [true, 4]);
});

test('a probe that never says yes is given up, after being asked at least once', async () => {
  let asked = 0;
  const yes = await until(0, 1, async () => {
    asked += 1;
    return false;
  });
  assert.equal(yes, false);
  assert.ok(asked >= 1);
});

test('what a probe throws is not swallowed', async () => {
  await assert.rejects(
    until(60_000, 1, () => Promise.reject(new Error('broken'))),
    { message: 'broken' },
  );
});

test('sleeping for less than no time is a turn of the loop', async () => {
  await sleep(-1_000);
});
