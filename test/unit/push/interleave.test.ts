import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Interleaver } from '../../../src/push/interleave.ts';
import { sample } from '../../support/rtmp-samples.ts';

test('picture and sound that are a constant apart come out in one order of time, all of them', () => {
  const shift = fc.integer({ min: -500, max: 500 });
  fc.assert(
    fc.property(shift, fc.integer({ min: 5, max: 60 }), (shiftMs, fps) => {
      // By the time of capture.
      const pictures = Array.from({ length: 3 * fps }, (_, i) => ({ at: (i * 1000) / fps, kind: 'video' as const }));
      const sounds = Array.from({ length: 140 }, (_, i) => ({ at: i * 21.3, kind: 'audio' as const }));
      const given = [...pictures, ...sounds].sort((a, b) => a.at - b.at);
      const order = new Interleaver();
      const samples = given.map(({ at, kind }) => sample({ kind, ms: kind === 'audio' ? at + shiftMs : at }));
      const out = [...samples.flatMap((one) => order.push(one)), ...order.flush()];
      assert.equal(out.length, given.length);
      assert.deepEqual(
        out,
        out.toSorted((a, b) => a.ms - b.ms),
      );
    }),
  );
});

test('what waits is given out after three seconds when the other kind does not come any more', () => {
  const order = new Interleaver();
  const out = Array.from({ length: 40 }, (_, i) => order.push(sample({ ms: i * 150 }))).flat();
  assert.equal(out.length, 40 - 21);
  assert.equal(order.flush().length, 21);
  assert.deepEqual(order.flush(), []);
});
