import assert from 'node:assert/strict';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { before, test } from 'node:test';
import { RecordingFiles } from '../../../src/output/recording-files.ts';
import { LEAD_IN } from '../../../src/output/take.ts';
import { TICKS_PER_SECOND } from '../../../src/output/transport-stream.ts';
import { readMedia } from '../../probe/media.ts';
import { checkHls } from '../../probe/playlist.ts';
import { type RealMedia, realMedia, START_MS } from '../../support/real-media.ts';
import {
  ENDLESS,
  MEDIA,
  names,
  openRecording,
  planIn,
  playlistSeconds,
  reaches,
  record,
} from '../../support/recorded-files.ts';
import { sparseMedia } from '../../support/sparse-media.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

let media: RealMedia;

before(async () => {
  media = await realMedia(34);
});

test('the files are known from the first moment, before there is a frame', async () => {
  await using folder = await makeTempFolder();
  const { files } = await openRecording(media, planIn(folder.file('new/deep')));
  assert.deepEqual(files.list, [
    { name: 'sid_name.m3u8', kind: 'playlist', sliceStartMs: 0 },
    { name: 'sid_name_0.mp4', kind: 'mp4', sliceStartMs: 0 },
  ]);
  const { files: onlyMp4 } = await openRecording(media, planIn(folder.path, { hls: false }));
  assert.deepEqual(
    onlyMp4.list.map(({ kind }) => kind),
    ['mp4'],
  );
});

