import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { FrameReader } from '../../../src/output/frame-reader.ts';
import { journalPath } from '../../../src/output/journal.ts';
import { RecordingFiles } from '../../../src/output/recording-files.ts';
import { Take } from '../../../src/output/take.ts';
import { PACKET, readContinuity, readHead } from '../../../src/output/transport-stream.ts';
import type { FilesPlan } from '../../../src/recording/plan.ts';
import { isMonotonic, readMedia, readPackets } from '../../probe/media.ts';
import { checkHls } from '../../probe/playlist.ts';
import { encodedStream, type RealMedia, readFrames, realMedia, START_MS, TRACKS } from '../../support/real-media.ts';
import {
  ENDLESS,
  leftBehind,
  MEDIA,
  names,
  openRecording,
  planIn,
  playlistSeconds,
  type Recorded,
  reaches,
  record,
} from '../../support/recorded-files.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

/** When the second session recorded its first picture. */
const LATER_MS = START_MS + 60_000;

let media: RealMedia;
let later: ReturnType<typeof readFrames>;

before(async () => {
  media = await realMedia(34);
  later = readFrames(await encodedStream(6, LATER_MS));
});

/** Six seconds more, recorded by a second session from where the first one came to. */
function recordMore(recorded: Recorded): void {
  const { files } = recorded;
  const take = new Take({
    tracks: TRACKS,
    fromMs: LATER_MS - 20,
    mediaStart: files.mediaEnd ?? 0,
    soundShift: 0,
    sparse: false,
  });
  files.tables = later.tables;
  for (const frame of later.frames.flatMap((one) => take.place(one))) files.push(frame);
}

async function goOn(plan: FilesPlan): Promise<Recorded> {
  const recorded = await openRecording(media, plan, 'resume');
  recordMore(recorded);
  return recorded;
}

async function playlistOf(plan: FilesPlan): Promise<string> {
  return await readFile(join(plan.folder, 'sid_name.m3u8'), 'utf8');
}

function mp4({ folder }: FilesPlan, part = 0): string {
  return join(folder, `sid_name_${part}.mp4`);
}

test('a second session goes on in the same files, with a discontinuity', async () => {
  await using folder = await makeTempFolder();
  const { plan, opened } = await leftBehind(media, folder.path, 20);
  const recorded = await openRecording(media, plan, 'resume');
  assert.equal(recorded.files.sliceCount, 2);
  assert.equal(recorded.files.startMs, opened[0]?.startMs);
  assert.ok(Math.abs(recorded.files.sums.pictures - 200) <= 2);
  assert.doesNotMatch(await playlistOf(plan), /ENDLIST/);
  recordMore(recorded);
  assert.deepEqual(await recorded.files.finish(), []);
  const { playlist, problems } = await checkHls(join(plan.folder, 'sid_name.m3u8'));
  assert.deepEqual(problems, []);
  assert.deepEqual(
    playlist.slices.map(({ discontinuity }) => discontinuity),
    [true, false, true],
  );
  assert.ok(playlist.ended);
  const packets = await readPackets(mp4(plan), 'video');
  assert.ok(isMonotonic(packets));
  assert.ok(isMonotonic(await readPackets(mp4(plan), 'audio')));
  assert.ok(Math.abs((await readMedia(mp4(plan))).duration - 26) < 0.3);
  assert.ok(Math.abs((await playlistSeconds(plan.folder)) - 26) < 0.3);
  assert.deepEqual(await names(plan.folder, '.journal'), []);
});

test('what is there is told once more', async () => {
  await using folder = await makeTempFolder();
  const { plan, opened } = await leftBehind(media, folder.path, 20);
  const { ready } = await openRecording(media, plan, 'resume');
  assert.deepEqual(
    ready.map(({ kind, name }) => `${kind} ${name}`),
    [`slice ${opened[0]?.name}`, `slice ${opened[1]?.name}`, 'playlist sid_name.m3u8'],
  );
});

test('without a journal it begins anew', async () => {
  await using folder = await makeTempFolder();
  const plan = planIn(folder.path);
  const { files } = await openRecording(media, plan, 'resume');
  assert.equal(files.startMs, null);
  assert.equal(files.mediaEnd, null);
  assert.deepEqual(await readdir(plan.folder), ['sid_name.reserve']);
  assert.deepEqual(await files.finish(), []);
});

/** Reads slices as one stream. @returns what is out of order in it. */
function faultsIn(bytes: Buffer): string[] {
  const faults: string[] = [];
  const counters = new Map<number, number>();
  for (let at = 0; at < bytes.length; at += PACKET) {
    const packet = bytes.subarray(at, at + PACKET);
    const { pid, hasPayload } = readHead(packet);
    const counter = readContinuity(packet);
    const last = counters.get(pid);
    if (last !== undefined && hasPayload && counter !== (last + 1) % 16) faults.push(`packet ${at / PACKET} of ${pid}`);
    counters.set(pid, counter);
  }
  const times: Record<'video' | 'audio', number> = { video: -1, audio: -1 };
  const reader = new FrameReader(({ kind, pts }) => {
    if (pts <= times[kind]) faults.push(`${kind} ${pts} after ${times[kind]}`);
    times[kind] = pts;
  });
  reader.push(bytes);
  reader.end();
  return faults;
}

