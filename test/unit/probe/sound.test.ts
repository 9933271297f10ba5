import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { dominantTone, findBeeps } from '../../probe/beeps.ts';
import { judgeCadence } from '../../probe/cadence.ts';
import { flashOnsets } from '../../probe/counting.ts';
import { collectFrames } from '../../probe/frames.ts';
import { endOf, levelDb, peak, readSound, silentIntervals } from '../../probe/sound.ts';
import { makeFolder, synthesize } from './synthetic.ts';

const X264 = ['-c:v', 'libx264', '-preset', 'superfast', '-bf', '2', '-pix_fmt', 'yuv420p'];
const AAC = ['-c:a', 'aac', '-b:a', '128k'];

/** A beep of 0.1 s at `offset` seconds after every whole second. */
const beeps = (tone: number, offset: number) =>
  `if(lt(mod(t+10-${offset},1),0.1)*gte(t,0.5),0.4*sin(2*PI*${tone}*t),0)`;

const picture = (seconds: number, fps: number) => ({
  ...{ width: 320, height: 240, fps, numbers: Array.from({ length: seconds * fps }, (_, i) => i) },
  flash: (i: number) => i >= fps / 2 && i % fps < fps / 10,
});

test('an offset between sound and picture is found to the millisecond, in every container', async () => {
  await using folder = await makeFolder();
  for (const [container, offset, delay] of [
    ['mp4', 0.1, 0],
    ['mp4', 0, 0],
    ['mp4', -0.06, 0.25],
    ['ts', 0.033, 0],
    ['ts', -0.12, 0.5],
  ] as const) {
    const file = join(folder.path, `file.${container}`);
    const sound = beeps(1000, offset - delay);
    await synthesize(file, { ...picture(8, 30), sound, soundDelayS: delay, output: [...X264, ...AAC] });
    const found = findBeeps(await readSound(file));
    const cadence = judgeCadence(
      flashOnsets(await collectFrames(file)),
      found.map(({ onset }) => onset),
    );
    assert.ok(cadence.pairs >= 6, `${cadence.pairs} pairs`);
    assert.ok(Math.abs(cadence.median - offset * 1000) < 1, `${container} ${offset}: ${cadence.median}`);
    assert.ok(cadence.spread < 1 && Math.abs(cadence.drift) < 1);
    assert.ok(found.every(({ amplitude }) => Math.abs(amplitude - 0.4) < 0.03));
    // The beep before the first flash, or after the last, may be cut by the file's ends.
    assert.ok(found.slice(1, -1).every(({ onset, end }) => Math.abs(end - onset - 0.1) < 0.002));
  }
});

test('tone, level, peak and silence', async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, 'file.mp4');
  const sound = 'if(between(t,1,2),0.5*sin(2*PI*440*t),0)';
  await synthesize(file, { ...picture(4, 10), sound, output: [...X264, ...AAC] });
  const heard = await readSound(file);
  assert.ok(Math.abs((dominantTone(heard, { from: 1.2, to: 1.8 }) as number) - 440) < 1);
  assert.equal(dominantTone(heard, { from: 2.5, to: 3.5 }), null);
  assert.ok(Math.abs(levelDb(heard, { from: 1.1, to: 1.9 }) - -9) < 0.5);
  assert.ok(levelDb(heard, { from: 2.5, to: 3.5 }) < -80);
  assert.ok(Math.abs(peak(heard, { from: 1.1, to: 1.9 }) - 0.5) < 0.03);
  const silent = silentIntervals(heard);
  assert.equal(silent.length, 2);
  assert.ok(Math.abs((silent[0]?.to ?? 0) - 1) < 0.03 && Math.abs((silent[1]?.from ?? 0) - 2) < 0.03);
  assert.ok(Math.abs(endOf(heard) - 4) < 0.05);
  assert.deepEqual(findBeeps(heard, 3000), []);
});

test('sound that begins late stays late', async () => {
  await using folder = await makeFolder();
  for (const container of ['mp4', 'mkv', 'ts']) {
    const file = join(folder.path, `late.${container}`);
    await synthesize(file, { ...picture(3, 10), sound: beeps(1000, 0), soundDelayS: 1.5, output: [...X264, ...AAC] });
    const start = (await collectFrames(file))[0]?.time ?? Number.NaN;
    const [first] = findBeeps(await readSound(file));
    assert.ok(Math.abs((first?.onset ?? 0) - start - 2.5) < 0.003, `${container}: ${first?.onset} after ${start}`);
  }
});
