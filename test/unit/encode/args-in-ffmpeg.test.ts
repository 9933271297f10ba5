import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encoderArgs, KEY_FRAME_S, openGate } from '../../../src/encode/args.ts';
import { ffmpegOutput } from '../../probe/tool.ts';
import { encodedSound, readFrames } from '../../support/real-media.ts';

const SECONDS = 4;

/** The encoder's own arguments behind a made-up sound and picture. */
async function encode(fps: number, open: boolean) {
  const picture = { width: 241, height: 240, fps, bitrateKbps: 500 };
  const args = encoderArgs({ display: ':0', source: 'none' }, { picture, sound: { channels: 1, bitrateKbps: 48 } });
  const outputs = args.slice(args.indexOf('-map'));
  const gate = outputs.findIndex((argument) => argument.includes('enable='));
  assert.ok(gate > 0);
  if (open) outputs[gate] = outputs[gate]?.replace(/enable='[^']*'/, `enable='${openGate(0, 0, fps)}'`) ?? '';
  const inputs = ['-f', 'lavfi', '-i', 'sine=r=48000', '-f', 'lavfi', '-i', `testsrc2=s=240x240:r=${fps}`];
  const { frames } = readFrames(await ffmpegOutput(['-copyts', ...inputs, '-t', String(SECONDS), ...outputs]));
  return {
    pictures: frames.filter(({ kind }) => kind === 'video'),
    sounds: frames.filter(({ kind }) => kind === 'audio'),
  };
}

test('with its gate open ffmpeg gives every picture, in order, and a key frame every two seconds', async () => {
  const { pictures, sounds } = await encode(15, true);
  assert.equal(pictures.length, SECONDS * 15);
  assert.ok(sounds.length > SECONDS * 40);
  const keys = pictures.flatMap(({ key }, i) => (key ? [i] : []));
  assert.deepEqual(keys, [0, KEY_FRAME_S * 15]);
  assert.ok(pictures.every(({ pts }, i) => i === 0 || pts > (pictures[i - 1]?.pts ?? 0)));
});

test('armed, ffmpeg gives a picture now and then, and all the sound, each block by itself', async () => {
  const { pictures, sounds } = await encode(15, false);
  assert.ok(pictures.length >= 7 && pictures.length <= 16, `${pictures.length} pictures`);
  assert.equal(pictures[0]?.key, true);
  // One block is 1024 samples: 1920 ticks.
  const steps = sounds.slice(1).map(({ pts }, i) => pts - (sounds[i]?.pts ?? 0));
  assert.deepEqual([...new Set(steps)], [1920]);
});

test('of sound alone all blocks come, each as a frame of sound', async () => {
  const { frames, tables } = await encodedSound(SECONDS);
  assert.ok(frames.length > SECONDS * 40);
  assert.ok(frames.every(({ kind }) => kind === 'audio'));
  assert.equal(tables.length, 2 * 188);
});