test('wherever the writing was cut off, nothing whole is lost and all reads as one stream', async () => {
  await using folder = await makeTempFolder();
  const { plan: left, opened } = await leftBehind(media, folder.path, 20, { mp4: null });
  const [whole, cut] = opened.map(({ name }) => name);
  assert.ok(whole && cut);
  const bytes = await readFile(join(left.folder, cut));
  const journal = await readFile(journalPath(left));
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length), fc.nat(200), async (kept, torn) => {
      const plan = { ...left, folder: folder.file(`run ${run++}`) };
      await cp(left.folder, plan.folder, { recursive: true });
      await truncate(join(plan.folder, cut), kept);
      await truncate(journalPath(plan), journal.length - torn);
      const recorded = await goOn(plan);
      assert.deepEqual(await recorded.files.finish(), []);
      const text = await playlistOf(plan);
      const listed: string[] = text.match(/^sid_name_.*ts$/gm) ?? [];
      assert.equal(new Set(listed).size, listed.length);
      const onDisk = (await names(plan.folder, '.ts')).filter((name) => listed.includes(name));
      assert.deepEqual(onDisk, listed);
      const stream = Buffer.concat(await Promise.all(listed.map((name) => readFile(join(plan.folder, name)))));
      assert.deepEqual(faultsIn(stream), []);
      // The first slice is lost only with the line that tells of its end; then it is mended.
      assert.equal(listed[0], whole);
      await rm(plan.folder, { recursive: true });
    }),
    { numRuns: 30 },
  );
});

test('a part that stands is left alone though its slices are gone; parts and numbers go on', async () => {
  await using folder = await makeTempFolder();
  const plan = planIn(folder.path, { mp4: { ...ENDLESS, maxDurationMs: 18_000 } });
  const first = await openRecording(media, plan);
  record(first, 0, 24);
  await reaches(async () => (await readFile(journalPath(plan), 'utf8').catch(() => '')).includes('"assembled":0'));
  const slices = first.opened.map(({ name }) => name);
  await first.files.finish({ goesOn: true });
  for (const name of slices.slice(0, -1)) await rm(folder.file(name));
  const before = await readFile(mp4(plan));
  const recorded = await goOn(plan);
  assert.deepEqual(await recorded.files.finish(), []);
  assert.deepEqual(await readFile(mp4(plan)), before);
  assert.deepEqual(await names(plan.folder, '.mp4'), ['sid_name_0.mp4', 'sid_name_1.mp4']);
  assert.ok(Math.abs((await readMedia(mp4(plan, 1))).duration - 12) < 0.3);
});

test('what was finished to be gone on with is whole meanwhile, and made again with what came after', async () => {
  for (const hls of [true, false]) {
    await using folder = await makeTempFolder();
    const plan = planIn(folder.path, { hls });
    const first = await openRecording(media, plan);
    record(first, 0, 20);
    assert.deepEqual(await first.files.finish({ goesOn: true }), []);
    assert.ok(Math.abs((await readMedia(mp4(plan))).duration - 20) < 0.3);
    assert.equal((await names(plan.folder, '.journal')).length, 1);
    // It will be made again, so nobody may store it yet.
    assert.deepEqual(
      first.ready.filter(({ kind }) => kind === 'mp4'),
      [],
    );
    const recorded = await goOn(plan);
    assert.deepEqual(await recorded.files.finish(), []);
    assert.ok(Math.abs((await readMedia(mp4(plan))).duration - 26) < 0.3);
    assert.deepEqual(await names(plan.folder, '.journal'), []);
    assert.equal((await names(plan.folder, '.ts')).length, hls ? 3 : 0);
  }
});

test('where the last MP4 stands already, what comes after goes into another', async () => {
  await using folder = await makeTempFolder();
  const { plan } = await leftBehind(media, folder.path, 20);
  const first = await RecordingFiles.reopen(plan, MEDIA);
  const journal = await readFile(journalPath(plan), 'utf8');
  assert.deepEqual(await first.finish(), []);
  await writeFile(journalPath(plan), `${journal}\n{"assembled":0}`);
  const recorded = await goOn(plan);
  assert.deepEqual(await recorded.files.finish(), []);
  assert.ok(Math.abs((await readMedia(mp4(plan))).duration - 20) < 0.3);
  assert.ok(Math.abs((await readMedia(mp4(plan, 1))).duration - 6) < 0.3);
});

test('what nobody goes on with is completed and cleared away', async () => {
  await using folder = await makeTempFolder();
  const plan = planIn(folder.path, { hls: false });
  const first = await openRecording(media, plan);
  record(first, 0, 20);
  await first.files.finish({ goesOn: true });
  const ready: string[] = [];
  const files = await RecordingFiles.reopen(plan, MEDIA, ({ name }) => ready.push(name));
  assert.deepEqual(await files.finish(), []);
  assert.deepEqual(await names(plan.folder), ['sid_name_0.mp4']);
  assert.deepEqual(ready, ['sid_name_0.mp4']);
});

test('slices that are stored elsewhere and gone here are no obstacle where there is no MP4', async () => {
  await using folder = await makeTempFolder();
  const { plan, opened } = await leftBehind(media, folder.path, 20, { mp4: null });
  await rm(join(plan.folder, opened[0]?.name ?? ''));
  const recorded = await goOn(plan);
  assert.deepEqual(await recorded.files.finish(), []);
  const text = await playlistOf(plan);
  assert.deepEqual(
    text.match(/^sid_name_.*ts$/gm)?.slice(0, 2),
    opened.map(({ name }) => name),
  );
  assert.ok(!recorded.ready.some(({ name }) => name === opened[0]?.name));
});

test('a journal that cannot be read is an error, and nothing is touched', async () => {
  await using folder = await makeTempFolder();
  const plan = planIn(folder.path);
  await mkdir(journalPath(plan));
  await assert.rejects(openRecording(media, plan, 'resume'), { code: 'EISDIR' });
  assert.deepEqual(await readdir(plan.folder), ['sid_name.journal']);
});
