/**
 * All checks and tests, or the part named by the first argument; what follows is passed on to that part.
 * The last line is `N passed, N failed`; a failed check counts as one failure.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { addTallies, judge, parsePlaywrightReport, parseUnitCounts, type Tally } from './tally.ts';

const ROOT = dirname(import.meta.dirname);
const USAGE = 'usage: scripts/test [check | unit [FILE...] | e2e [ARGUMENT OF PLAYWRIGHT...]]';
const EXIT_USAGE = 64;
const NOTHING_RAN: Tally = { passed: 0, failed: 0 };

type Part = (args: readonly string[], folder: string) => Promise<Tally>;

const parts: Readonly<Record<string, Part>> = { check: runChecks, unit: runUnitTests, e2e: runEndToEndTests };

async function runChecks(): Promise<Tally> {
  const exitCode = await runNode([join(ROOT, 'scripts/check.ts')]);
  return { passed: 0, failed: exitCode === 0 ? 0 : 1 };
}

async function runUnitTests(args: readonly string[], folder: string): Promise<Tally> {
  const counts = join(folder, 'unit.json');
  const exitCode = await runNode([
    '--test',
    // Most of them wait for something; by itself Node runs one file at a time on two cores.
    '--test-concurrency=2',
    '--test-reporter=dot',
    '--test-reporter-destination=stdout',
    `--test-reporter=${join(ROOT, 'scripts/tally-reporter.ts')}`,
    `--test-reporter-destination=${counts}`,
    ...(args.length > 0 ? args : ['test/unit/**/*.test.ts']),
  ]);
  return judge(readTally(counts, parseUnitCounts), exitCode);
}

/** Tests that measure what a busy machine would spoil are tagged `@alone`, and come last. */
async function runEndToEndTests(args: readonly string[], folder: string): Promise<Tally> {
  if (args.length > 0) return await runPlaywright(args, folder);
  const together = await runPlaywright(['--grep-invert', '@alone'], folder);
  return addTallies([together, await runPlaywright(['--grep', '@alone', '--workers=1'], folder)]);
}

async function runPlaywright(args: readonly string[], folder: string): Promise<Tally> {
  const report = join(folder, 'e2e.json');
  const playwright = join(ROOT, 'node_modules/@playwright/test/cli.js');
  const exitCode = await runNode([playwright, 'test', '--config=test', ...args, '--reporter=list,json'], {
    PLAYWRIGHT_JSON_OUTPUT_FILE: report,
  });
  return judge(readTally(report, parsePlaywrightReport), exitCode);
}

function readTally(file: string, parse: (json: string) => Tally): Tally {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch {
    // The runner died before its report; its exit code and words tell why.
    return NOTHING_RAN;
  }
}

async function runNode(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } });
  const forward = (signal: NodeJS.Signals): boolean => child.kill(signal);
  // Ctrl-C reaches the child by itself; here it must only not end us before the child has cleaned up.
  const ignore = (): void => {};
  process.on('SIGTERM', forward).on('SIGINT', ignore);
  child.on('error', reject);
  child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  try {
    return await promise;
  } finally {
    process.off('SIGTERM', forward).off('SIGINT', ignore);
  }
}

async function runParts(names: readonly string[], args: readonly string[]): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'tapehead-report-'));
  try {
    const tallies: Tally[] = [];
    for (const name of names) {
      console.log(`\n== ${name}`);
      tallies.push((await parts[name]?.(args, folder)) ?? NOTHING_RAN);
    }
    return addTallies(tallies);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [name, ...args] = process.argv.slice(2);
if (name !== undefined && !Object.hasOwn(parts, name)) {
  console.error(USAGE);
  process.exitCode = EXIT_USAGE;
} else {
  const { passed, failed } = await runParts(name === undefined ? Object.keys(parts) : [name], args);
  console.log(`\n${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}
