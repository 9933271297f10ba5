import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addTallies, judge, parsePlaywrightReport, parseUnitCounts } from '../../../scripts/tally.ts';

describe('parseUnitCounts', () => {
  it('counts what neither passed nor was left out as failed', () => {
    const counts = { tests: 10, passed: 5, failed: 1, cancelled: 1, skipped: 2, todo: 1, suites: 3, topLevel: 4 };
    assert.deepEqual(parseUnitCounts(JSON.stringify(counts)), { passed: 5, failed: 2 });
  });

  it('refuses what is no report', () => {
    assert.throws(() => parseUnitCounts(''));
    assert.throws(() => parseUnitCounts('{"passed":1}'));
  });
});

describe('parsePlaywrightReport', () => {
  it('counts a test that passed at the second try as passed, and an error outside of tests as failed', () => {
    const report = { stats: { expected: 3, unexpected: 1, flaky: 1, skipped: 7 }, errors: [{ message: 'no' }] };
    assert.deepEqual(parsePlaywrightReport(JSON.stringify(report)), { passed: 4, failed: 2 });
  });
});

describe('judge', () => {
  it('leaves a good run and a run with failures alone', () => {
    assert.deepEqual(judge({ passed: 3, failed: 0 }, 0), { passed: 3, failed: 0 });
    assert.deepEqual(judge({ passed: 3, failed: 2 }, 1), { passed: 3, failed: 2 });
  });

  it('counts a run that ran nothing, or ended badly without a failed test, as a failure', () => {
    assert.deepEqual(judge({ passed: 0, failed: 0 }, 0), { passed: 0, failed: 1 });
    assert.deepEqual(judge({ passed: 3, failed: 0 }, 1), { passed: 3, failed: 1 });
  });
});

describe('addTallies', () => {
  it('sums', () => {
    assert.deepEqual(
      addTallies([
        { passed: 1, failed: 2 },
        { passed: 3, failed: 4 },
      ]),
      { passed: 4, failed: 6 },
    );
  });
});
