import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RETRIES, waitAfterFailure } from '../../../src/callback/retry.ts';

/** Seconds after the event at which a receiver that refuses at once is tried. */
function attemptsS(firstS: number): number[] {
  const tries = [firstS];
  for (let attempts = 0; ; attempts += 1) {
    const nowMs = (tries.at(-1) ?? 0) * 1000;
    const waitMs = waitAfterFailure({ eventMs: 0, attempts }, nowMs, RETRIES);
    if (waitMs === null) return tries;
    tries.push((nowMs + waitMs) / 1000);
  }
}

test('tries again at once, then ever more rarely, and for the last time an hour after the event', () => {
  const tries = attemptsS(0);
  assert.deepEqual(tries.slice(0, 9), [0, 0, 2, 12, 42, 102, 402, 702, 1002]);
  assert.equal(tries.at(-1), 3600);
  assert.ok(tries.every((at, i) => i === 0 || at - (tries[i - 1] ?? 0) <= 300));
});

test('what waited for its turn longer than that is tried once', () => {
  assert.deepEqual(attemptsS(5000), [5000]);
});
