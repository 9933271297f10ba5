import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildPlaylist } from '../../../src/output/playlist.ts';
import { namedSlices, playlistUpTo } from '../../../src/upload/playlist-up-to.ts';

const SLICES = [false, false, true, false].map((discontinuity, i) => ({
  ...{ name: `s_${i}.ts`, startMs: 1_800_000_000_000 + i * 15_000, bytes: 1, pictures: 1, missing: 0, part: 0 },
  ...{ mediaStart: i * 1_350_000, mediaEnd: (i + 1) * 1_350_000, discontinuity: discontinuity || i === 0 },
}));

function playlistOf(count: number, ended: boolean): string {
  return buildPlaylist(SLICES.slice(0, count), { ended, picture: { width: 640, height: 360 }, sound: true });
}

const LOCAL = playlistOf(4, true);

test('the playlist of some slices is the one that was written when there were no others', () => {
  for (const stored of [1, 2, 3]) {
    const { text, whole } = playlistUpTo(LOCAL, (name) => Number(name[2]) < stored, true);
    assert.equal(text, playlistOf(stored, false));
    assert.equal(whole, false);
  }
});

test('it stops at the first slice that is not stored, whatever comes after it', () => {
  const { text } = playlistUpTo(LOCAL, (name) => name !== 's_1.ts', true);
  assert.deepEqual(namedSlices(text), ['s_0.ts']);
});

test('it ends when all is stored and the recording is over', () => {
  assert.deepEqual(
    playlistUpTo(LOCAL, () => true, true),
    { text: LOCAL, whole: true },
  );
  assert.deepEqual(
    playlistUpTo(LOCAL, () => true, false),
    { text: playlistOf(4, false), whole: true },
  );
  const growing = playlistOf(4, false);
  assert.deepEqual(
    playlistUpTo(growing, () => true, true),
    { text: growing, whole: true },
  );
});

test('nothing is left when the first slice is missing', () => {
  assert.deepEqual(
    playlistUpTo(LOCAL, () => false, true),
    { text: '', whole: false },
  );
  assert.deepEqual(
    playlistUpTo(playlistOf(0, true), () => true, true),
    { text: '', whole: true },
  );
});
