import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RecordingRecord } from '../../../src/controller/records.ts';
import { UsageFollower } from '../../../src/followers/usage.ts';
import { MachineCapacity } from '../../../src/node/capacity.ts';
import type { CostStore } from '../../../src/node/cost-store.ts';
import { LearnedCosts } from '../../../src/node/costs.ts';
import { openSqliteCosts } from '../../../src/node/costs-sqlite.ts';
import { type Cost, type Demand, demandOf } from '../../../src/recording/demand.ts';
import { NO_QUALITY, type QualityReport, type RecordingStatus } from '../../../src/recording/status.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { endOf, statusOf } from '../api/fake-recorder.ts';
import { planOf } from '../debug/plans.ts';

const PICTURE = { width: 160, height: 120, fps: 10 };
const HD = { width: 1280, height: 720, fps: 30 };
const USED = { cores: 0.4, memoryMB: 500 };

function record(sid: string, mix = false): RecordingRecord {
  const plan = planOf(mix ? { sid } : { sid, channel: null });
  return {
    ...{ sid, appId: 'demo', cname: 'room', uid: '7', resourceId: 'r', prefix: '', stopAsked: false },
    ...{ startedMs: 0, limitMs: 0, plan, status: statusOf({}), end: null },
  };
}

function playing(quality: Partial<QualityReport> = {}): RecordingStatus {
  return statusOf({ phase: 'recording', quality: { ...NO_QUALITY, ...USED, ...quality } });
}

/** Recordings on a machine of two cores, and what is told of them. */
class Told {
  nowMs = 0;
  readonly measured: [string, Cost, boolean][] = [];
  readonly learned: [Demand, Cost, boolean][] = [];
  readonly follower = new UsageFollower(
    {
      measured: (...told) => void this.measured.push(told),
      learned: (...told) => void this.learned.push(told),
    },
    2,
    () => this.nowMs,
  );

  /** Statuses come twice a second. */
  pass(seconds: number, one: RecordingRecord, status: RecordingStatus): void {
    for (let i = 0; i < seconds * 2; i++) {
      this.nowMs += 500;
      this.follower.status(one, status);
    }
  }
}

describe('readings', () => {
  test('are taken each 30 s of playing, the first without the start', () => {
    const told = new Told();
    const one = record('a');
    told.follower.started(one);
    told.pass(20, one, statusOf({ phase: 'starting', quality: { ...NO_QUALITY, cores: 1.5, memoryMB: 300 } }));
    told.pass(34, one, playing());
    assert.deepEqual(told.measured, []);
    told.pass(2, one, playing());
    assert.deepEqual(told.measured, [['a', USED, false]]);
    told.pass(60, one, playing());
    assert.equal(told.measured.length, 3);
  });

  test('are learned with size and host, without path, user or query', () => {
    const told = new Told();
    for (const one of [record('a'), record('b', true)]) {
      told.follower.started(one);
      told.pass(40, one, playing());
    }
    assert.deepEqual(told.learned, [
      [{ picture: PICTURE, page: 'web:example.org' }, USED, false],
      [{ picture: PICTURE, page: 'mix' }, USED, false],
    ]);
  });

  test('are not taken while held, and begin anew after that', () => {
    const told = new Told();
    const one = record('a');
    told.follower.started(one);
    told.pass(30, one, playing());
    told.pass(100, one, { ...playing({ cores: 0.01 }), onhold: true });
    told.pass(30, one, playing());
    assert.deepEqual(told.measured, []);
    told.pass(6, one, playing());
    assert.equal(told.measured.length, 1);
  });

  test('wait until both figures are there', () => {
    const told = new Told();
    const one = record('a');
    told.follower.started(one);
    told.pass(60, one, playing({ memoryMB: 0 }));
    told.pass(60, one, playing({ cores: 0 }));
    assert.deepEqual(told.measured, []);
    told.pass(1, one, playing());
    assert.equal(told.measured.length, 1);
  });

  test('of one recording are learned from ever more seldom, and measured all the same', () => {
    const told = new Told();
    const one = record('a');
    told.follower.started(one);
    told.pass(10 * 3600, one, playing());
    assert.ok(told.measured.length > 1190, `${told.measured.length} measured`);
    assert.ok(told.learned.length > 30 && told.learned.length < 100, `${told.learned.length} learned`);
  });
});

