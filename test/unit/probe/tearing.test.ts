import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { findTearing, ROWS } from '../../probe/tearing.ts';
import { drawCode, makeFolder, pipeInto } from './synthetic.ts';

const [WIDTH, HEIGHT] = [640, 360];

test('a recording of whole frames has no tear, whatever the encoder makes of them', async () => {
  const frames = Array.from({ length: 40 }, (_, i) => edge(700 + i));
  const { pictures, torn } = await tearingOf(frames, ['-b:v', '200k']);
  assert.equal(pictures, 40);
  assert.deepEqual(torn, []);
});

test('pictures put together from two frames are found, wherever these meet', async () => {
  const code = Math.round((WIDTH / 24) * 2);
  const frames = [
    edge(10),
    // Below a line the frame before, as a display read while it is drawn upwards.
    above(edge(11), edge(10), 200),
    // A band that was not read again.
    above(above(edge(12), edge(11), 100), edge(12), 112),
    // The right half is older.
    beside(edge(13), edge(12), 400, code),
    // The lower row of the bar code is older.
    above(edge(256), edge(255), Math.round(code / 2)),
    edge(15),
  ];
  const { torn } = await tearingOf(frames);
  assert.deepEqual(
    torn.map(({ index }) => index),
    [1, 2, 3, 4],
  );
  const [below, band, half, across] = torn.map(({ rows }) => rows);
  assert.equal(below?.last, ROWS - 1);
  assert.ok(Math.abs((below?.first ?? 0) - ((200 - code) / (HEIGHT - code)) * ROWS) <= 1);
  assert.ok(band && band.count >= 3 && band.count <= 5);
  assert.deepEqual(half, { first: 0, last: ROWS - 1, count: ROWS });
  assert.equal(across, null);
  assert.equal(torn[3]?.number, null);
});

async function tearingOf(frames: readonly Buffer[], quality: readonly string[] = []) {
  await using folder = await makeFolder();
  const file = join(folder.path, 'edge.mp4');
  const input = ['-f', 'rawvideo', '-pix_fmt', 'gray', '-s', `${WIDTH}x${HEIGHT}`, '-r', '30', '-i', '-'];
  const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', ...quality];
  await pipeInto(['-y', '-v', 'error', ...input, ...x264, file], () => frames);
  return await findTearing(file);
}

/** A frame of test/pages/edge.html. */
function edge(number: number): Buffer {
  const at = Math.round((((number * 5) % 16) / 16) * WIDTH);
  const [left, right] = number % 2 === 0 ? [0x28, 0xc8] : [0xc8, 0x28];
  const picture = Buffer.alloc(WIDTH * HEIGHT, right);
  for (let y = 0; y < HEIGHT; y += 1) picture.fill(left as number, y * WIDTH, y * WIDTH + at);
  drawCode(picture, WIDTH, number);
  return picture;
}

/** One picture down to a line, another from there on. */
function above(upper: Buffer, lower: Buffer, line: number): Buffer {
  return Buffer.concat([upper.subarray(0, line * WIDTH), lower.subarray(line * WIDTH)]);
}

/** One picture left of a column, another right of it, below a line. */
function beside(left: Buffer, right: Buffer, column: number, line: number): Buffer {
  const picture = Buffer.from(left);
  for (let y = line; y < HEIGHT; y += 1) right.copy(picture, y * WIDTH + column, y * WIDTH + column, (y + 1) * WIDTH);
  return picture;
}
