import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runtimeFolder } from '../../../src/node/runtime.ts';
import { Supervisor } from '../../../src/node/supervisor.ts';
import { type ChannelPlan, NOBODY } from '../../../src/recording/channel.ts';
import type { Composition, Resume } from '../../../src/recording/link.ts';
import type { RecordingPlan } from '../../../src/recording/plan.ts';
import type { RunningRecording } from '../../../src/recording/recorder.ts';
import { shapeOf } from '../../../src/recording/shape.ts';
import type { RecordingStatus } from '../../../src/recording/status.ts';
import { channelPlan, FLOATING } from '../../support/channel-plans.ts';
import { planFor } from '../../support/plans.ts';
import { planIn, reaches } from '../../support/recorded-files.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const FAKE = fileURLToPath(new URL('../../support/dying-session.ts', import.meta.url));
let temp: TempFolder;

before(async () => {
  temp = await makeTempFolder();
  // Runtime folders are made below it.
  process.env['TMPDIR'] = temp.path;
});

after(() => temp[Symbol.asyncDispose]());

interface Run extends AsyncDisposable {
  readonly running: RunningRecording;
  readonly plan: RecordingPlan;
  readonly seen: RecordingStatus[];
  /** Names; of streams whether they come or go. */
  readonly events: string[];
  /** What each of its sessions was told to go on with. */
  starts(): Promise<(Resume | null)[]>;
}

/** A recording whose sessions are fakes; `host` says how they behave. */
async function run(host: string, resume: Resume | null = null, channel: ChannelPlan | null = null): Promise<Run> {
  const folder = await makeTempFolder();
  const sid = `sid${Math.random()}`;
  const supervisor = new Supervisor({ sessionModule: FAKE });
  const plan = {
    ...planFor(planIn(folder.file('files')), { sid, runtimeFolder: runtimeFolder(sid) }),
    page: { url: `http://${host}/`, mobile: false, readyTimeoutS: 0 },
    channel,
  };
  const running = supervisor.start(plan, resume);
  const seen = [running.status];
  const events: string[] = [];
  running.onStatus((status) => seen.push(status));
  running.onEvent((event) =>
    events.push(event.name === 'stream_changed' ? `${event.kind} ${event.receiving}` : event.name),
  );
  return {
    ...{ running, plan, seen, events },
    starts: async () => {
      const text = await readFile(join(plan.files.folder, 'starts'), 'utf8').catch(() => '');
      return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Resume | null]));
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('a session that dies is followed by another, which goes on', async () => {
  await using recording = await run('plain');
  const { running, seen, events, plan } = recording;
  await reaches(() => running.status.slices === 1);
  const { startedMs } = running.status;
  await assert.rejects(running.hold(true), /died before it took the order/);
  await reaches(() => running.status.slices === 2);
  assert.deepEqual(await recording.starts(), [
    null,
    { startedMs, onhold: false, pushes: ['rtmp://localhost/app/key'], composition: null },
  ]);
  // Whoever looks does not see that it began anew.
  const told = seen.map(({ phase, slices }) => `${phase} ${slices}`);
  assert.deepEqual(told, ['starting 0', 'starting 0', 'recording 1', 'recording 2']);
  assert.deepEqual(events, ['slice_started', 'slice_started']);
  await running.push([]);
  assert.equal((await running.stop()).outcome, 'complete');
  assert.deepEqual(await readdir(temp.file(`tapehead-${process.getuid?.()}`)), []);
  assert.equal(plan.sid, running.sid);
});

test('a session that dies again and again is given up, and what it left is completed', async () => {
  await using recording = await run('dies');
  const end = await recording.running.ended;
  assert.equal(end.reason, 'session_lost');
  assert.match(end.detail, /SIGKILL/);
  assert.equal((await recording.starts()).length, 4);
});

test('one that dies of being stopped is not gone on with', async () => {
  await using recording = await run('stays');
  await reaches(() => recording.running.status.slices === 1);
  assert.equal((await recording.running.stop()).reason, 'session_lost');
  assert.equal((await recording.starts()).length, 1);
});

test('a recording of a service that died begins where it was', async () => {
  const resume: Resume = { startedMs: 1000, onhold: true, pushes: [], composition: null };
  await using recording = await run('plain', resume);
  const [first] = recording.seen;
  assert.deepEqual(
    { phase: first?.phase, startedMs: first?.startedMs, onhold: first?.onhold },
    { phase: 'recording', startedMs: 1000, onhold: true },
  );
  await reaches(() => recording.running.status.slices === 2);
  assert.deepEqual(await recording.starts(), [resume]);
});

test('the next session shows the channel as it was last; what was received until then is told as gone', async () => {
  const channel = channelPlan();
  await using recording = await run('plain', null, channel);
  const { running, seen, events } = recording;
  assert.deepEqual(seen[0]?.channel, { joined: false, users: [], ...compositionOf(channel) });
  await reaches(() => running.status.slices === 1);
  const latest = { layout: { ...FLOATING, kind: 'vertical' }, subscription: { audio: NOBODY, video: NOBODY } } as const;
  await running.layout(latest.layout);
  await running.subscribe(latest.subscription);
  await assert.rejects(running.hold(true), /died before it took the order/);
  await reaches(() => running.status.slices === 2);
  const [, second] = await recording.starts();
  assert.deepEqual(second?.composition, latest);
  assert.deepEqual(running.status.channel, { joined: false, users: [], ...latest });
  assert.deepEqual(events, ['slice_started', 'audio true', 'audio false', 'slice_started']);
});

test('a recording of a shape that is kept ready is made where its stage is, and nothing of it stays', async () => {
  await using folder = await makeTempFolder();
  const sid = 'warm';
  const plan = planFor(planIn(folder.file('files')), { sid, runtimeFolder: runtimeFolder(sid) });
  const warm = { count: 1, maxAgeMs: 600_000, first: shapeOf(plan), mayKeep: () => true };
  await using supervisor = new Supervisor({ warm, sessionModule: FAKE });
  const root = temp.file(`tapehead-${process.getuid?.()}`);
  const spare = async () => (await readdir(root)).find((name) => /^spare-\w+$/.test(name)) ?? '';
  await reaches(async () => existsSync(join(root, await spare(), 'fps')));
  const name = await spare();
  const running = supervisor.start(plan);
  await reaches(() => running.status.slices === 1);
  assert.match(await readFile(join(root, `${name}.pid`), 'utf8'), /^\d+ warm$/);
  assert.equal((await running.stop()).outcome, 'complete');
  assert.deepEqual(
    (await readdir(root)).filter((one) => one.startsWith(name)),
    [],
  );
});

function compositionOf({ layout, subscription }: ChannelPlan): Composition {
  return { layout, subscription };
}
