import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { finishLost } from '../../../src/node/finish-lost.ts';
import { NO_QUALITY, type RecordingStatus, statusBefore } from '../../../src/recording/status.ts';
import { readMedia } from '../../probe/media.ts';
import { planFor } from '../../support/plans.ts';
import { type RealMedia, realMedia } from '../../support/real-media.ts';
import { leftBehind, names, openRecording, planIn, record } from '../../support/recorded-files.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

let media: RealMedia;

before(async () => {
  media = await realMedia(20);
});

const LAST: RecordingStatus = {
  ...statusBefore(false),
  ...{ phase: 'recording', startedMs: 77, slices: 1 },
  progress: { mediaMs: 1, frames: 190, missingFrames: 2, bytes: 555 },
};

test('a recording whose process died ends as partial, with what is on the disk', async () => {
  await using folder = await makeTempFolder();
  const { plan, opened } = await leftBehind(media, folder.path, 18);
  const end = await finishLost(planFor(plan), LAST, 'the process ended with SIGKILL.');
  const first = opened[0]?.startMs;
  const { endedMs, progress, ...rest } = end;
  assert.deepEqual(rest, {
    ...{
      outcome: 'partial',
      reason: 'session_lost',
      detail: 'the process ended with SIGKILL.',
      startedMs: 77,
      quality: NO_QUALITY,
      cores: 0,
    },
    files: [
      { name: 'sid_name.m3u8', kind: 'playlist', sliceStartMs: first },
      { name: 'sid_name_0.mp4', kind: 'mp4', sliceStartMs: first },
    ],
  });
  assert.ok(endedMs > 0);
  const { duration } = await readMedia(join(plan.folder, 'sid_name_0.mp4'));
  assert.ok(Math.abs(duration - 18) < 0.25, `${duration} s`);
  assert.ok(Math.abs(progress.mediaMs - duration * 1000) < 150);
  // What can be counted in the files is; the rest is as it was told last.
  assert.ok(Math.abs(progress.frames - 180) <= 2);
  assert.ok(progress.bytes > 10_000);
  assert.equal(progress.missingFrames, 2);
});

test('without a last status the start is that of the first slice', async () => {
  await using folder = await makeTempFolder();
  const { plan, opened } = await leftBehind(media, folder.path, 18);
  const { startedMs, progress } = await finishLost(planFor(plan), null, '');
  assert.equal(startedMs, opened[0]?.startMs);
  assert.ok(progress.frames > 0);
});

test('where nothing was recorded the end is failed, without files', async () => {
  await using folder = await makeTempFolder();
  const end = await finishLost(planFor(planIn(folder.file('never made'))), null, 'the process ended with code 1.');
  assert.equal(end.outcome, 'failed');
  assert.deepEqual(end.files, []);
  assert.match(end.detail, /^the process ended with code 1\./);
});

test('a folder that cannot be read is told in the end, not thrown', async () => {
  await using folder = await makeTempFolder();
  await mkdir(folder.file('sid_name.journal'));
  const end = await finishLost(planFor(planIn(folder.path)), LAST, 'lost');
  assert.equal(end.outcome, 'failed');
  assert.match(end.detail, /^lost; .*EISDIR/);
});

test('a recording that could still complete its files before its process ended keeps them', async () => {
  await using folder = await makeTempFolder();
  const plan = planIn(folder.path);
  const recorded = await openRecording(media, plan);
  record(recorded, 0, 18);
  assert.deepEqual(await recorded.files.finish(), []);
  const before = await names(folder.path);
  const playlist = await readFile(folder.file('sid_name.m3u8'), 'utf8');
  const end = await finishLost(planFor(plan), LAST, 'the service ended');
  assert.equal(await readFile(folder.file('sid_name.m3u8'), 'utf8'), playlist);
  assert.deepEqual(await names(folder.path), before);
  assert.equal(end.outcome, 'partial');
  assert.deepEqual(
    end.files.map(({ name }) => name),
    ['sid_name.m3u8', 'sid_name_0.mp4'],
  );
});

test('files that are whole, but stored elsewhere and gone here, are told as they were known', async () => {
  await using folder = await makeTempFolder();
  const known = [{ name: 'sid_name.m3u8', kind: 'playlist', sliceStartMs: 77 }] as const;
  const end = await finishLost(planFor(planIn(folder.path)), { ...LAST, files: known }, 'the service ended');
  assert.deepEqual({ outcome: end.outcome, files: end.files }, { outcome: 'partial', files: known });
});

test('each file that is whole is told', async () => {
  await using folder = await makeTempFolder();
  const { plan, opened } = await leftBehind(media, folder.path, 18);
  const ready: string[] = [];
  await finishLost(planFor(plan), LAST, 'lost', ({ name }) => ready.push(name));
  assert.deepEqual(new Set(ready), new Set([...opened.map(({ name }) => name), 'sid_name.m3u8', 'sid_name_0.mp4']));
});
