import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { buildProgram, uncompilable } from '../../support/native.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const SIZE = 256;
const UNTOUCHED = 7;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type Colour = readonly [red: number, green: number, blue: number];

/** BT.709 in limited range, exact. */
function exact([red, green, blue]: Colour): { y: number; u: number; v: number } {
  const luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return {
    y: 16 + (219 * luma) / 255,
    u: 128 + (224 * (blue - luma)) / 1.8556 / 255,
    v: 128 + (224 * (red - luma)) / 1.5748 / 255,
  };
}

function convert(program: string, box: Box, pixels: Uint32Array): Buffer {
  const head = Int32Array.of(SIZE, SIZE, box.x, box.y, box.width, box.height);
  return execFileSync(program, { input: Buffer.concat([Buffer.from(head.buffer), Buffer.from(pixels.buffer)]) });
}

function planes(picture: Buffer) {
  const luma = SIZE * SIZE;
  return { y: picture.subarray(0, luma), u: picture.subarray(luma, luma * 1.25), v: picture.subarray(luma * 1.25) };
}

function colourOf(pixel: number): Colour {
  return [(pixel >> 16) & 255, (pixel >> 8) & 255, pixel & 255];
}

function meanColour(pixels: readonly number[]): Colour {
  const colours = pixels.map(colourOf);
  const mean = (part: 0 | 1 | 2) => colours.reduce((sum, colour) => sum + colour[part], 0) / colours.length;
  return [mean(0), mean(1), mean(2)];
}

/** Largest differences from exact arithmetic. */
function differences(picture: Buffer, pixels: Uint32Array): { luma: number; colour: number } {
  const { y, u, v } = planes(picture);
  let luma = 0;
  let colour = 0;
  const at = (column: number, row: number) => pixels[row * SIZE + column] ?? 0;
  for (let row = 0; row < SIZE; row++)
    for (let column = 0; column < SIZE; column++)
      luma = Math.max(luma, Math.abs((y[row * SIZE + column] ?? 0) - exact(colourOf(at(column, row))).y));
  for (let row = 0; row < SIZE; row += 2)
    for (let column = 0; column < SIZE; column += 2) {
      const four = [at(column, row), at(column + 1, row), at(column, row + 1), at(column + 1, row + 1)];
      const mean = exact(meanColour(four));
      const place = (row / 2) * (SIZE / 2) + column / 2;
      colour = Math.max(colour, Math.abs((u[place] ?? 0) - mean.u), Math.abs((v[place] ?? 0) - mean.v));
    }
  return { luma, colour };
}

const WHOLE: Box = { x: 0, y: 0, width: SIZE, height: SIZE };
const STEPS = [0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 255];

/** A level of all three colours in 2x2 blocks: 4096 colours, the extremes among them. The highest byte means nothing. */
function everyColour(): Uint32Array {
  return Uint32Array.from({ length: SIZE * SIZE }, (_, i) => {
    const block = ((i / SIZE / 2) | 0) * (SIZE / 2) + (((i % SIZE) / 2) | 0);
    const [red, green, blue] = [block & 15, (block >> 4) & 15, (block >> 8) & 15].map((step) => STEPS[step] ?? 0);
    return ((i & 255) * 2 ** 24 + (red ?? 0) * 65536 + (green ?? 0) * 256 + (blue ?? 0)) >>> 0;
  });
}

function noise(length: number): Uint32Array {
  let state = 1;
  return Uint32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  });
}

test('colours become those of BT.709', { skip: uncompilable }, async () => {
  await using folder = await makeTempFolder();
  const program = await buildProgram(folder.path, 'converted', ['picture.c']);
  for (const pixels of [everyColour(), noise(SIZE * SIZE)]) {
    const { luma, colour } = differences(convert(program, WHOLE, pixels), pixels);
    // Half is lost by whole numbers.
    assert.ok(luma < 0.51, `brightness off by ${luma}`);
    assert.ok(colour < 0.51, `colour off by ${colour}`);
  }
});

test('a box changes what is in it and nothing else', { skip: uncompilable }, async () => {
  await using folder = await makeTempFolder();
  const program = await buildProgram(folder.path, 'converted', ['picture.c']);
  for (const box of [
    { x: 6, y: 10, width: 34, height: 18 },
    { x: 254, y: 254, width: 2, height: 2 },
    { x: 0, y: 128, width: SIZE, height: 2 },
  ]) {
    const whole = noise(SIZE * SIZE);
    const part = new Uint32Array(box.width * box.height);
    for (let i = 0; i < part.length; i++) {
      const row = box.y + Math.floor(i / box.width);
      part[i] = whole[row * SIZE + box.x + (i % box.width)] ?? 0;
    }
    const expected = convert(program, WHOLE, whole);
    const got = convert(program, box, part);
    const inside = (column: number, row: number) =>
      column >= box.x && column < box.x + box.width && row >= box.y && row < box.y + box.height;
    got.forEach((value, i) => {
      const [column, row] = placeOf(i);
      assert.equal(value, inside(column, row) ? expected[i] : UNTOUCHED, `byte ${i}`);
    });
  }
});

/** The pixel that a byte of a picture belongs to, the first of four where it is colour. */
function placeOf(byte: number): [number, number] {
  if (byte < SIZE * SIZE) return [byte % SIZE, Math.floor(byte / SIZE)];
  const place = (byte - SIZE * SIZE) % ((SIZE * SIZE) / 4);
  return [2 * (place % (SIZE / 2)), 2 * Math.floor(place / (SIZE / 2))];
}
