import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineRing } from '../../../src/kit/line-ring.ts';

test('text that arrives in pieces of any size gives the same lines', () => {
  const text = fc.array(fc.constantFrom('a', 'bc', ' ', '\n', '\r', '\r\n', 'é'), { maxLength: 40 });
  fc.assert(
    fc.property(text, (pieces) => {
      const ring = new LineRing(100);
      const lines = pieces.flatMap((piece) => ring.feed(piece));
      const all = pieces.join('').split(/[\r\n]/);
      const rest = all.pop() ?? '';
      const whole = all.filter((line) => line !== '');
      assert.deepEqual(lines, whole);
      assert.deepEqual(ring.last(100), rest === '' ? whole : [...whole, rest]);
    }),
  );
});

test('only the last lines are kept', () => {
  const ring = new LineRing(3);
  for (let i = 0; i < 10; i += 1) ring.push(`line ${i}`);
  assert.deepEqual(ring.last(100), ['line 7', 'line 8', 'line 9']);
  assert.deepEqual(ring.last(2), ['line 8', 'line 9']);
});

test('a line that has no end yet is among the last ones', () => {
  const ring = new LineRing(3);
  assert.deepEqual(ring.feed('done\nhalf'), ['done']);
  assert.deepEqual(ring.last(1), ['half']);
  assert.deepEqual(ring.feed(' and whole\n'), ['half and whole']);
  assert.deepEqual(ring.last(3), ['done', 'half and whole']);
});
