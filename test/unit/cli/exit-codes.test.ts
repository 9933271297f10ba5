import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT, exitCodeFor } from '../../../src/cli/exit-codes.ts';

test('each outcome has its exit code', () => {
  assert.equal(exitCodeFor({ outcome: 'complete', reason: 'requested' }), 0);
  assert.equal(exitCodeFor({ outcome: 'partial', reason: 'disk_full' }), 4);
  assert.equal(exitCodeFor({ outcome: 'failed', reason: 'browser_failed' }), 5);
  assert.equal(exitCodeFor({ outcome: 'aborted', reason: 'requested' }), 130);
});

test('a page that could not be recorded has a code of its own, unless something was', () => {
  assert.equal(exitCodeFor({ outcome: 'failed', reason: 'page_unreachable' }), 3);
  assert.equal(exitCodeFor({ outcome: 'failed', reason: 'page_timeout' }), 3);
  assert.equal(exitCodeFor({ outcome: 'partial', reason: 'page_timeout' }), 4);
});

test('no two codes are the same, and only success is zero', () => {
  const codes = Object.values(EXIT);
  assert.deepEqual([...new Set(codes)], codes);
  assert.deepEqual(
    codes.filter((code) => code === 0),
    [EXIT.complete],
  );
});
