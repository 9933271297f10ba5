import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mp4Name, playlistName, sliceName, utcStamp } from '../../../src/output/names.ts';

test('the files of a recording have the names that the API fixes', () => {
  assert.equal(playlistName('sid_room'), 'sid_room.m3u8');
  assert.equal(mp4Name('sid_room', 0), 'sid_room_0.mp4');
  assert.equal(mp4Name('sid_room', 12), 'sid_room_12.mp4');
  assert.equal(sliceName('sid_room', Date.UTC(2026, 0, 2, 3, 4, 5, 6)), 'sid_room_20260102030405006.ts');
});

test('a moment is 17 digits, UTC, a fraction of a millisecond left out', () => {
  assert.equal(utcStamp(0), '19700101000000000');
  assert.equal(utcStamp(Date.UTC(2026, 11, 31, 23, 59, 59, 999) + 0.9), '20261231235959999');
});
