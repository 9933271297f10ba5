import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { presetFor, superfastCores } from '../../../src/node/preset.ts';
import { X264_PRESETS } from '../../../src/recording/plan.ts';

const HD = { width: 1280, height: 720, fps: 30, bitrateKbps: 2000 };
const FULL_HD_60 = { width: 1920, height: 1080, fps: 60, bitrateKbps: 4000 };

test('two idle cores are for superfast; more room is for better pictures, hardly any for the quickest', () => {
  const told = [0, 0.4, 0.5, 1, 2, 2.7, 2.8, 3.1, 3.2, 64].map((idle) => presetFor(HD, idle));
  assert.deepEqual(told, [
    ...['ultrafast', 'ultrafast', 'superfast', 'superfast', 'superfast', 'superfast'],
    ...['veryfast', 'veryfast', 'faster', 'faster'],
  ]);
});

test('a larger picture asks for more room', () => {
  assert.equal(presetFor(FULL_HD_60, 1.5), 'ultrafast');
  assert.equal(presetFor(FULL_HD_60, 3.2), 'superfast');
  assert.equal(presetFor(FULL_HD_60, 5), 'veryfast');
  assert.equal(presetFor(FULL_HD_60, 8), 'faster');
});

test('more room never makes the picture worse, and the usual preset has what it takes', () => {
  const rank = (idle: number) => X264_PRESETS.indexOf(presetFor(HD, idle));
  const cores = fc.double({ min: 0, max: 128, noNaN: true });
  fc.assert(fc.property(cores, cores, (one, other) => rank(Math.min(one, other)) <= rank(Math.max(one, other))));
  assert.equal(presetFor(HD, superfastCores(HD)), 'superfast');
});
