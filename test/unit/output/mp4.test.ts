import assert from 'node:assert/strict';
import { copyFile, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { assembleMp4 } from '../../../src/output/mp4.ts';
import { WRAP } from '../../../src/output/transport-stream.ts';
import { readMedia } from '../../probe/media.ts';
import { probeJson } from '../../probe/tool.ts';
import { FPS, type RealMedia, realMedia, writeSlices } from '../../support/real-media.ts';
import { sparseMedia } from '../../support/sparse-media.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

let media: RealMedia;

before(async () => {
  media = await realMedia(34);
});

async function decodingTimes(path: string, stream: string): Promise<number[]> {
  const args = ['-select_streams', stream, '-show_entries', 'packet=dts', path];
  const { packets } = (await probeJson(args)) as { packets: { dts: number }[] };
  return packets.map(({ dts }) => dts);
}

/** Names of the top boxes of an MP4. */
function boxes(bytes: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at))
    names.push(bytes.toString('latin1', at + 4, at + 8));
  return names;
}

test('slices become one MP4 with its index in front, all pictures, rising times', async () => {
  await using folder = await makeTempFolder();
  const slices = await writeSlices(folder.path, media);
  assert.equal(slices.length, 3);
  const path = folder.file('all.mp4');
  await assembleMp4(slices, 34, path);

  const order = boxes(await readFile(path));
  assert.ok(order.includes('moov') && order.indexOf('moov') < order.indexOf('mdat'), order.join(' '));
  const facts = await readMedia(path);
  assert.equal(facts.video?.codec, 'h264');
  assert.equal(facts.audio?.codec, 'aac');
  assert.ok(Math.abs(facts.duration - 34) < 0.1, `${facts.duration} s`);
  for (const stream of ['v', 'a']) {
    const times = await decodingTimes(path, stream);
    assert.ok(times.length >= 340);
    assert.ok(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0)));
  }
  assert.deepEqual(
    (await readdir(folder.path)).filter((name) => !name.endsWith('.ts')),
    ['all.mp4'],
  );
});

test('a last picture that stands still is shown for as long as there is sound', async () => {
  await using folder = await makeTempFolder();
  const still = await sparseMedia({ seconds: 22.7, movingS: 3 });
  const slices = await writeSlices(folder.path, still);
  await assembleMp4(slices, 22.7, folder.file('still.mp4'));
  const { video, audio } = await readMedia(folder.file('still.mp4'));
  const ends = [video, audio].map((track) => (track?.start ?? 0) + (track?.duration ?? 0));
  for (const end of ends) assert.ok(Math.abs(end - 22.7) < 1 / FPS, `${ends.join(' and ')} s`);
});

test('slices on both sides of the wrap of the 33 bits become one MP4 of the right length', async () => {
  await using folder = await makeTempFolder();
  const slices = await writeSlices(folder.path, await realMedia(34, WRAP - 20 * 90_000));
  await assembleMp4(slices, 34, folder.file('wrap.mp4'));
  const { duration } = await readMedia(folder.file('wrap.mp4'));
  assert.ok(Math.abs(duration - 34) < 0.1, `${duration} s`);
});

test('an MP4 that cannot be made is an error, leaves the slices and nothing else', async () => {
  await using folder = await makeTempFolder();
  const slices = await writeSlices(folder.path, media);
  const before = await Promise.all(slices.map((path) => readFile(path)));
  await assert.rejects(assembleMp4(slices, 34, folder.file('no/such/folder.mp4')), {
    name: 'RecorderError',
    message: /^expected an MP4 from the slices: muxer ended with code/,
  });
  assert.deepEqual(await Promise.all(slices.map((path) => readFile(path))), before);
  assert.deepEqual((await readdir(folder.path)).length, slices.length);
});

test('a full disk is told as such and leaves nothing', async () => {
  await using folder = await makeTempFolder();
  const slices = await writeSlices(folder.path, media);
  // ffmpeg writes beside the final name first; there it meets a device that is always full.
  await symlink('/dev/full', folder.file('full.mp4.part'));
  await assert.rejects(assembleMp4(slices, 34, folder.file('full.mp4')), { code: 'disk_full' });
  assert.equal((await readdir(folder.path)).length, slices.length);
});

test('no slices make no MP4', async () => {
  await using folder = await makeTempFolder();
  await assert.rejects(assembleMp4([], 0, folder.file('none.mp4')), { name: 'RecorderError' });
  assert.deepEqual(await readdir(folder.path), []);
});

test('a slice that cannot be read is an error, not a shorter MP4', async () => {
  await using folder = await makeTempFolder();
  const slices = await writeSlices(folder.path, media);
  const [first, , third] = slices;
  assert.ok(first && third);
  await assert.rejects(assembleMp4([first, folder.file('missing.ts'), third], 34, folder.file('short.mp4')));
  assert.deepEqual(
    (await readdir(folder.path)).filter((name) => name.endsWith('.mp4')),
    [],
  );
});

test('an older file of the same name is replaced', async () => {
  await using folder = await makeTempFolder();
  const slices = await writeSlices(folder.path, media);
  await copyFile(slices[0] ?? '', join(folder.path, 'old.mp4'));
  await assembleMp4(slices, 34, join(folder.path, 'old.mp4'));
  assert.match((await readMedia(join(folder.path, 'old.mp4'))).container, /mp4/);
});
