import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Evidence } from '../../../src/session/evidence.ts';

test('a long history keeps its beginning and its end', () => {
  const evidence = new Evidence();
  for (let i = 0; i < 2000; i += 1) evidence.note(String(i));
  const texts = evidence.history.map(({ text }) => Number(text));
  assert.equal(texts.length, 500);
  assert.deepEqual([texts[0], texts[99], texts[100], texts[499]], [0, 99, 1600, 1999]);
  assert.ok(evidence.history.every(({ atMs }) => Math.abs(atMs - Date.now()) < 60_000));
});
