import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  countPageFrames,
  equalNeighbours,
  flashOnsets,
  irregularities,
  isBlack,
  isWhite,
} from '../../probe/counting.ts';
import { collectFrames } from '../../probe/frames.ts';
import { distance, grabFrame, meanOf, pixelAt } from '../../probe/pixels.ts';
import { ffmpegOutput } from '../../probe/tool.ts';
import { makeFolder, synthesize } from './synthetic.ts';

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

test('numbers, flashes and times are read at every size, also at very low bit rates', async () => {
  await using folder = await makeFolder();
  for (const [width, height] of [
    [1280, 720],
    [240, 240],
    [360, 640],
    [1920, 1080],
  ] as const) {
    const file = join(folder.path, `${width}.mp4`);
    const numbers = Array.from({ length: 45 }, (_, i) => 5000 + i);
    const flash = (i: number) => i % 15 < 2;
    const output = [...X264, '-b:v', '150k'];
    await synthesize(file, { width, height, fps: 15, numbers, flash, sound: null, output });
    const frames = await collectFrames(file);
    assert.deepEqual(irregularities(frames), [], `${width}x${height}`);
    assert.deepEqual(
      frames.map(({ number }) => number),
      numbers,
    );
    assert.deepEqual(flashOnsets(frames), [1, 2]);
    assert.ok(frames.every(({ time }, i) => Math.abs(time - i / 15) < 0.001));
  }
});

test('repeated and lost page frames, and a page loaded anew, are counted', async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, 'file.mp4');
  const numbers = [10, 11, 11, 12, 15, 16, null, 17, 1, 2];
  await synthesize(file, { width: 320, height: 240, fps: 10, numbers, flash: () => false, sound: null, output: X264 });
  const frames = await collectFrames(file);
  const { frames: total, unread, unique, repeated, lost, restarts, first, last } = countPageFrames(frames);
  assert.deepEqual(
    { total, unread, unique, repeated, lost, restarts, first, last },
    { total: 10, unread: 1, unique: 8, repeated: 1, lost: 2, restarts: 1, first: 10, last: 2 },
  );
  assert.equal(equalNeighbours(frames), 1);
  assert.equal(irregularities(frames).length, 4);
});

test('the start time of the container counts', async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, 'file.ts');
  const output = [...X264, '-output_ts_offset', '10', '-muxdelay', '0', '-muxpreload', '0'];
  await synthesize(file, {
    width: 320,
    height: 240,
    fps: 10,
    numbers: [1, 2, 3],
    flash: () => false,
    sound: null,
    output,
  });
  const times = (await collectFrames(file)).map(({ time }) => time.toFixed(2));
  assert.deepEqual(times, ['10.00', '10.10', '10.20']);
});

test('white and black pictures are told from pages', async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, 'file.mp4');
  const flash = (i: number) => i === 1 || i === 2;
  await synthesize(file, {
    width: 320,
    height: 240,
    fps: 10,
    numbers: [null, null, 7, 8],
    flash,
    sound: null,
    output: X264,
  });
  assert.deepEqual((await collectFrames(file)).map(isWhite), [false, true, false, false]);
  const black = join(folder.path, 'black.mp4');
  await ffmpegOutput(['-f', 'lavfi', '-i', 'color=black:s=320x240:d=0.2', ...X264, black]);
  assert.ok((await collectFrames(black)).every(isBlack));
});

test('pixels have their place and their colour', async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, 'file.mp4');
  const source = 'color=black:s=320x240:d=1,drawbox=x=100:y=50:w=20:h=10:color=red:t=fill,scale=out_color_matrix=bt709';
  const tags = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'];
  await ffmpegOutput(['-f', 'lavfi', '-i', source, ...X264, ...tags, '-crf', '5', file]);
  assert.ok(distance(await pixelAt(file, 0.5, 110, 55), [254, 0, 0]) < 24);
  assert.ok(distance(await pixelAt(file, 0, 97, 55), [0, 0, 0]) < 24);
  assert.ok(distance(meanOf(await grabFrame(file, 0.5), 102, 52, 16, 6), [254, 0, 0]) < 24);
  await assert.rejects(grabFrame(file, 5), /no frame at 5 s/);
});
