import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { xauthority, xorgConfig } from '../../../src/browser/display-files.ts';

// The dummy driver takes pixel clocks from 11 to 300 MHz; the monitor section allows lines of up to 300 kHz.
const LEAST_MHZ = 11;
const MOST_MHZ = 300;
const MOST_KHZ = 300;

/** Sizes of pictures as the API allows them, and the larger screens that they are shown on. */
const screen = fc
  .record({ width: fc.integer({ min: 64, max: 1920 }), height: fc.integer({ min: 64, max: 1920 }) })
  .filter(({ width, height }) => width * height <= 1920 * 1080)
  .chain(({ width, height }) => fc.constantFrom({ width, height }, { width: width + 1, height: 2 * height + 2 }));

function modeline(text: string): { megahertz: number; horizontal: number[]; vertical: number[] } {
  const numbers = /Modeline "recording" (.+)/.exec(text)?.[1]?.split(' ').map(Number) ?? [];
  assert.equal(numbers.length, 9);
  assert.ok(numbers.every(Number.isFinite));
  const [megahertz = 0, ...rest] = numbers;
  return { megahertz, horizontal: rest.slice(0, 4), vertical: rest.slice(4) };
}

test('every size and rate has a mode that the driver takes, with exactly that size and rate', () => {
  fc.assert(
    fc.property(screen, fc.integer({ min: 5, max: 60 }), (size, fps) => {
      const text = xorgConfig(size, fps);
      const { megahertz, horizontal, vertical } = modeline(text);
      assert.ok(megahertz >= LEAST_MHZ && megahertz <= MOST_MHZ, `${megahertz} MHz`);
      assert.equal(horizontal[0], size.width);
      assert.equal(vertical[0], size.height);
      for (const [first, second, third, total] of [horizontal, vertical] as [number, number, number, number][]) {
        assert.ok(first < second && second < third && third < total);
      }
      const lines = (megahertz * 1e3) / (horizontal[3] ?? 0);
      assert.ok(lines > 1 && lines <= MOST_KHZ, `${lines} kHz`);
      const rate = (lines * 1e3) / (vertical[3] ?? 0);
      assert.ok(Math.abs(rate - fps) < 0.001, `${rate} a second`);
      assert.match(text, new RegExp(`Virtual \\d+ ${size.height}\\n`));
    }),
    { numRuns: 2000 },
  );
});

test('the largest screens stay within the driver at 60 a second', () => {
  for (const [width, height] of [
    [1920, 1080],
    [1080, 1920],
    [1440, 1440],
  ] as const) {
    const { megahertz } = modeline(xorgConfig({ width: width + 1, height: 2 * height + 2 }, 60));
    assert.ok(megahertz <= MOST_MHZ, `${width}x${height}: ${megahertz} MHz`);
  }
});

test('the picture memory holds the whole screen', () => {
  fc.assert(
    fc.property(screen, (size) => {
      const text = xorgConfig(size, 30);
      const kilobytes = Number(/VideoRam (\d+)/.exec(text)?.[1]);
      const [, width, height] = /Virtual (\d+) (\d+)/.exec(text) ?? [];
      assert.ok(Number(width) >= size.width);
      assert.ok(Number(width) * Number(height) * 4 <= kilobytes * 1024);
    }),
  );
});

test('sections are opened and closed in pairs', () => {
  const text = xorgConfig({ width: 1281, height: 721 }, 30);
  const depth = (word: string) => text.split(new RegExp(`^ *${word}`, 'm')).length;
  assert.equal(depth('Section'), depth('EndSection'));
  assert.equal(depth('SubSection'), depth('EndSubSection'));
});

test('the authority file holds one cookie for any display, byte by byte', () => {
  const cookie = Uint8Array.from({ length: 16 }, (_, i) => 0xf0 + i);
  const expected = [
    [0xff, 0xff],
    [0, 0],
    [0, 0],
    [0, 18],
    [...Buffer.from('MIT-MAGIC-COOKIE-1')],
    [0, 16],
    [...cookie],
  ].flat();
  assert.deepEqual([...xauthority(cookie)], expected);
});
