import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GRABS, grabToKeep } from '../../../src/encode/grabs.ts';
import { refreshRate } from '../../../src/recording/plan.ts';

const START_MS = 1_795_348_800_000;
const clocks = fc.record({
  grabStartMs: fc.double({ min: START_MS, max: START_MS + 1000, noNaN: true }),
  frameStartMs: fc.double({ min: START_MS, max: START_MS + 1000, noNaN: true }),
  fps: fc.integer({ min: 1, max: 60 }),
});
const from = fc.double({ min: START_MS + 1000, max: START_MS + 5000, noNaN: true });
const later = fc.integer({ min: 0, max: 720 * 3_600_000 });

function distance(a: number, b: number, interval: number): number {
  const rest = (((a - b) % interval) + interval) % interval;
  return Math.min(rest, interval - rest);
}

test('the grab to keep is at least a quarter of an interval away from the drawing of the page', () => {
  fc.assert(
    fc.property(clocks, from, later, (one, fromMs, afterMs) => {
      const interval = 1000 / refreshRate(one.fps);
      const kept = grabToKeep(one, fromMs, fromMs + afterMs);
      const drawn = one.frameStartMs + Math.min(7, interval / 2);
      assert.ok(distance(kept, drawn, interval) > interval / 4 - 0.1);
    }),
  );
});

test('the grab to keep is one of those that are made, near the moment asked for', () => {
  fc.assert(
    fc.property(clocks, from, later, (one, fromMs, afterMs) => {
      const step = Math.round(1e6 / (GRABS * refreshRate(one.fps))) / 1000;
      const kept = grabToKeep(one, fromMs, fromMs + afterMs);
      assert.ok(distance(kept, one.grabStartMs, step) < 0.01);
      assert.ok(Math.abs(kept - fromMs - afterMs) <= 500 / one.fps + 2 * step + 0.01);
    }),
  );
});

test('the first grab to keep comes right after the beginning, however few are kept, and the others at whole frames from it', () => {
  fc.assert(
    fc.property(clocks, from, fc.nat(1000), (one, fromMs, frames) => {
      const step = 1000 / (GRABS * refreshRate(one.fps));
      const after = (ms: number) => (((ms - fromMs) % (1000 / one.fps)) + 1000 / one.fps + 0.1) % (1000 / one.fps);
      for (const at of [fromMs - 300, fromMs + (frames * 1000) / one.fps]) {
        const late = after(grabToKeep(one, fromMs, at));
        assert.ok(late <= 2 * step + 0.2, `${late} ms`);
      }
    }),
  );
});
