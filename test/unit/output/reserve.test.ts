import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { Reserve } from '../../../src/output/reserve.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

test('the reserve takes up real room until it is released, which may be said twice', async () => {
  await using folder = await makeTempFolder();
  const path = folder.file('x.reserve');
  const reserve = new Reserve(path);
  await reserve.fill();
  const { size, blocks } = statSync(path);
  assert.ok(size >= 200 * 1024);
  assert.ok(blocks * 512 >= size);
  await reserve.release();
  assert.equal(existsSync(path), false);
  await reserve.release();
});

test('a full disk shows when the reserve is filled', async () => {
  await assert.rejects(new Reserve('/dev/full').fill(), { code: 'ENOSPC' });
});
