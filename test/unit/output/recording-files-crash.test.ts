import assert from 'node:assert/strict';
import { appendFile, readdir, readFile, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { RecordingFiles } from '../../../src/output/recording-files.ts';
import type { FilesPlan } from '../../../src/recording/plan.ts';
import { readMedia } from '../../probe/media.ts';
import { cutIntoSlices, type RealMedia, realMedia } from '../../support/real-media.ts';
import {
  leftBehind,
  MEDIA,
  names,
  openRecording,
  planIn,
  playlistSeconds,
  reaches,
  record,
  written,
} from '../../support/recorded-files.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

let media: RealMedia;

before(async () => {
  media = await realMedia(24);
});

/** What a process leaves that is killed after 20 seconds. @returns the path of the slice that it was writing. */
async function leave(folder: TempFolder, options: Partial<FilesPlan> = {}): Promise<{ plan: FilesPlan; last: string }> {
  const { plan, opened } = await leftBehind(media, folder.path, 20, options);
  return { plan, last: join(plan.folder, opened[1]?.name ?? '') };
}

async function finishLeft(plan: FilesPlan): Promise<RecordingFiles> {
  const files = await RecordingFiles.reopen(plan, MEDIA);
  assert.deepEqual(await files.finish(), []);
  return files;
}

function mp4Seconds({ folder }: FilesPlan): Promise<number> {
  return readMedia(join(folder, 'sid_name_0.mp4')).then(({ duration }) => duration);
}

test('what a killed process left becomes playlist and MP4, but for the last frame', async () => {
  await using folder = await makeTempFolder();
  const { plan } = await leave(folder);
  const files = await finishLeft(plan);
  assert.equal(files.sliceCount, 2);
  const listed = files.list.map(({ name }) => name);
  assert.deepEqual(listed, ['sid_name.m3u8', 'sid_name_0.mp4']);
  assert.ok(files.list.every(({ sliceStartMs }) => sliceStartMs > 0));
  assert.deepEqual(await names(plan.folder), [...listed, ...(await names(plan.folder, '.ts'))].sort());
  assert.ok(Math.abs((await mp4Seconds(plan)) - 20) < 0.25);
  assert.ok(Math.abs((await playlistSeconds(plan.folder)) - 20) < 0.25);
  assert.match(await readFile(join(plan.folder, 'sid_name.m3u8'), 'utf8'), /#EXT-X-ENDLIST\n$/);
});

test('a slice and a journal that end in the middle of a write are no obstacle', async () => {
  await using folder = await makeTempFolder();
  const { plan, last } = await leave(folder);
  await truncate(last, (await stat(last)).size - 1_001);
  await appendFile(join(plan.folder, 'sid_name.journal'), '\n{"closed":{"name":"sid');
  await finishLeft(plan);
  const seconds = await mp4Seconds(plan);
  assert.ok(seconds > 19 && seconds < 20, `${seconds} s`);
});

test('half files of an interrupted completion are made again', async () => {
  await using folder = await makeTempFolder();
  const { plan } = await leave(folder, { hls: false });
  await writeFile(join(plan.folder, 'sid_name_0.mp4.part'), 'half');
  await writeFile(join(plan.folder, 'sid_name_0.mp4'), 'older');
  await finishLeft(plan);
  assert.deepEqual(await names(plan.folder), ['sid_name_0.mp4']);
  assert.ok((await mp4Seconds(plan)) > 19);
});

test('a last slice without a whole picture is removed', async () => {
  await using folder = await makeTempFolder();
  const { plan, last } = await leave(folder);
  await truncate(last, 500);
  const files = await finishLeft(plan);
  assert.equal(files.sliceCount, 1);
  assert.equal((await names(plan.folder, '.ts')).length, 1);
  assert.ok(Math.abs((await mp4Seconds(plan)) - 16) < 0.1);
});

test('where nothing was recorded nothing stays, but for what somebody else put there', async () => {
  await using folder = await makeTempFolder();
  for (const [name, others] of [
    ['empty', []],
    ['shared', ['notes.txt']],
  ] as const) {
    const plan = planIn(folder.file(name));
    await openRecording(media, plan);
    for (const other of others) await writeFile(join(plan.folder, other), '');
    const files = await RecordingFiles.reopen(plan, MEDIA);
    assert.deepEqual(await files.finish(), []);
    assert.equal(files.sliceCount, 0);
    const left = await readdir(plan.folder).catch(() => []);
    assert.deepEqual(left, others);
  }
});

test('completing what is complete already takes nothing away', async () => {
  await using folder = await makeTempFolder();
  const { plan } = await leave(folder);
  await finishLeft(plan);
  const before = await names(plan.folder);
  const playlist = await readFile(join(plan.folder, 'sid_name.m3u8'), 'utf8');
  const files = await RecordingFiles.reopen(plan, MEDIA);
  await files.finish();
  assert.deepEqual(await names(plan.folder), before);
  assert.equal(await readFile(join(plan.folder, 'sid_name.m3u8'), 'utf8'), playlist);
});

test('completing never throws, whatever the last slice holds', async () => {
  await using folder = await makeTempFolder();
  const { plan, last } = await leave(folder);
  await truncate(last, 188 * 40);
  await appendFile(last, Buffer.alloc(4096));
  const files = await RecordingFiles.reopen(plan, MEDIA);
  await files.finish();
  assert.ok(Math.abs((await mp4Seconds(plan)) - 16) < 2);
});

test('a disk that is full in a later slice costs that slice only', async () => {
  await using folder = await makeTempFolder();
  const second = folder.file(cutIntoSlices(media)[1]?.slice.name ?? '');
  await symlink('/dev/full', second);
  const recorded = await openRecording(media, planIn(folder.path));
  record(recorded, 0, 20);
  await reaches(() => recorded.errors.length > 0);
  record(recorded, 20, 24);
  await rm(second);
  await writeFile(second, '');
  assert.deepEqual(await recorded.files.finish(), []);
  assert.deepEqual(recorded.errors, ['disk_full']);
  assert.equal(recorded.files.sliceCount, 1);
  assert.ok(Math.abs((await mp4Seconds(planIn(folder.path))) - 16) < 0.1);
});

test('a whole slice that the journal could not take is in the files all the same', async () => {
  await using folder = await makeTempFolder();
  const recorded = await openRecording(media, planIn(folder.path));
  record(recorded, 0, 15.9);
  await written(recorded, folder.path);
  const journal = folder.file('sid_name.journal');
  await rename(journal, folder.file('kept'));
  await symlink('/dev/full', journal);
  record(recorded, 15.9, 20);
  await reaches(() => recorded.errors.length > 0);
  await rename(folder.file('kept'), journal);
  await recorded.files.finish();
  assert.deepEqual(recorded.errors, ['disk_full']);
  const seconds = await mp4Seconds(planIn(folder.path));
  assert.ok(seconds > 15, `${seconds} s`);
});
