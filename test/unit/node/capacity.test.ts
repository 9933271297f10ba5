import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { costOf, MachineCapacity } from '../../../src/node/capacity.ts';

const HD30 = { width: 1280, height: 720, fps: 30 };

test('the cost is a base and a share of pixels per second', () => {
  assert.ok(Math.abs(costOf(HD30) - 0.75) < 1e-9);
  const base = costOf({ ...HD30, fps: 0 });
  const perHd = costOf(HD30) - base;
  assert.ok(Math.abs(costOf({ width: 1920, height: 1080, fps: 60 }) - (base + perHd * 4.5)) < 1e-9);
});

test('sound only costs less than the smallest picture', () => {
  assert.ok(costOf(null) > 0);
  assert.ok(costOf(null) < costOf({ width: 64, height: 64, fps: 1 }));
  const capacity = new MachineCapacity(1);
  assert.ok(capacity.reserve(null));
  assert.equal(capacity.usedCores, costOf(null));
});

test('fills up to the total, and a permit gives its share back once', () => {
  const capacity = new MachineCapacity(1.5);
  const first = capacity.reserve(HD30);
  const second = capacity.reserve(HD30);
  assert.ok(first !== null && second !== null);
  assert.ok(Math.abs(capacity.usedCores - 1.5) < 1e-9);
  assert.equal(capacity.fits(HD30), false);
  assert.equal(capacity.reserve(HD30), null);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  assert.ok(Math.abs(capacity.usedCores - 0.75) < 1e-9);
  assert.equal(capacity.fits(HD30), true);
  second[Symbol.dispose]();
  assert.equal(capacity.usedCores, 0);
});

test('one recording is always admitted on an idle machine', () => {
  const capacity = new MachineCapacity(0.1);
  const permit = capacity.reserve({ width: 1920, height: 1080, fps: 60 });
  assert.ok(permit !== null);
  assert.equal(capacity.fits({ width: 240, height: 240, fps: 5 }), false);
});

test('the total is that of the machine when none is given', () => {
  assert.equal(new MachineCapacity().totalCores, availableParallelism());
});
