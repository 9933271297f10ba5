/** Types, lint and format, import table, house rules, dead code. Prints each finding as `file:line message`. */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { checkImports } from './check-imports.ts';
import { type Finding, formatFinding } from './finding.ts';
import { checkHouseRules } from './house-rules.ts';
import { parseAnnotations, parseTsc } from './tool-output.ts';

const ROOT = dirname(import.meta.dirname);
const MAX_OUTPUT = 64 * 1024 * 1024;

interface ToolRun {
  readonly failed: boolean;
  readonly output: string;
}

async function runTool(name: string, args: readonly string[]): Promise<ToolRun> {
  const { promise, resolve } = Promise.withResolvers<ToolRun>();
  const options = { cwd: ROOT, maxBuffer: MAX_OUTPUT };
  execFile(join(ROOT, 'node_modules/.bin', name), args, options, (error, stdout, stderr) => {
    resolve({ failed: error !== null, output: stdout + stderr + (error && !stdout && !stderr ? error.message : '') });
  });
  return await promise;
}

/** A tool that fails without a finding we can read has failed all the same: its own words are shown. */
async function findingsOf(
  name: string,
  args: readonly string[],
  parse: (output: string) => Finding[],
): Promise<Finding[]> {
  const run = await runTool(name, args);
  const findings = parse(run.output);
  if (!run.failed || findings.length > 0) return findings;
  return [{ file: 'package.json', line: 1, message: `${name} failed: ${run.output.trim()}` }];
}

const annotations = (output: string): Finding[] => parseAnnotations(output, ROOT);

const checks: Readonly<Record<string, () => Promise<Finding[]>>> = {
  types: async () => await findingsOf('tsc', ['-p', '.', '--pretty', 'false'], parseTsc),
  lint: async () =>
    await findingsOf(
      'biome',
      ['ci', '--error-on-warnings', '--max-diagnostics=none', '--reporter=github'],
      annotations,
    ),
  imports: async () => checkImports(ROOT),
  'house rules': async () => checkHouseRules(ROOT),
  'dead code': async () => await findingsOf('knip', ['--reporter', 'github-actions'], annotations),
};

const results = await Promise.all(
  Object.entries(checks).map(async ([name, check]) => ({ name, findings: await check() })),
);
for (const { name, findings } of results) {
  console.log(`${name}: ${findings.length === 0 ? 'ok' : `${findings.length} found`}`);
  for (const finding of findings) console.log(formatFinding(finding));
}
if (results.some(({ findings }) => findings.length > 0)) process.exitCode = 1;
