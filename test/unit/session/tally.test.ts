import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tracksOf } from '../../../src/output/tracks.ts';
import { Tally } from '../../../src/session/tally.ts';
import { timedFrame } from '../../support/packets.ts';
import { MEDIA } from '../../support/recorded-files.ts';

const picture = (second: number, missing = 0) => ({ ...timedFrame({ mediaTime: 90_000 * (1 + second) }), missing });

test('media time goes from the first picture to where the last one ends, however many there are', () => {
  const tally = new Tally(tracksOf(MEDIA));
  for (const second of [0, 0.1, 0.2, 1.2, 2.2]) tally.frame(picture(second));
  tally.frame(picture(2.6, 3));
  assert.deepEqual(tally.progress, { mediaMs: 2700, frames: 6, missingFrames: 3 });
});

test('while a picture stands still, the sound tells how much there is', () => {
  const tally = new Tally(tracksOf(MEDIA));
  tally.frame(picture(0));
  tally.frame(timedFrame({ kind: 'audio', mediaTime: 90_000 * 1.9 - 1920 }));
  assert.equal(tally.progress.mediaMs, 900);
});

test('it goes on from what was recorded before', () => {
  const tally = new Tally(tracksOf(MEDIA));
  tally.goOnFrom({ mediaMs: 60_000, pictures: 590, missing: 10 });
  assert.deepEqual(tally.progress, { mediaMs: 60_000, frames: 590, missingFrames: 10 });
  tally.frame(picture(60));
  assert.deepEqual(tally.progress, { mediaMs: 60_100, frames: 591, missingFrames: 10 });
});

test('without pictures the blocks of sound make up the media time', () => {
  const tally = new Tally(tracksOf({ ...MEDIA, picture: null }));
  tally.goOnFrom({ mediaMs: 60_000, pictures: 0, missing: 0 });
  for (const i of [0, 2, 3])
    tally.frame({ ...timedFrame({ kind: 'audio', mediaTime: 90_000 + i * 1920 }), missing: 1 });
  const { mediaMs, ...counts } = tally.progress;
  assert.equal(Math.round(mediaMs), 60_085);
  assert.deepEqual(counts, { frames: 0, missingFrames: 0 });
});

test('a last frame lasts for as long as it is told, shorter or longer than others', () => {
  const tally = new Tally(tracksOf(MEDIA));
  tally.endAt(90_000);
  assert.equal(tally.progress.mediaMs, 0);
  tally.frame(picture(0));
  for (const ms of [50, 850]) {
    tally.endAt(90_000 + ms * 90);
    assert.equal(tally.progress.mediaMs, ms);
  }
  tally.frame(picture(0.85));
  assert.equal(tally.progress.mediaMs, 950);
});
