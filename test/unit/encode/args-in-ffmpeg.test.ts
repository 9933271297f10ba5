import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstEncoder } from '../../../src/encode/codecs.ts';
import { grabInput, openGate } from '../../../src/encode/grab-args.ts';
import { KEY_FRAME_S, ODD_TIMES } from '../../../src/encode/key-frames.ts';
import { pictureOutput } from '../../../src/encode/picture-args.ts';
import { STANDALONE } from '../../../src/recording/plan.ts';
import { ffmpegOutput } from '../../probe/tool.ts';
import { encodedSound, readFrames } from '../../support/real-media.ts';

const SECONDS = 4;
const ENCODER = firstEncoder(STANDALONE.encoding);

/** The encoder's own arguments behind a made-up picture. */
async function encode(fps: number, open: boolean) {
  const picture = { width: 241, height: 240, fps, bitrateKbps: 500 };
  const input = grabInput(':0', picture);
  const gate = `enable='${openGate(0, 0, fps)}'`;
  const filters = open ? input.filters.map((filter) => filter.replace(/enable='[^']*'/, gate)) : input.filters;
  const outputs = pictureOutput({ ...input, filters }, ENCODER, picture);
  const source = ['-f', 'lavfi', '-i', `testsrc2=s=240x240:r=${fps}`];
  return readFrames(await ffmpegOutput(['-copyts', ...source, '-t', String(SECONDS), ...outputs])).frames;
}

test('with its gate open ffmpeg gives every picture, in order, and a key frame every two seconds', async () => {
  const pictures = await encode(15, true);
  assert.equal(pictures.length, SECONDS * 15);
  const keys = pictures.flatMap(({ key }, i) => (key ? [i] : []));
  assert.deepEqual(keys, [0, KEY_FRAME_S * 15]);
  assert.ok(pictures.every(({ pts }, i) => i === 0 || pts > (pictures[i - 1]?.pts ?? 0)));
});

test('armed, ffmpeg gives a picture now and then', async () => {
  const pictures = await encode(15, false);
  assert.ok(pictures.length >= 7 && pictures.length <= 16, `${pictures.length} pictures`);
  assert.equal(pictures[0]?.key, true);
});

test('pictures with odd times, and no others, are key frames; times go through to the tick', async () => {
  // The third picture of each second is marked, all times are those of the wall clock.
  const times = `round((1795348800+N/10)*1000000/2)*2+eq(mod(N\\,10)\\,2)`;
  const picture = { width: 240, height: 240, fps: 10, bitrateKbps: 500 };
  const filters = ['settb=1/1000000', `setpts=${times}`];
  const outputs = pictureOutput({ filters, keyFrames: ODD_TIMES }, ENCODER, picture);
  const source = ['-f', 'lavfi', '-i', 'testsrc2=s=240x240:r=10:d=4'];
  const { frames } = readFrames(await ffmpegOutput(['-copyts', ...source, ...outputs]));
  const keys = frames.flatMap(({ key }, i) => (key ? [i] : []));
  assert.deepEqual(keys, [0, 2, 12, 22, 32]);
  const expected = frames.map((_, i) => (1_795_348_800 * 90_000 + i * 9000) % 2 ** 33);
  for (const [i, { pts }] of frames.entries()) assert.ok(Math.abs(pts - (expected[i] ?? 0)) <= 1, `picture ${i}`);
});

test('sound comes whole, each block by itself, as a frame of sound', async () => {
  const { frames } = await encodedSound(SECONDS);
  assert.ok(frames.length > SECONDS * 40);
  assert.ok(frames.every(({ kind }) => kind === 'audio'));
  // One block is 1024 samples: 1920 ticks.
  const steps = frames.slice(1).map(({ pts }, i) => pts - (frames[i]?.pts ?? 0));
  assert.deepEqual([...new Set(steps)], [1920]);
});
