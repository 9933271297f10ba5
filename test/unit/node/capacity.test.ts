import assert from 'node:assert/strict';
import { availableParallelism, totalmem } from 'node:os';
import { describe, test } from 'node:test';
import { MachineCapacity } from '../../../src/node/capacity.ts';
import { usualCost } from '../../../src/node/costs.ts';
import type { Cost, Demand } from '../../../src/recording/demand.ts';

const HD30: Demand = { picture: { width: 1280, height: 720, fps: 30 }, page: null };
const LARGE: Demand = { picture: { width: 1920, height: 1080, fps: 60 }, page: null };
const SMALL: Demand = { picture: { width: 240, height: 240, fps: 5 }, page: null };
const SOUND: Demand = { picture: null, page: null };

/** Memory that never counts. */
const ROOMY = 1_000_000;

function near(value: number, expected: number): void {
  assert.ok(Math.abs(value - expected) < 1e-6, `expected ${expected}, got ${value}`);
}

/** Every recording is expected to take this. */
function fixed(cost: Cost) {
  return { expect: () => cost, learn: () => {} };
}

test('sound only is charged less than a picture', () => {
  const capacity = new MachineCapacity({ cores: 1, memoryMB: ROOMY });
  assert.ok(capacity.reserve('a', SOUND));
  assert.equal(capacity.usedCores, usualCost(SOUND).cores);
});

test('fills up to the total, and a permit gives its share back once', () => {
  const capacity = new MachineCapacity({ cores: 1.5, memoryMB: ROOMY });
  const first = capacity.reserve('a', HD30);
  const second = capacity.reserve('b', HD30);
  assert.ok(first !== null && second !== null);
  near(capacity.usedCores, 1.5);
  assert.equal(capacity.count, 2);
  assert.equal(capacity.fits(HD30), false);
  assert.equal(capacity.reserve('c', HD30), null);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  near(capacity.usedCores, 0.75);
  assert.equal(capacity.fits(HD30), true);
  second[Symbol.dispose]();
  assert.deepEqual([capacity.usedCores, capacity.usedMemoryMB, capacity.count], [0, 0, 0]);
});

test('memory is shared out like cores', () => {
  const capacity = new MachineCapacity({ cores: 8, memoryMB: 1000, costs: fixed({ cores: 0.1, memoryMB: 400 }) });
  assert.ok(capacity.reserve('a', HD30) && capacity.reserve('b', HD30));
  assert.equal(capacity.usedMemoryMB, 800);
  assert.equal(capacity.fits(HD30), false);
});

test('one recording is always admitted on an idle machine', () => {
  const capacity = new MachineCapacity({ cores: 0.1, memoryMB: 1 });
  assert.ok(capacity.reserve('a', LARGE) !== null);
  assert.equal(capacity.fits(SMALL), false);
});

test('what runs already is charged although it does not fit', () => {
  const capacity = new MachineCapacity({ cores: 1, memoryMB: ROOMY });
  capacity.charge('a', HD30);
  const permit = capacity.charge('b', HD30);
  near(capacity.usedCores, 1.5);
  permit[Symbol.dispose]();
  near(capacity.usedCores, 0.75);
});

test('the totals are those of the machine when none are given', () => {
  const capacity = new MachineCapacity();
  assert.equal(capacity.totalCores, availableParallelism());
  assert.ok(capacity.totalMemoryMB > 0 && capacity.totalMemoryMB <= totalmem() / 1e6);
});

