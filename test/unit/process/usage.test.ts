import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { until } from '../../../src/kit/deadline.ts';
import { membersOf } from '../../../src/process/members.ts';
import { estimateMemory, memoryOf } from '../../../src/process/memory.ts';
import { goneTicks, UsageMeter } from '../../../src/process/usage.ts';
import { startProcess, startScript } from '../../support/processes.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const MB = 1_000_000;
const ODD_NAME = 'odd) (1 2';
/** Two processes of one group: the parent has 150 MB of its own, the child little. */
const LARGE = `
  import { spawn } from 'node:child_process';
  globalThis.kept = Buffer.alloc(150_000_000, 1);
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1e6)'], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.once('data', () => console.log(child.pid));
  setInterval(() => {}, 1e6);`;

test('the members of a group are those, whatever their names', async () => {
  await using folder = await makeTempFolder();
  symlinkSync('/bin/sleep', folder.file(ODD_NAME));
  await using one = startProcess('sh', ['-c', '"$0" 600 & echo $!; wait', folder.file(ODD_NAME)]);
  const member = await one.line();
  const named = () => membersOf(one.pid).find(({ pid }) => pid === member)?.program;
  assert.ok(await until(20_000, 20, () => named() === ODD_NAME));
  assert.deepEqual(new Set(membersOf(one.pid).map(({ pid }) => pid)), new Set([String(one.pid), member]));
  assert.deepEqual(membersOf(2 ** 31), []);
});

test('memory counts what each process has, and what they share in parts', async () => {
  await using one = startScript(LARGE);
  await one.line();
  const members = membersOf(one.pid);
  assert.equal(members.length, 2);
  for (const bytes of [memoryOf(members), estimateMemory(members)])
    assert.ok(bytes > 150 * MB && bytes < 450 * MB, `${bytes / MB} MB`);
});

test('a process that has ended has none', () => {
  const gone = [{ pid: '999999999', program: 'gone', ticks: 0, childTicks: 0 }];
  assert.equal(memoryOf(gone), 0);
  assert.equal(estimateMemory(gone), 0);
});

test('CPU time is read each time, memory now and then', async () => {
  await using one = startScript(LARGE.replace('setInterval(() => {}, 1e6);`', ''));
  await one.line();
  const meter = new UsageMeter(one.pid, 0);
  const early = meter.read(9_999);
  assert.equal(early.memoryBytes, 0);
  assert.ok(early.cpuSeconds > 0);
  const first = meter.read(10_000).memoryBytes;
  assert.ok(first > 150 * MB);
  await one.kill();
  assert.ok(await until(20_000, 20, () => membersOf(one.pid).length < 2));
  assert.ok(meter.read(39_999).cpuSeconds >= early.cpuSeconds);
  assert.equal(meter.read(39_999).memoryBytes, first);
  assert.ok(meter.read(40_000).memoryBytes < first);
});

test('what a process has used stays counted when it is gone, once', () => {
  const member = (pid: string, ticks: number, childTicks = 0) => ({ pid, program: 'one', ticks, childTicks });
  const before = [member('1', 10, 5), member('2', 100), member('3', 7)];
  assert.equal(goneTicks(before, before), 0);
  assert.equal(goneTicks(before, [member('1', 12, 5), member('2', 101)]), 7, 'nobody waited for it');
  assert.equal(
    goneTicks(before, [member('1', 12, 5 + 104), member('3', 9)]),
    0,
    'its parent took it over, and what it used last',
  );
  assert.equal(goneTicks(before, [member('1', 12, 5 + 8)]), 99, 'one was taken over, the other not');
  assert.equal(goneTicks(before, []), 122);
});
