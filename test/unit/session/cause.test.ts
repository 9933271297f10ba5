import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, RecorderError } from '../../../src/errors.ts';
import { causeOf } from '../../../src/session/cause.ts';

test('a failure is the cause of an end, now, in its own words', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 123_456 });
  assert.deepEqual(causeOf(new RecorderError('disk_full', 'expected room')), {
    reason: 'disk_full',
    detail: 'expected room',
    atMs: 123_456,
  });
});

test('each kind of failure has its reason; what is of no known kind is internal', () => {
  const reasons: readonly (readonly [ErrorCode, string])[] = [
    ['page_unreachable', 'page_unreachable'],
    ['page_timeout', 'page_timeout'],
    ['browser_failed', 'browser_failed'],
    ['display_failed', 'browser_failed'],
    ['sound_failed', 'browser_failed'],
    ['missing_program', 'browser_failed'],
    ['encoder_failed', 'encoder_failed'],
    ['wrong_state', 'internal'],
    ['internal', 'internal'],
  ];
  for (const [code, reason] of reasons) assert.equal(causeOf(new RecorderError(code, '')).reason, reason, code);
});

test('whatever is thrown has a cause', () => {
  const { reason, detail } = causeOf(new TypeError('a slip'));
  assert.deepEqual({ reason, detail }, { reason: 'internal', detail: 'a slip' });
  assert.equal(causeOf('only text').detail, 'only text');
  assert.equal(causeOf(undefined).detail, 'undefined');
});
