import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStat, startMetered } from '../../../scripts/bench/meter.ts';

/** Works for about 0.4 s of CPU time and says how much it was. */
const BURN = `
  const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
  while (used() < 0.4) for (let i = 0; i < 1e6; i += 1);
  console.log(used());`;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('a line of /proc/PID/stat whose name looks like more fields', () => {
  const line = '42 (a (b) R 7) S 41 42 42 0 -1 4194304 1 2 3 4 150 50 30 20 20 0 1 0 99';
  assert.deepEqual(parseStat(line), { pid: 42, name: 'a (b) R 7', parent: 41, own: 2, ended: 0.5 });
});

test('the time of a process whose parent is gone, and which has itself ended, is counted', async () => {
  await using run = startMetered({ argv: ['sh', '-c', '("$0" -e "$1" &) ; sleep 3', process.execPath, BURN] });
  const endedTime = () => run.sample().parts.get('ended') ?? 0;
  await until(() => endedTime() > 0.3);
  const { total } = run.sample();
  assert.equal(run.runs('sleep'), true);
  const used = Number((await run.ended).stdout);
  assert.ok(used >= 0.4);
  assert.ok(Math.abs(total - used) < 0.15, `${total} measured, ${used} used`);
});

test('exit code, output, and what is left behind', async () => {
  await using run = startMetered({ argv: ['sh', '-c', 'echo out; echo err >&2; sleep 100 & exit 3'] });
  const { code, stdout, stderr } = await run.ended;
  assert.deepEqual([code, stdout], [3, 'out\n']);
  assert.match(stderr, /^err\nreaper: left behind: \d+\n$/);
});
