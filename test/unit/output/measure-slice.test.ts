import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import fc from 'fast-check';
import type { Slice } from '../../../src/output/journal.ts';
import { measure, mendSlice } from '../../../src/output/measure-slice.ts';
import { LEAD_IN } from '../../../src/output/take.ts';
import { PACKET, readHead, TICKS_PER_SECOND, WRAP } from '../../../src/output/transport-stream.ts';
import { cutIntoSlices, FPS, readFrames, realMedia, TRACKS } from '../../support/real-media.ts';
import { sparseMedia } from '../../support/sparse-media.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const INTERVAL = TICKS_PER_SECOND / FPS;
let slice: Slice;
let bytes: Buffer;

before(async () => {
  const [only] = cutIntoSlices(await realMedia(2));
  assert.ok(only);
  ({ slice, bytes } = only);
});

/** Where each frame begins, and, last, where the slice ends. */
function frameStarts(): number[] {
  const starts: number[] = [];
  for (let at = 0; at < bytes.length; at += PACKET) {
    const { pid, start } = readHead(bytes.subarray(at, at + PACKET));
    if (start && (pid === 0x100 || pid === 0x101)) starts.push(at);
  }
  return [...starts, bytes.length];
}

test('of a slice cut off at any byte, whole frames are left and their last picture is known', () => {
  const { frames } = readFrames(bytes);
  const starts = frameStarts();
  fc.assert(
    fc.property(fc.nat(bytes.length), (cut) => {
      const { whole, last, pictures } = measure(bytes.subarray(0, cut), slice.mediaStart);
      // The frame in which, or after which, the cut lies is not known to be complete.
      const kept = Math.max(0, starts.filter((start) => start + PACKET <= cut).length - 1);
      assert.equal(whole, kept === 0 && cut < (starts[0] ?? 0) + PACKET ? 0 : starts[kept]);
      const known = frames.slice(0, kept);
      assert.equal(pictures, known.filter(({ kind }) => kind === 'video').length);
      assert.equal(last.video, pictures === 0 ? null : slice.mediaStart + (pictures - 1) * INTERVAL);
      const sound = known.findLast(({ kind }) => kind === 'audio');
      assert.equal(last.audio, sound ? sound.pts : null);
    }),
  );
});

test('the time of the last picture goes on over the wrap of the 33 bits', async () => {
  const mediaStart = WRAP - TICKS_PER_SECOND;
  const [late] = cutIntoSlices(await realMedia(2, mediaStart));
  assert.ok(late);
  const { last } = measure(late.bytes, mediaStart);
  assert.equal(last.video, mediaStart + 19 * INTERVAL);
});

test('a cut slice is shortened to its whole frames and told by its length', async () => {
  await using folder = await makeTempFolder();
  const path = folder.file(slice.name);
  await writeFile(path, bytes.subarray(0, bytes.length - 1000));
  const { mediaEnd: _end, bytes: _bytes, pictures: _pictures, missing: _missing, ...open } = slice;
  const mended = await mendSlice(path, open, TRACKS);
  const left = await readFile(path);
  assert.ok(mended);
  assert.equal(mended.bytes, left.length);
  assert.deepEqual(left, bytes.subarray(0, left.length));
  const { frames } = readFrames(left);
  const pictures = frames.filter(({ kind }) => kind === 'video').length;
  assert.ok(pictures >= 15 && pictures < 20);
  // Whatever lasts longer, the pictures or the sound, is where the next one may begin.
  const soundEnd = (frames.findLast(({ kind }) => kind === 'audio')?.pts ?? 0) + 1920;
  const mediaEnd = Math.max(slice.mediaStart + pictures * INTERVAL, soundEnd);
  assert.deepEqual(mended, { ...open, bytes: left.length, pictures, missing: 0, mediaEnd });
});

test('the sound after the last picture of a still page is no less recorded', async () => {
  await using folder = await makeTempFolder();
  const { frames, tables } = await sparseMedia({ seconds: 12, movingS: 3 });
  const endsWith = frames.findLastIndex(
    ({ kind, mediaTime }) => kind === 'audio' && mediaTime < LEAD_IN + 9.5 * TICKS_PER_SECOND,
  );
  const [cut] = cutIntoSlices({ frames: frames.slice(0, endsWith + 1), tables });
  assert.ok(cut);
  const path = folder.file(cut.slice.name);
  await writeFile(path, cut.bytes);
  const mended = await mendSlice(path, cut.slice, TRACKS);
  assert.ok(mended);
  assert.ok(Math.abs(mended.mediaEnd - LEAD_IN - 9.5 * TICKS_PER_SECOND) < INTERVAL, `${mended.mediaEnd} ticks`);
});

test('a slice without a whole picture, or without a file, is none', async () => {
  await using folder = await makeTempFolder();
  const path = folder.file(slice.name);
  await writeFile(path, bytes.subarray(0, 5 * PACKET));
  assert.equal(await mendSlice(path, slice, TRACKS), null);
  assert.equal(await mendSlice(folder.file('missing.ts'), slice, TRACKS), null);
});

test('a slice that ends in a block of zeros, as after a power cut, is mended too', async () => {
  await using folder = await makeTempFolder();
  const path = folder.file(slice.name);
  await writeFile(path, Buffer.concat([bytes.subarray(0, bytes.length - 4000), Buffer.alloc(4000)]));
  const mended = await mendSlice(path, slice, TRACKS);
  assert.ok(mended && mended.mediaEnd > slice.mediaStart + TICKS_PER_SECOND);
});
