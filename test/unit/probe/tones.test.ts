import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { findClicks } from '../../probe/clicks.ts';
import { readSound, type Sound } from '../../probe/sound.ts';
import { heardTones, spreadTones, strayDb, toneDb } from '../../probe/tones.ts';
import { ffmpegOutput } from '../../probe/tool.ts';
import { type Folder, makeFolder } from './synthetic.ts';

const TONES = spreadTones(17);
const WHOLE = { from: 0.5, to: 2.5 };

/** Sound of three seconds as a recording has it. @param expression of the time `t`, for ffmpeg. */
async function recorded({ path }: Folder, expression: string): Promise<Sound> {
  const file = join(path, 'sound.mp4');
  const source = `aevalsrc='${expression}':s=48000:d=3`;
  await ffmpegOutput(['-y', '-f', 'lavfi', '-i', source, '-c:a', 'aac', '-b:a', '64k', file]);
  return await readSound(file);
}

function sum(tones: readonly number[], height: number): string {
  return tones.map((tone) => `${height}*sin(2*PI*${tone}*t)`).join('+');
}

test('each of 17 soft tones is told from those that are not there', async () => {
  await using folder = await makeFolder();
  const there = TONES.filter((_, i) => i % 3 !== 1);
  const sound = await recorded(folder, sum(there, 0.05));
  assert.deepEqual(heardTones(sound, TONES, WHOLE), there);
  for (const tone of there) assert.ok(Math.abs(toneDb(sound, tone, WHOLE) - 20 * Math.log10(0.05)) < 1);
  assert.deepEqual(heardTones(await recorded(folder, sum(TONES, 0.05)), TONES, { from: 1, to: 1.5 }), TONES);
  assert.deepEqual(heardTones(await recorded(folder, '0'), TONES, WHOLE), []);
});

test('a mixer that clips is found out by what it adds', async () => {
  await using folder = await makeFolder();
  const four = TONES.slice(0, 4);
  const clean = strayDb(await recorded(folder, sum(four, 0.22)), four, WHOLE);
  assert.ok(clean < -25, `${clean} dB`);
  const clipped = strayDb(await recorded(folder, `clip(${sum(four, 0.9)},-1,1)`), four, WHOLE);
  assert.ok(clipped > -10, `${clipped} dB`);
});

test('a tone that begins or ends in a jump clicks, one that is faded in 20 ms does not', async () => {
  await using folder = await makeFolder();
  const steady = '0.1*sin(2*PI*400*t)';
  const jumps = `${steady}+between(t,1,2)*0.1*cos(2*PI*537*t)`;
  const clicks = findClicks(await recorded(folder, jumps));
  assert.deepEqual(
    clicks.map(({ time }) => Math.round(time * 10) / 10),
    [1, 2],
    JSON.stringify(clicks),
  );
  const faded = `${steady}+clip((t-1)/0.02,0,1)*clip((2-t)/0.02,0,1)*0.1*cos(2*PI*537*t)`;
  assert.deepEqual(findClicks(await recorded(folder, faded)), []);
});
