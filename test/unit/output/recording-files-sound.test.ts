import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { RecordingFiles } from '../../../src/output/recording-files.ts';
import type { MediaPlan } from '../../../src/recording/plan.ts';
import { isMonotonic, readMedia, readPackets } from '../../probe/media.ts';
import { checkHls } from '../../probe/playlist.ts';
import { type RealMedia, realSound, SOUND, START_MS } from '../../support/real-media.ts';
import { leftBehind, openRecording, planIn, record } from '../../support/recorded-files.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const SOUND_ONLY: MediaPlan = { picture: null, sound: SOUND };
let media: RealMedia;

before(async () => {
  media = await realSound(34);
});

test('sound alone becomes slices, playlist and MP4 without a picture', async () => {
  await using folder = await makeTempFolder();
  const recorded = await openRecording(media, planIn(folder.path), 'create', SOUND_ONLY);
  record(recorded, 0, 34);
  assert.deepEqual(await recorded.files.finish(), []);
  assert.equal(recorded.opened.length, 3);
  assert.ok(Math.abs(recorded.files.sums.mediaMs - 34_000) < 50);
  assert.equal(recorded.files.sums.pictures, 0);
  const mp4 = folder.file('sid_name_0.mp4');
  const { video, audio, duration } = await readMedia(mp4);
  assert.equal(video, null);
  assert.equal(audio?.codec, 'aac');
  assert.ok(Math.abs(duration - 34) < 0.05);
  assert.ok(isMonotonic(await readPackets(mp4, 'audio')));
  const { playlist, problems } = await checkHls(folder.file('sid_name.m3u8'), 0.1, ['audio']);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    playlist.slices.map((slice) => Math.round(slice.duration)),
    [15, 15, 4],
  );
  assert.doesNotMatch(await readFile(folder.file('sid_name.m3u8'), 'utf8'), /VIDEO|ROTATE/);
});

test('sound alone that was cut off is completed, or gone on with', async () => {
  await using folder = await makeTempFolder();
  const { plan } = await leftBehind(media, folder.path, 20, {}, SOUND_ONLY);
  const resumed = await openRecording(media, plan, 'resume', SOUND_ONLY);
  assert.ok(Math.abs((resumed.files.mediaEnd ?? 0) / 90_000 - 21) < 0.1);
  assert.deepEqual(await resumed.files.finish({ goesOn: true }), []);
  const files = await RecordingFiles.reopen(plan, SOUND_ONLY);
  assert.deepEqual(await files.finish(), []);
  const { video, duration } = await readMedia(join(plan.folder, 'sid_name_0.mp4'));
  assert.equal(video, null);
  assert.ok(Math.abs(duration - 20) < 0.1);
});

test('a slice tells when it begins, and after an interruption when the one before it ended', async () => {
  await using folder = await makeTempFolder();
  const recorded = await openRecording(media, planIn(folder.path), 'create', SOUND_ONLY);
  record(recorded, 0, 20);
  recorded.files.breakHere();
  record(recorded, 25, 34);
  assert.deepEqual(await recorded.files.finish(), []);
  const told = recorded.discontinueMs.map((ms) => Math.round((ms - START_MS) / 1000));
  assert.deepEqual(told, [0, 15, 20]);
  assert.deepEqual(
    recorded.opened.map(({ startMs }) => Math.round((startMs - START_MS) / 1000)),
    [0, 15, 25],
  );
});

test('what a second session adds begins where the first was cut off', async () => {
  await using folder = await makeTempFolder();
  const { plan } = await leftBehind(media, folder.path, 20, {}, SOUND_ONLY);
  const recorded = await openRecording(media, plan, 'resume', SOUND_ONLY);
  record(recorded, 28, 34);
  await recorded.files.finish();
  const told = recorded.discontinueMs.map((ms) => Math.round((ms - START_MS) / 1000));
  assert.deepEqual(told, [20]);
});
