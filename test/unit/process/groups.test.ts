import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killGroup } from '../../../src/process/fork.ts';
import { leaderless, runs } from '../../../src/process/groups.ts';
import { isAlive, isGone, startProcess } from '../../support/processes.ts';

const LEADER = 'sleep 600 & echo $!; wait';

test('a process is known by its id together with its command line', async () => {
  await using one = startProcess('sh', ['-c', LEADER, 'words of ours']);
  await one.line();
  assert.equal(runs(one.pid, 'words of ours'), true);
  assert.equal(runs(one.pid, 'words of others'), false);
  await one.kill();
  assert.equal(runs(one.pid, 'words of ours'), false);
});

test('an id that is none runs nothing', () => {
  for (const pid of [0, -1, Number.NaN, 2 ** 31]) assert.equal(runs(pid, ''), false, String(pid));
});

test('a group is leaderless only while members outlive their leader', async () => {
  await using leader = startProcess('sh', ['-c', LEADER]);
  const member = Number(await leader.line());
  assert.equal(leaderless(leader.pid), false);
  await leader.kill();
  assert.ok(isAlive(member));
  assert.equal(leaderless(leader.pid), true);
  killGroup(leader.pid);
  assert.ok(await isGone(member));
});

test('the group of a process that leads none is not leaderless', async () => {
  await using leader = startProcess('sh', ['-c', LEADER]);
  const member = Number(await leader.line());
  assert.equal(leaderless(member), false);
});

test('killing a group that is not there, or the first ones, does nothing', () => {
  for (const group of [2 ** 22 + 1, 0, 1, -1, Number.NaN]) killGroup(group);
});
