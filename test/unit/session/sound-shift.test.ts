import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soundShift } from '../../../src/session/sound-shift.ts';
import { channelPlan } from '../../support/channel-plans.ts';

const SIZE = { width: 640, height: 360, bitrateKbps: 500 };
const shiftAt = (fps: number) => soundShift({ picture: { ...SIZE, fps }, channel: null });

test('the fewer frames a second, the longer the sound waits for the picture, and never by half a second', () => {
  const shifts = Array.from({ length: 56 }, (_, i) => shiftAt(5 + i));
  for (const [i, shift] of shifts.entries()) {
    assert.ok(i === 0 || shift < (shifts[i - 1] ?? 0));
    assert.ok(Math.abs(shift) < 45_000, `${shift} ticks`);
  }
});

test('it waits for the display, which is not as slow as the slowest recordings, and for no picture not at all', () => {
  for (const fps of [1, 2, 3, 4]) assert.ok(shiftAt(fps) <= shiftAt(5));
  assert.equal(soundShift({ picture: null, channel: null }), 0);
});

test('sound that went through the mixer of a channel is put earlier', () => {
  const channel = channelPlan();
  for (const fps of [1, 15, 60]) assert.ok(soundShift({ picture: { ...SIZE, fps }, channel }) < shiftAt(fps));
});
