import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStat, startMetered } from '../../../scripts/bench/meter.ts';

const BURN = 'const until = process.cpuUsage().user + 4e5; while (process.cpuUsage().user < until);';

test('a line of /proc/PID/stat whose name looks like more fields', () => {
  const line = '42 (a (b) R 7) S 41 42 42 0 -1 4194304 1 2 3 4 150 50 30 20 20 0 1 0 99';
  assert.deepEqual(parseStat(line), { pid: 42, name: 'a (b) R 7', parent: 41, own: 2, ended: 0.5 });
});

test('the time of a process whose parent is gone, and which has itself ended, is counted', async () => {
  const script = `(${process.execPath} -e '${BURN}' &) ; sleep 2`;
  await using run = startMetered({ argv: ['sh', '-c', script] });
  await new Promise((resolve) => setTimeout(resolve, 1800));
  const { total, parts } = run.sample();
  assert.equal(run.runs('node'), false);
  assert.equal(run.runs('sleep'), true);
  assert.ok(total >= 0.4 && total < 0.8, `${total}`);
  assert.ok((parts.get('ended') ?? 0) >= 0.4);
  assert.equal((await run.ended).code, 0);
});

test('exit code, output, and what is left behind', async () => {
  await using run = startMetered({ argv: ['sh', '-c', 'echo out; echo err >&2; sleep 100 & exit 3'] });
  const { code, stdout, stderr } = await run.ended;
  assert.deepEqual([code, stdout], [3, 'out\n']);
  assert.match(stderr, /^err\nreaper: left behind: \d+\n$/);
});
