import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import {
  idleBetween,
  idleLastMinute,
  MachineLoad,
  parseIdle,
  parseLimit,
  parseUsage,
} from '../../../src/process/machine-load.ts';

const STAT = `cpu  2191155 134322 752309 3994646 79784 0 15546 39093 0 0
cpu0 1086325 67173 366317 2037916 21413 0 4529 19305 0 0
intr 12345
`;

test('idle time is that without work and that of waiting for disks, of all cores together', () => {
  assert.equal(parseIdle(STAT), 40_744.3);
  assert.equal(parseIdle(''), null);
});

test('what a control group used and may use', () => {
  assert.equal(parseUsage('usage_usec 2500000\nuser_usec 1\n'), 2.5);
  assert.equal(parseUsage(''), null);
  assert.equal(parseLimit('150000 100000\n'), 1.5);
  assert.equal(parseLimit('max 100000\n'), null);
  assert.equal(parseLimit(''), null);
});

test('idle cores are idle seconds per second, of those that may be used', () => {
  const from = { atMs: 1000, idleS: 100, groupS: 10 };
  const to = { atMs: 3000, idleS: 106, groupS: 11 };
  assert.equal(idleBetween(from, to, { cores: 8, groupLimit: null }), 3);
  assert.equal(idleBetween(from, to, { cores: 2, groupLimit: null }), 2);
  assert.equal(idleBetween(from, to, { cores: 8, groupLimit: 1.5 }), 1);
  assert.equal(idleBetween(from, to, { cores: 8, groupLimit: 0.25 }), 0);
});

test('a watch says nothing at first; then it is within what the machine has', async () => {
  using load = MachineLoad.watch();
  assert.equal(load.idleCores, null);
  const deadline = performance.now() + 20_000;
  while (load.idleCores === null && performance.now() < deadline) await new Promise((done) => setTimeout(done, 100));
  const idle = load.idleCores;
  assert.ok(idle !== null && idle >= 0 && idle <= availableParallelism(), String(idle));
  const guess = idleLastMinute();
  assert.ok(guess >= 0 && guess <= availableParallelism());
});
