import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  isFaststart,
  isMonotonic,
  keyFrameTimes,
  readBoxes,
  readMedia,
  readPackets,
  steps,
} from '../../probe/media.ts';
import { makeFolder, synthesize } from './synthetic.ts';

const OUTPUT = [
  ...[
    '-c:v',
    'libx264',
    '-profile:v',
    'high',
    '-g',
    '10',
    '-sc_threshold',
    '0',
    '-pix_fmt',
    'yuv420p',
    '-colorspace',
    'bt709',
  ],
  ...['-c:a', 'aac', '-ac', '2', '-shortest'],
];
const PICTURE = {
  width: 320,
  height: 240,
  fps: 10,
  numbers: Array.from({ length: 30 }, (_, i) => i),
  flash: () => false,
};

test('facts of an MP4', async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, 'file.mp4');
  await synthesize(file, { ...PICTURE, sound: 'sin(440*t)', output: [...OUTPUT, '-movflags', '+faststart'] });
  const media = await readMedia(file);
  assert.match(media.container, /mp4/);
  assert.ok(Math.abs(media.duration - 3) < 0.05);
  assert.deepEqual(
    [media.video?.codec, media.video?.profile, media.video?.width, media.video?.height, media.video?.fps],
    ['h264', 'High', 320, 240, 10],
  );
  assert.equal(media.video?.colour.space, 'bt709');
  assert.deepEqual([media.audio?.codec, media.audio?.channels, media.audio?.rate], ['aac', 2, 48_000]);
  assert.equal(await isFaststart(file), true);
});

test('packets, key frames and order', async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, 'file.mp4');
  await synthesize(file, { ...PICTURE, sound: null, output: OUTPUT.slice(0, 10) });
  const packets = await readPackets(file, 'video');
  assert.equal(packets.length, 30);
  assert.ok(isMonotonic(packets));
  assert.deepEqual(
    keyFrameTimes(packets).map((time) => time.toFixed(2)),
    ['0.00', '1.00', '2.00'],
  );
  assert.ok(steps(packets).every((step) => Math.abs(step - 0.1) < 0.001));
  assert.equal(await isFaststart(file), false);
  assert.deepEqual((await readBoxes(file)).toSorted(), ['free', 'ftyp', 'mdat', 'moov']);
  assert.equal((await readMedia(file)).audio, null);
});

test('packets out of order are noticed', () => {
  const packet = { duration: 1, bytes: 1, key: false };
  assert.equal(
    isMonotonic([
      { ...packet, pts: 1, dts: 1 },
      { ...packet, pts: 1, dts: 2 },
    ]),
    false,
  );
  assert.equal(
    isMonotonic([
      { ...packet, pts: 1, dts: 2 },
      { ...packet, pts: 2, dts: 2 },
    ]),
    false,
  );
});
