import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { removeRuntime, runtimeRoot } from '../../../src/node/runtime.ts';
import { Spares, type SpareTiming, type Taken, type WarmRules } from '../../../src/node/spares.ts';
import type { RecordingPlan } from '../../../src/recording/plan.ts';
import { shapeOf } from '../../../src/recording/shape.ts';
import { planFor } from '../../support/plans.ts';
import { isGone } from '../../support/processes.ts';
import { planIn, reaches } from '../../support/recorded-files.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const FAKE = fileURLToPath(new URL('../../support/dying-session.ts', import.meta.url));
const TIMING: SpareTiming = { lookMs: 20, quietMs: 50, restMs: 100 };
/** No stage can be opened at this frame rate. */
const FALLS = 7;
const before = process.env['TMPDIR'];
let temp: TempFolder;

beforeEach(async () => {
  temp = await makeTempFolder();
  // Runtime folders are made below it.
  process.env['TMPDIR'] = temp.path;
});

afterEach(async () => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  await temp[Symbol.asyncDispose]();
});

function plan(fps: number): RecordingPlan {
  return planFor(planIn(temp.path), { picture: { width: 64, height: 64, fps, bitrateKbps: 100 } });
}

function keep(rules: Partial<WarmRules> = {}, timing: Partial<SpareTiming> = {}): { spares: Spares; said: string[] } {
  const said: string[] = [];
  const warm = { count: 1, maxAgeMs: 600_000, first: shapeOf(plan(15)), mayKeep: () => true, ...rules };
  const log = (_: object, text: string) => {
    if (text !== 'a stage is kept ready') said.push(text);
  };
  return { spares: new Spares({ module: FAKE, warm, log, timing: { ...TIMING, ...timing } }), said };
}

/** Folders of the stages that are up, by their frame rates. */
function stages(): Map<string, number> {
  const names = existsSync(runtimeRoot()) ? readdirSync(runtimeRoot()) : [];
  const up = names.filter((name) => existsSync(join(runtimeRoot(), name, 'fps')));
  return new Map(up.map((name) => [name, Number(readFileSync(join(runtimeRoot(), name, 'fps'), 'utf8'))]));
}

/** Frame rates of the stages that are up. */
function rates(): number[] {
  return [...stages().values()].sort((one, other) => one - other);
}

/** As a recording does at its end. */
async function end({ session, folder }: Taken): Promise<void> {
  session.killGroup();
  await session.exited;
  if (folder !== null) removeRuntime(folder);
}

test('a start of the same shape gets the stage that stands, any other a process that is merely loaded', async () => {
  const { spares } = keep();
  await using _ = spares;
  await reaches(() => rates().length === 1);
  const other = spares.take(plan(30));
  assert.deepEqual([other.folder, other.ready], [null, false]);
  const taken = spares.take(plan(15));
  assert.match(taken.folder ?? '', /spare-[0-9a-f]{16}$/);
  assert.equal(taken.ready, true);
  const next = spares.take(plan(15));
  assert.notEqual(next.folder, taken.folder, 'each is used once');
  await Promise.all([other, taken, next].map(end));
});

test('what was asked for last is kept', async () => {
  const { spares } = keep({ count: 2 });
  await using _ = spares;
  await reaches(() => rates().join() === '15,15');
  await end(spares.take(plan(30)));
  await reaches(() => rates().join() === '15,30');
  await end(spares.take(plan(24)));
  await reaches(() => rates().join() === '24,30');
});

test('with a count of none only a loaded process is kept', async () => {
  const { spares } = keep({ count: 0 });
  await using _ = spares;
  await sleep(200);
  assert.deepEqual(rates(), []);
  const taken = spares.take(plan(15));
  assert.ok(taken.session.alive);
  assert.equal(taken.folder, null);
  await end(taken);
});

test('none is made soon after a start', async () => {
  const { spares } = keep({}, { quietMs: 600_000 });
  await using _ = spares;
  await end(spares.take(plan(15)));
  await sleep(200);
  assert.deepEqual(rates(), []);
});

test('one that is too old is replaced', async () => {
  const { spares } = keep({ maxAgeMs: 300 });
  await using _ = spares;
  await reaches(() => rates().length === 1);
  const [first] = stages().keys();
  await reaches(() => stages().size === 1 && !stages().has(first as string));
});

test('when the machine fills up it is given back, and made again later', async () => {
  let room = true;
  const { spares, said } = keep({ mayKeep: ({ picture }) => room && picture?.fps === 15 });
  await using _ = spares;
  await reaches(() => rates().length === 1);
  room = false;
  await reaches(() => rates().length === 0);
  assert.deepEqual(said, ['a stage that was kept ready is given back']);
  room = true;
  await reaches(() => rates().length === 1);
});

test('as many are kept as there is room for beside each other', async () => {
  let most = 2;
  const { spares, said } = keep({ count: 3, mayKeep: (_, others) => others < most });
  await using _ = spares;
  await reaches(() => rates().length === 2);
  most = 1;
  await reaches(() => rates().length === 1);
  assert.deepEqual(said, ['a stage that was kept ready is given back']);
});

test('one that dies is followed by another; its folder goes', async () => {
  const { spares, said } = keep();
  await using _ = spares;
  await reaches(() => rates().length === 1);
  const [name] = stages().keys();
  const pid = Number.parseInt(readFileSync(join(runtimeRoot(), `${name}.pid`), 'utf8'), 10);
  process.kill(pid, 'SIGKILL');
  await reaches(() => stages().size === 1 && !stages().has(name as string));
  assert.deepEqual(said, ['a stage that was kept ready is lost']);
});

test('where no stage can be opened it is tried less and less often, and starts go on without', async () => {
  const { spares, said } = keep({ first: shapeOf(plan(FALLS)) });
  await using _ = spares;
  await reaches(() => said.length === 2);
  await sleep(500);
  // 100, 200, 400, 800 ms apart, and what it takes to start a process.
  assert.ok(said.length <= 4, `${said.length} tries`);
  const taken = spares.take(plan(FALLS));
  assert.ok(taken.session.alive);
  await end(taken);
});

test('nothing of them is left when they are given up', async () => {
  const { spares } = keep({ count: 2 });
  await reaches(() => rates().length === 2);
  const pids = [...stages().keys()].map((name) =>
    Number.parseInt(readFileSync(join(runtimeRoot(), `${name}.pid`), 'utf8'), 10),
  );
  await spares[Symbol.asyncDispose]();
  assert.deepEqual(readdirSync(runtimeRoot()), []);
  for (const pid of pids) assert.ok(await isGone(pid));
});
