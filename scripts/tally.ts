import { z } from 'zod';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

const unitCounts = z.object({ tests: z.number(), passed: z.number(), skipped: z.number(), todo: z.number() });

const playwrightReport = z.object({
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number() }),
  errors: z.array(z.unknown()),
});

/** What `tally-reporter.ts` wrote. A cancelled test has failed; one marked to do may fail. */
export function parseUnitCounts(json: string): Tally {
  const { tests, passed, skipped, todo } = unitCounts.parse(JSON.parse(json));
  return { passed, failed: tests - passed - skipped - todo };
}

/** Playwright's JSON report. Errors outside of tests, as in the configuration, count as failures. */
export function parsePlaywrightReport(json: string): Tally {
  const { stats, errors } = playwrightReport.parse(JSON.parse(json));
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected + errors.length };
}

/**
 * A part of the run as it counts in the end. A part that ended badly without naming a failed test, or that ran nothing,
 * is one failure, so that the last line never says less than the exit code.
 */
export function judge(tally: Tally, exitCode: number): Tally {
  const isSilentFailure = tally.failed === 0 && (exitCode !== 0 || tally.passed === 0);
  return isSilentFailure ? { passed: tally.passed, failed: 1 } : tally;
}

export function addTallies(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((sum, tally) => sum + tally.passed, 0),
    failed: tallies.reduce((sum, tally) => sum + tally.failed, 0),
  };
}