describe('a recording may have got too little', () => {
  test('when it has been made cheaper', () => {
    const told = new Told();
    const one = record('a');
    told.follower.started(one);
    told.pass(40, one, playing({ economies: [{ step: 'half_rate', atMs: 1 }] }));
    assert.deepEqual(told.measured, [['a', USED, true]]);
    assert.equal(told.learned[0]?.[2], true);
  });

  test('when all together fill the machine, and no longer when one has ended', () => {
    const told = new Told();
    const [one, other] = [record('a'), record('b')];
    told.follower.started(one);
    told.follower.started(other);
    told.follower.status(other, playing({ cores: 1.45 }));
    told.pass(40, one, playing());
    told.follower.ended(other, endOf({}));
    told.pass(30, one, playing());
    assert.deepEqual(
      told.measured.map(([sid, , squeezed]) => [sid, squeezed]),
      [
        ['a', true],
        ['a', false],
      ],
    );
  });
});

test('what was learned from one recording makes room for more like it, after a restart too', async () => {
  await using folder = await makeTempFolder();
  const open = () => openSqliteCosts(folder.file('costs.sqlite'), assert.fail);
  const machine = (store: CostStore) =>
    new MachineCapacity({ cores: 0.5, memoryMB: 8000, costs: new LearnedCosts(store) });
  const demand = demandOf(record('a').plan);
  {
    using store = open();
    const capacity = machine(store);
    let nowMs = 0;
    const follower = new UsageFollower(capacity, 2, () => nowMs);
    const permit = capacity.reserve('a', demand);
    assert.equal(capacity.fits({ ...demand, picture: HD }), false);
    follower.started(record('a'));
    for (; nowMs < 30 * 60_000; nowMs += 500) follower.status(record('a'), playing({ cores: 0.05 }));
    assert.ok(capacity.usedCores < 0.1);
    assert.equal(capacity.fits({ ...demand, picture: HD }), true);
    permit?.[Symbol.dispose]();
  }
  using store = open();
  const capacity = machine(store);
  for (const sid of ['a', 'b', 'c']) assert.ok(capacity.reserve(sid, demand), sid);
});

describe('a recording that ended before its first reading', () => {
  const short = endOf({
    ...{ startedMs: 1000, endedMs: 16_000, cores: 0.6 },
    progress: { mediaMs: 14_000, frames: 140, missingFrames: 0, bytes: 1000 },
    quality: { ...NO_QUALITY, memoryMB: 450 },
  });

  function learnedFrom(end: typeof short): Told['learned'] {
    const told = new Told();
    told.follower.started(record('a'));
    told.follower.ended(record('a'), end);
    return told.learned;
  }

  test('is learned from as a whole', () => {
    const demand = { picture: PICTURE, page: 'web:example.org' };
    assert.deepEqual(learnedFrom(short), [[demand, { cores: 0.6, memoryMB: 450 }, false]]);
  });

  test('unless it says nothing: too short, mostly held, failed, not measured', () => {
    const brief = { ...short, progress: { ...short.progress, mediaMs: 5000 } };
    const held = { ...short, endedMs: 60_000 };
    const failed = { ...short, outcome: 'partial' as const };
    const blind = { ...short, quality: NO_QUALITY };
    for (const end of [brief, held, failed, blind]) assert.deepEqual(learnedFrom(end), []);
  });

  test('and one with readings is not learned from once more', () => {
    const told = new Told();
    told.follower.started(record('a'));
    told.pass(40, record('a'), playing());
    told.follower.ended(record('a'), short);
    assert.equal(told.learned.length, 1);
  });
});
