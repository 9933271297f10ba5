import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeCadence, median } from '../../probe/cadence.ts';

const seconds = (count: number) => Array.from({ length: count }, (_, i) => i + 0.5);
const near = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-6, `${actual}`);

test('a constant offset has no spread and no drift', () => {
  const cadence = judgeCadence(
    seconds(10),
    seconds(10).map((time) => time - 0.03),
  );
  near(cadence.median, -30);
  near(cadence.worst, -30);
  near(cadence.spread, 0);
  near(cadence.drift, 0);
});

test('drift is the change over the whole file', () => {
  near(
    judgeCadence(
      seconds(601),
      seconds(601).map((time, i) => time + i / 60_000),
    ).drift,
    10,
  );
});

test('what has no partner is counted, and does not move the others', () => {
  const cadence = judgeCadence([1, 2, 3, 5], [0.2, 1.01, 3.01, 4.01, 5.01]);
  assert.equal(cadence.pairs, 3);
  assert.equal(cadence.flashesAlone, 1);
  assert.equal(cadence.beepsAlone, 2);
  near(cadence.median, 10);
});

test('nothing to judge', () => {
  assert.ok(Number.isNaN(judgeCadence([], [1]).median));
  assert.ok(Number.isNaN(median([])));
});
