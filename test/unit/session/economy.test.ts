import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EconomyRule } from '../../../src/session/economy.ts';

const GOOD = { pictures: 30, late: 0, lost: 0, queued: 0 };
const LATE = { pictures: 30, late: 6, lost: 0, queued: 2 };
const LOST = { pictures: 30, late: 0, lost: 1, queued: 8 };

/** Looks each second. @returns the steps with their seconds */
function steps(loads: readonly (typeof GOOD)[], quickerOnes = 1): [number, string][] {
  const rule = new EconomyRule();
  let left = quickerOnes;
  return loads.flatMap((load, second) => {
    const step = rule.look(load, 1_000_000 + second * 1000, left > 0);
    if (step === 'quicker_encoder') left -= 1;
    return step === null ? [] : [[second, step] as [number, string]];
  });
}

const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

test('a recording that keeps up stays as it is, and so does one that hiccups', () => {
  assert.deepEqual(steps(times(60, GOOD)), []);
  assert.deepEqual(steps([...times(10, GOOD), LOST, LATE, ...times(4, GOOD), LOST, ...times(20, GOOD)]), []);
});

test('three bad seconds of five make the encoder quicker', () => {
  assert.deepEqual(steps([...times(10, GOOD), LOST, GOOD, LATE, GOOD, LOST, ...times(20, GOOD)]), [
    [14, 'quicker_encoder'],
  ]);
});

test('each step has five seconds to work, and when there is no quicker encoder the rate is halved, once', () => {
  assert.deepEqual(steps(times(60, LATE), 2), [
    [7, 'quicker_encoder'],
    [14, 'quicker_encoder'],
    [21, 'half_rate'],
  ]);
  assert.deepEqual(steps(times(60, LOST), 0), [[7, 'half_rate']]);
});

test('a step that helped is the last one, and is not undone', () => {
  assert.deepEqual(steps([...times(8, LOST), ...times(300, GOOD)], 3), [[7, 'quicker_encoder']]);
});

test('an encoder that takes the place of another after the rate was halved can be made quicker too', () => {
  const rule = new EconomyRule();
  const at = (second: number, hasQuicker: boolean) => rule.look(LOST, second * 1000, hasQuicker);
  const halved = Array.from({ length: 10 }, (_, second) => at(second, false));
  assert.deepEqual(halved.filter(Boolean), ['half_rate']);
  const after = Array.from({ length: 10 }, (_, second) => at(second + 10, true));
  assert.ok(after.includes('quicker_encoder'));
});

test('a few late pictures of a page that hardly changes are no pressure', () => {
  assert.deepEqual(steps(times(60, { pictures: 2, late: 2, lost: 0, queued: 0 })), []);
  assert.deepEqual(steps(times(60, { pictures: 60, late: 5, lost: 0, queued: 0 })), []);
});