test('a whole recording leaves playlist, slices and MP4, and nothing else', async () => {
  await using folder = await makeTempFolder();
  const recorded = await openRecording(media, planIn(folder.path));
  record(recorded, 0, 34);
  const { files, errors, opened, closed } = recorded;
  assert.deepEqual(await files.finish(), []);
  assert.deepEqual(errors, []);
  assert.equal(opened.length, 3);
  assert.equal(closed.count, 3);
  assert.equal(files.sliceCount, 3);
  const first = opened[0]?.startMs;
  assert.deepEqual(
    files.list.map(({ sliceStartMs }) => sliceStartMs),
    [first, first],
  );
  const slices = opened.map(({ name }) => name);
  assert.deepEqual(await names(folder.path), [...slices, 'sid_name.m3u8', 'sid_name_0.mp4'].sort());
  const text = await readFile(folder.file('sid_name.m3u8'), 'utf8');
  assert.deepEqual(text.match(/^sid_name_.*ts$/gm), slices);
  assert.match(text, /#EXT-X-ENDLIST\n$/);
  assert.ok(Math.abs((await readMedia(folder.file('sid_name_0.mp4'))).duration - 34) < 0.1);
  assert.ok(Math.abs((await playlistSeconds(folder.path)) - 34) < 0.1);
  assert.ok(Math.abs(files.sums.mediaMs - 34_000) < 100);
  assert.equal(files.sums.pictures, 340);
  assert.equal(files.sums.bytes, files.bytes);
});

test('a line of the playlist appears once its slice is complete', async () => {
  await using folder = await makeTempFolder();
  const recorded = await openRecording(media, planIn(folder.path));
  record(recorded, 0, 20);
  await reaches(async () => recorded.closed.count === 1);
  const text = await readFile(folder.file('sid_name.m3u8'), 'utf8');
  assert.deepEqual(text.match(/^sid_name_.*ts$/gm), [recorded.opened[0]?.name]);
  assert.doesNotMatch(text, /ENDLIST/);
  await recorded.files.finish();
});

test('each file is told once it is whole', async () => {
  await using folder = await makeTempFolder();
  const recorded = await openRecording(media, planIn(folder.path, { mp4: { ...ENDLESS, maxDurationMs: 20_000 } }));
  record(recorded, 0, 34);
  await recorded.files.finish();
  const told = recorded.ready.map(({ name, kind, part }) => `${kind} ${part} ${name}`);
  const [first, second, third] = recorded.opened.map(({ name }) => name);
  assert.deepEqual(
    told.filter((one) => !one.startsWith('mp4')),
    [
      ...[`slice 0 ${first}`, 'playlist 0 sid_name.m3u8'],
      ...[`slice 0 ${second}`, 'playlist 0 sid_name.m3u8'],
      ...[`slice 1 ${third}`, 'playlist 0 sid_name.m3u8', 'playlist 0 sid_name.m3u8'],
    ],
  );
  const mp4s = told.filter((one) => one.startsWith('mp4')).sort();
  assert.deepEqual(mp4s, ['mp4 0 sid_name_0.mp4', 'mp4 1 sid_name_1.mp4']);
});

test('slices that are only raw material are not told', async () => {
  await using folder = await makeTempFolder();
  const recorded = await openRecording(media, planIn(folder.path, { hls: false }));
  record(recorded, 0, 20);
  await recorded.files.finish();
  assert.deepEqual(recorded.ready, [{ name: 'sid_name_0.mp4', kind: 'mp4', part: 0 }]);
});

test('a journal of an earlier recording of the same name is not taken for its own', async () => {
  await using folder = await makeTempFolder();
  const earlier = await openRecording(media, planIn(folder.path));
  record(earlier, 0, 20);
  await reaches(() => earlier.closed.count === 1);
  const recorded = await openRecording(media, planIn(folder.path));
  record(recorded, 20, 34);
  await recorded.files.finish();
  assert.ok(Math.abs((await readMedia(folder.file('sid_name_0.mp4'))).duration - 14) < 0.1);
});

test('finishing twice changes nothing', async () => {
  await using folder = await makeTempFolder();
  const recorded = await openRecording(media, planIn(folder.path));
  record(recorded, 0, 20);
  assert.deepEqual(await recorded.files.finish(), []);
  const before = await names(folder.path);
  const playlist = await readFile(folder.file('sid_name.m3u8'), 'utf8');
  assert.deepEqual(await recorded.files.finish(), []);
  assert.deepEqual(await names(folder.path), before);
  assert.equal(await readFile(folder.file('sid_name.m3u8'), 'utf8'), playlist);
});

test('without a playlist the slices go once the MP4 is whole', async () => {
  await using folder = await makeTempFolder();
  const recorded = await openRecording(media, planIn(folder.path, { hls: false }));
  record(recorded, 0, 20);
  assert.deepEqual(await recorded.files.finish(), []);
  assert.deepEqual(await names(folder.path), ['sid_name_0.mp4']);
});

test('without a playlist the slices stay when the MP4 could not be made, and it can be tried again', async () => {
  await using folder = await makeTempFolder();
  const plan = planIn(folder.path, { hls: false });
  const recorded = await openRecording(media, plan);
  record(recorded, 0, 20);
  await mkdir(folder.file('sid_name_0.mp4/in the way'), { recursive: true });
  const problems = await recorded.files.finish();
  assert.equal(problems.length, 1);
  assert.deepEqual(
    await names(folder.path, '.ts'),
    recorded.opened.map(({ name }) => name),
  );
  await rm(folder.file('sid_name_0.mp4'), { recursive: true });
  const again = await RecordingFiles.reopen(plan, MEDIA);
  assert.deepEqual(await again.finish(), []);
  assert.deepEqual(await names(folder.path), ['sid_name_0.mp4']);
  assert.ok(Math.abs((await readMedia(folder.file('sid_name_0.mp4'))).duration - 20) < 0.1);
});

test('a full part becomes an MP4 while the recording goes on', async () => {
  await using folder = await makeTempFolder();
  const recorded = await openRecording(media, planIn(folder.path, { mp4: { ...ENDLESS, maxDurationMs: 10_000 } }));
  record(recorded, 0, 12);
  await reaches(async () => (await names(folder.path)).includes('sid_name_0.mp4'));
  record(recorded, 12, 34);
  assert.deepEqual(await recorded.files.finish(), []);
  const mp4s = ['sid_name_0.mp4', 'sid_name_1.mp4', 'sid_name_2.mp4', 'sid_name_3.mp4'];
  assert.deepEqual(await names(folder.path, '.mp4'), mp4s);
  const listed = recorded.files.list.filter(({ kind }) => kind === 'mp4');
  assert.deepEqual(
    listed.map(({ name }) => name),
    mp4s,
  );
  assert.deepEqual(
    listed.map(({ sliceStartMs }) => Math.round((sliceStartMs - START_MS) / 1000)),
    [0, 10, 20, 30],
  );
  const lengths = await Promise.all(mp4s.map(async (name) => (await readMedia(folder.file(name))).duration));
  for (const [i, expected] of [10, 10, 10, 4].entries()) assert.ok(Math.abs((lengths[i] ?? 0) - expected) < 0.1);
});

test('a page that stands still: playlist and MP4 are as long as what was recorded', async () => {
  await using folder = await makeTempFolder();
  const still = await sparseMedia({ seconds: 20.6, movingS: 2 });
  const recorded = await openRecording(still, planIn(folder.path));
  record(recorded, 0, 34);
  recorded.files.breakHere(LEAD_IN + 20.6 * TICKS_PER_SECOND);
  assert.deepEqual(await recorded.files.finish(), []);
  assert.ok(Math.abs(recorded.files.sums.mediaMs - 20_600) < 1);
  assert.ok(Math.abs((await playlistSeconds(folder.path)) - 20.6) < 0.01);
  const { problems } = await checkHls(folder.file('sid_name.m3u8'), 0.1);
  assert.deepEqual(problems, []);
  const { video, audio } = await readMedia(folder.file('sid_name_0.mp4'));
  for (const track of [video, audio]) assert.ok(Math.abs((track?.duration ?? 0) - 20.6) < 0.1);
});
