import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GRABS, grabToKeep } from '../../../src/encode/grabs.ts';

const START_MS = 1_795_348_800_000;
const clocks = fc.record({
  grabStartMs: fc.double({ min: START_MS, max: START_MS + 1000, noNaN: true }),
  frameStartMs: fc.double({ min: START_MS, max: START_MS + 1000, noNaN: true }),
  fps: fc.integer({ min: 5, max: 60 }),
});
const later = fc.integer({ min: 0, max: 720 * 3_600_000 });

function distance(a: number, b: number, interval: number): number {
  const rest = (((a - b) % interval) + interval) % interval;
  return Math.min(rest, interval - rest);
}

test('the grab to keep is at least a quarter of an interval away from the drawing of the page', () => {
  fc.assert(
    fc.property(clocks, later, (one, afterMs) => {
      const interval = 1000 / one.fps;
      const kept = grabToKeep(one, START_MS + afterMs);
      const drawn = one.frameStartMs + Math.min(7, interval / 2);
      assert.ok(distance(kept, drawn, interval) > interval / 4 - 0.1);
    }),
  );
});

test('the grab to keep is one of those that are made, near the moment asked for', () => {
  fc.assert(
    fc.property(clocks, later, (one, afterMs) => {
      const step = Math.round(1e6 / (GRABS * one.fps)) / 1000;
      const kept = grabToKeep(one, START_MS + afterMs);
      assert.ok(distance(kept, one.grabStartMs, step) < 0.01);
      assert.ok(Math.abs(kept - START_MS - afterMs) <= 1.5 * step + 0.01);
    }),
  );
});
