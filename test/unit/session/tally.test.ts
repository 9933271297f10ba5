import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tally } from '../../../src/session/tally.ts';
import { timedFrame } from '../../support/packets.ts';

const picture = (missing: number) => ({ ...timedFrame({ mediaTime: 90_000 }), missing });

test('pictures and the places without one make up the media time', () => {
  const tally = new Tally(10);
  for (const missing of [0, 0, 3, 0]) tally.frame(picture(missing));
  tally.frame(timedFrame({ kind: 'audio', mediaTime: 90_000 }));
  assert.deepEqual(tally.progress, { mediaMs: 700, frames: 4, missingFrames: 3 });
});

test('it goes on from what was recorded before', () => {
  const tally = new Tally(10);
  tally.goOnFrom({ mediaMs: 60_000, pictures: 590 });
  tally.frame(picture(0));
  assert.deepEqual(tally.progress, { mediaMs: 60_100, frames: 591, missingFrames: 10 });
});
