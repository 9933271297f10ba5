import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Patience } from '../../../src/session/patience.ts';

test('it ends at so many looks in a row, and begins anew', () => {
  const patience = new Patience(3);
  const looks = [true, true, false, true, true, true, true, true, true, false];
  assert.deepEqual(
    looks.map((amiss) => patience.look(amiss)),
    [false, false, false, false, false, true, false, false, true, false],
  );
});
