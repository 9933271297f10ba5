import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soundShift } from '../../../src/session/sound-shift.ts';
import { channelPlan } from '../../support/channel-plans.ts';

const SIZE = { width: 640, height: 360, bitrateKbps: 500 };
const CAPTURES = ['damage', 'x11grab'] as const;

for (const capture of CAPTURES) {
  const shiftAt = (fps: number) => soundShift({ picture: { ...SIZE, fps }, channel: null }, capture);

  test(`${capture}: the fewer frames a second, the longer the sound waits for the picture, and never by half a second`, () => {
    const shifts = Array.from({ length: 56 }, (_, i) => shiftAt(5 + i));
    for (const [i, shift] of shifts.entries()) {
      assert.ok(i === 0 || shift < (shifts[i - 1] ?? 0));
      assert.ok(Math.abs(shift) < 45_000, `${shift} ticks`);
    }
  });

  test(`${capture}: it waits for the display, which is not as slow as the slowest recordings`, () => {
    for (const fps of [1, 2, 3, 4]) assert.ok(shiftAt(fps) <= shiftAt(5));
  });

  test(`${capture}: sound that went through the mixer of a channel is put earlier`, () => {
    const channel = channelPlan();
    for (const fps of [1, 15, 60])
      assert.ok(soundShift({ picture: { ...SIZE, fps }, channel }, capture) < shiftAt(fps));
  });
}

test('for no picture sound does not wait at all', () => {
  assert.equal(soundShift({ picture: null, channel: null }, null), 0);
});
