import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tracksOf } from '../../../src/output/tracks.ts';
import { Tally } from '../../../src/session/tally.ts';
import { timedFrame } from '../../support/packets.ts';
import { MEDIA } from '../../support/recorded-files.ts';

const picture = (missing: number) => ({ ...timedFrame({ mediaTime: 90_000 }), missing });

test('pictures and the places without one make up the media time', () => {
  const tally = new Tally(tracksOf(MEDIA));
  for (const missing of [0, 0, 3, 0]) tally.frame(picture(missing));
  tally.frame(timedFrame({ kind: 'audio', mediaTime: 90_000 }));
  assert.deepEqual(tally.progress, { mediaMs: 700, frames: 4, missingFrames: 3 });
});

test('it goes on from what was recorded before', () => {
  const tally = new Tally(tracksOf(MEDIA));
  tally.goOnFrom({ mediaMs: 60_000, pictures: 590 });
  tally.frame(picture(0));
  assert.deepEqual(tally.progress, { mediaMs: 60_100, frames: 591, missingFrames: 10 });
});

test('without pictures the blocks of sound make up the media time', () => {
  const tally = new Tally(tracksOf({ ...MEDIA, picture: null }));
  const block = timedFrame({ kind: 'audio', mediaTime: 90_000 });
  tally.goOnFrom({ mediaMs: 60_000, pictures: 0 });
  for (const missing of [0, 1, 0]) tally.frame({ ...block, missing });
  const { mediaMs, ...counts } = tally.progress;
  assert.equal(Math.round(mediaMs), 60_085);
  assert.deepEqual(counts, { frames: 0, missingFrames: 0 });
});

test('a last frame that does not last as long as others is not counted in full', () => {
  const tally = new Tally(tracksOf(MEDIA));
  tally.frame(picture(0));
  tally.endAt(90_000 + 4_500);
  tally.endAt(90_000 + 20_000);
  assert.equal(tally.progress.mediaMs, 50);
});
