import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { distance, grabFrame, type Rgb } from '../../probe/pixels.ts';
import {
  coloursAnywhere,
  detailOf,
  meanColour,
  nameOf,
  onsetsOf,
  PALETTE,
  type Region,
  sightAt,
  watchRegions,
} from '../../probe/tiles.ts';
import { ffmpegOutput } from '../../probe/tool.ts';
import { makeFolder } from './synthetic.ts';

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

test('the colours of a palette are far apart, from black and white too', () => {
  assert.equal(PALETTE.length, 24);
  const all: Rgb[] = [...PALETTE, [0, 0, 0], [255, 255, 255]];
  for (const [i, one] of all.entries()) {
    for (const other of all.slice(0, i)) assert.ok(distance(one, other) > 80, `${one} and ${other}`);
  }
});

test('who is where, and since when, is read at low bit rates', async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, 'tiles.mp4');
  const hex = ([red, green, blue]: Rgb) => `0x${Buffer.from([red, green, blue]).toString('hex')}`;
  // 24 tiles of 80x90, the second half of them from 1.2 s on.
  const boxes = PALETTE.map((colour, i) => {
    const place = `x=${(i % 8) * 80}:y=${Math.floor(i / 8) * 90}:w=80:h=90`;
    return `drawbox=${place}:c=${hex(colour)}:t=fill${i < 12 ? '' : ":enable='gte(t,1.2)'"}`;
  });
  const source = `color=black:s=640x270:r=15:d=3,${boxes.join(',')}`;
  await ffmpegOutput(['-y', '-f', 'lavfi', '-i', source, ...X264, '-b:v', '200k', file]);
  const names = PALETTE.map((_, i) => `user ${i}`);
  const palette = { ...Object.fromEntries(names.map((name, i) => [name, PALETTE[i] as Rgb])), black: [0, 0, 0] as Rgb };
  const tile = (i: number): Region => ({ x: (i % 8) / 8, y: Math.floor(i / 8) / 3, width: 1 / 8, height: 1 / 3 });
  const sights = await watchRegions(file, Object.fromEntries(names.map((name, i) => [name, tile(i)])), palette);
  assert.equal(sights.length, 45);
  for (const [i, name] of names.entries()) {
    assert.equal(sightAt(sights, 1).seen[name], i < 12 ? name : 'black');
    assert.equal(sightAt(sights, 2.5).seen[name], name);
    assert.deepEqual(
      onsetsOf(sights, name, name).map((time) => time.toFixed(1)),
      i < 12 ? [] : ['1.2'],
    );
  }
  const early = await coloursAnywhere(file, palette, { to: 1 });
  assert.deepEqual([...early].sort(), [...names.slice(0, 12), 'black'].sort());
  assert.deepEqual([...(await coloursAnywhere(file, palette, { from: 2 }))].sort(), names.toSorted());
  assert.throws(() => sightAt(sights, 5), /no picture at 5.000 s/);
});

test('a colour between those of the palette has no name', () => {
  assert.equal(nameOf([76, 32, 208], { a: [32, 32, 208], b: [120, 32, 208] }), null);
  assert.equal(nameOf([60, 20, 200], { a: [32, 32, 208], b: [120, 32, 208] }), 'a');
  assert.equal(nameOf([37, 253, 27], { a: [32, 208, 32], b: [120, 208, 32] }), 'a');
  assert.equal(nameOf([255, 255, 255], { a: [32, 208, 32], b: [120, 208, 32] }), null);
});

test('stripes are told from what is left of them in a picture a quarter as large', async () => {
  await using folder = await makeFolder();
  const region = { x: 0.1, y: 0.1, width: 0.8, height: 0.8 };
  const source = "nullsrc=s=640x360:r=5:d=1,format=gray,geq=lum='if(mod(floor(X/2),2),235,16)'";
  const detail: number[] = [];
  for (const [name, scale] of [
    ['sharp', 'null'],
    ['blurred', 'scale=160:90:flags=bilinear,scale=640:360'],
  ] as const) {
    const file = join(folder.path, `${name}.mp4`);
    await ffmpegOutput(['-y', '-f', 'lavfi', '-i', `${source},${scale}`, ...X264, '-b:v', '500k', file]);
    const picture = await grabFrame(file, 0.5);
    detail.push(detailOf(picture, region));
    assert.ok(Math.abs(meanColour(picture, region)[1] - 125) < 20);
  }
  const [sharp = 0, blurred = 0] = detail;
  assert.ok(sharp > 40 && blurred < 10, `${sharp} and ${blurred}`);
});
