import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Slice } from '../../../src/output/journal.ts';
import { buildPlaylist, type PlaylistOptions } from '../../../src/output/playlist.ts';

const START = Date.UTC(2026, 10, 22, 9, 30, 0, 250);
const BOTH = { picture: { width: 1280, height: 720 }, sound: true };

function slice(i: number, seconds: number, discontinuity = false): Slice {
  const mediaStart = 90_000 * (1 + 16 * i);
  return {
    ...{ name: `s_c_${i}.ts`, startMs: START + 16_000 * i, mediaStart, mediaEnd: mediaStart + 90_000 * seconds },
    ...{ bytes: 188, pictures: 1, missing: 0, discontinuity, part: 0 },
  };
}

test('the whole playlist of an ended recording with a hold', () => {
  const text = buildPlaylist([slice(0, 16, true), slice(1, 3.5), slice(2, 1 / 3, true)], { ended: true, ...BOTH });
  assert.equal(
    text,
    `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-ALLOW-CACHE:YES
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-TARGETDURATION:20
#EXT-X-DISCONTINUITY
#EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=AUDIO,TIME=20261122093000250
#EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=VIDEO,TIME=20261122093000250
#EXT-X-AGORA-ROTATE:WIDTH=1280,HEIGHT=720,ROTATE=0,TIME=20261122093000250
#EXTINF:16.000000,
s_c_0.ts
#EXTINF:3.500000,
s_c_1.ts
#EXT-X-DISCONTINUITY
#EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=AUDIO,TIME=20261122093032250
#EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=VIDEO,TIME=20261122093032250
#EXT-X-AGORA-ROTATE:WIDTH=1280,HEIGHT=720,ROTATE=0,TIME=20261122093032250
#EXTINF:0.333333,
s_c_2.ts
#EXT-X-ENDLIST
`,
  );
});

test('while it runs a playlist has no end', () => {
  const text = buildPlaylist([slice(0, 16, true)], { ended: false, ...BOTH });
  assert.ok(text.endsWith('#EXTINF:16.000000,\ns_c_0.ts\n'));
  assert.doesNotMatch(text, /ENDLIST/);
});

test('no slice is longer than the target, rounded to whole seconds', () => {
  const target = (seconds: number) =>
    /TARGETDURATION:(\d+)\n/.exec(buildPlaylist([slice(0, 1), slice(1, seconds)], { ended: true, ...BOTH }))?.[1];
  assert.equal(target(17.4), '20');
  assert.equal(target(20.4), '20');
  assert.equal(target(20.5), '21');
  assert.equal(target(40), '40');
});

test('a recording without a slice has an empty playlist', () => {
  const head = '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-ALLOW-CACHE:YES\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-TARGETDURATION:20\n';
  assert.equal(buildPlaylist([], { ended: true, ...BOTH }), `${head}#EXT-X-ENDLIST\n`);
});

test('a month of slices is no obstacle', () => {
  const text = buildPlaylist(
    Array.from({ length: 172_800 }, (_, i) => slice(i, 15)),
    { ended: false, ...BOTH },
  );
  assert.equal(text.match(/#EXTINF/g)?.length, 172_800);
});

test('only tracks that there are begin', () => {
  const tags = (options: Partial<PlaylistOptions>) =>
    buildPlaylist([slice(0, 16, true)], { ended: true, ...BOTH, ...options }).match(/^#EXT-X-AGORA.*TIME/gm);
  assert.deepEqual(tags({ picture: null }), ['#EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=AUDIO,TIME']);
  assert.deepEqual(tags({ sound: false }), [
    '#EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=VIDEO,TIME',
    '#EXT-X-AGORA-ROTATE:WIDTH=1280,HEIGHT=720,ROTATE=0,TIME',
  ]);
});
