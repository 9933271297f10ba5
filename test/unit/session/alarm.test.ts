import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Alarm } from '../../../src/session/alarm.ts';

const START = 1_000_000;
const DAY = 86_400_000;

function set(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: START });
  const call = t.mock.fn();
  return { alarm: new Alarm(), call, count: () => call.mock.callCount(), tick: (ms: number) => t.mock.timers.tick(ms) };
}

test('the alarm calls once, at its moment and not before', (t) => {
  const { alarm, call, count, tick } = set(t);
  alarm.at(START + 5_000, call);
  tick(4_999);
  assert.equal(count(), 0);
  tick(1);
  assert.equal(count(), 1);
  tick(DAY);
  assert.equal(count(), 1);
});

test('a moment that has passed is now, but never within the call itself', (t) => {
  const { alarm, call, count, tick } = set(t);
  alarm.at(START - 10, call);
  assert.equal(count(), 0);
  tick(1);
  assert.equal(count(), 1);
});

test('thirty days are no less, although a timer runs less than 25', (t) => {
  const { alarm, call, count, tick } = set(t);
  alarm.at(START + 30 * DAY, call);
  for (let day = 1; day < 30; day += 1) tick(DAY);
  tick(DAY - 1);
  assert.equal(count(), 0);
  tick(1);
  assert.equal(count(), 1);
});

test('without an end it never calls', (t) => {
  const { alarm, call, count, tick } = set(t);
  alarm.at(Number.POSITIVE_INFINITY, call);
  for (let day = 0; day < 100; day += 1) tick(DAY);
  assert.equal(count(), 0);
});

test('cleared, it does not call, also far from its moment', (t) => {
  const { alarm, call, count, tick } = set(t);
  alarm.clear();
  alarm.at(START + 20 * DAY, call);
  for (let day = 0; day < 15; day += 1) tick(DAY);
  alarm.clear();
  for (let day = 0; day < 15; day += 1) tick(DAY);
  assert.equal(count(), 0);
});

test('a new moment takes the place of the old one', (t) => {
  const { alarm, call, count, tick } = set(t);
  alarm.at(START + 10, call);
  alarm.at(START + 30, call);
  tick(20);
  assert.equal(count(), 0);
  tick(10);
  assert.equal(count(), 1);
});
