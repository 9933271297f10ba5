import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, RecorderError } from '../../../src/errors.ts';
import { causeOf, troubleOf } from '../../../src/session/cause.ts';

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

test('what the page itself cannot be blamed for is a trouble of its stage', () => {
  const reasonOf = (error: unknown) => troubleOf(error).reason;
  assert.equal(reasonOf(new RecorderError('page_lost', '')), 'page_crashed');
  assert.equal(reasonOf(new RecorderError('page_unreachable', '')), 'navigation_error');
  assert.equal(reasonOf(new RecorderError('page_timeout', '')), 'page_load_timeout');
  for (const code of ['browser_lost', 'browser_failed', 'display_failed', 'sound_failed'] as const)
    assert.equal(reasonOf(new RecorderError(code, '')), 'browser_lost');
  assert.equal(reasonOf(new TypeError('x')), 'browser_lost');
  assert.deepEqual(troubleOf(new RecorderError('page_lost', 'why'), 7), {
    ...{ reason: 'page_crashed', detail: 'why', atMs: 7 },
  });
});