describe('what a recording has shown', () => {
  const LIGHT = { cores: 0.1, memoryMB: 300 };

  test('replaces what was expected of it, reading by reading', () => {
    const capacity = new MachineCapacity({ cores: 2, memoryMB: ROOMY });
    capacity.reserve('a', HD30);
    const charged = [capacity.usedCores];
    for (let i = 0; i < 10; i++) {
      capacity.measured('a', LIGHT, false);
      charged.push(capacity.usedCores);
    }
    assert.deepEqual(
      charged,
      charged.toSorted((a, b) => b - a),
    );
    near(charged[1] ?? 0, (0.75 + 0.1 * 1.15) / 2);
    const last = charged.at(-1) ?? 0;
    assert.ok(last > 0.1 && last < 0.2, String(last));
    assert.ok(capacity.usedMemoryMB < 400);
  });

  test('makes room for more than the expectation would', () => {
    const capacity = new MachineCapacity({ cores: 1, memoryMB: ROOMY });
    capacity.reserve('a', HD30);
    assert.equal(capacity.fits(HD30), false);
    for (let i = 0; i < 5; i++) capacity.measured('a', LIGHT, false);
    assert.equal(capacity.fits(HD30), true);
  });

  test('takes room when it is more', () => {
    const capacity = new MachineCapacity({ cores: 2, memoryMB: ROOMY });
    capacity.reserve('a', HD30);
    for (let i = 0; i < 5; i++) capacity.measured('a', { cores: 1.4, memoryMB: 900 }, false);
    assert.ok(capacity.usedCores > 1.4);
    assert.equal(capacity.fits(HD30), false);
  });

  test('is forgotten after five minutes', () => {
    const capacity = new MachineCapacity({ cores: 2, memoryMB: ROOMY });
    capacity.reserve('a', HD30);
    capacity.measured('a', { cores: 1.9, memoryMB: 900 }, false);
    for (let i = 0; i < 10; i++) capacity.measured('a', LIGHT, false);
    assert.ok(capacity.usedCores < 0.3);
  });

  test('counts upwards only while the machine is full', () => {
    const capacity = new MachineCapacity({ cores: 2, memoryMB: ROOMY });
    capacity.reserve('a', HD30);
    capacity.measured('a', LIGHT, true);
    near(capacity.usedCores, 0.75);
    capacity.measured('a', { cores: 0.95, memoryMB: 600 }, true);
    assert.ok(capacity.usedCores > 0.9);
  });

  test('is nothing once it has ended', () => {
    const capacity = new MachineCapacity({ cores: 2, memoryMB: ROOMY });
    capacity.reserve('a', HD30)?.[Symbol.dispose]();
    capacity.measured('a', LIGHT, false);
    assert.equal(capacity.usedCores, 0);
  });

  test('is learned for those to come, upwards only while the machine is full', () => {
    const learned: number[] = [];
    const costs = {
      expect: () => ({ cores: 0.5, memoryMB: 500 }),
      learn: (_demand: Demand, { cores }: Cost) => void learned.push(cores),
    };
    const capacity = new MachineCapacity({ cores: 2, memoryMB: ROOMY, costs });
    capacity.learned(HD30, { cores: 0.2, memoryMB: 400 }, false);
    capacity.learned(HD30, { cores: 0.3, memoryMB: 400 }, true);
    capacity.learned(HD30, { cores: 0.7, memoryMB: 400 }, true);
    assert.deepEqual(learned, [0.2, 0.7]);
  });
});

describe('room for a spare', () => {
  test('is there when another recording fits beside it', () => {
    const capacity = new MachineCapacity({ cores: 2, memoryMB: 8000 });
    assert.equal(capacity.hasRoomForSpare(HD30, 0), true);
    assert.equal(capacity.hasRoomForSpare(HD30, 1), false);
    capacity.reserve('a', HD30);
    assert.equal(capacity.hasRoomForSpare(HD30, 0), false);
  });

  test('is not there on a machine of one core, idle or not', () => {
    assert.equal(new MachineCapacity({ cores: 1, memoryMB: 8000 }).hasRoomForSpare(HD30, 0), false);
  });

  test('is not there on a machine of little memory', () => {
    assert.equal(new MachineCapacity({ cores: 8, memoryMB: 2000 }).hasRoomForSpare(SMALL, 0), false);
  });
});
