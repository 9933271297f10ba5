import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkHls, parsePlaylist, playlistProblems } from '../../probe/playlist.ts';
import { makeFolder, synthesize } from './synthetic.ts';

const GOOD = [
  ...['#EXTM3U', '#EXT-X-VERSION:3', '#EXT-X-MEDIA-SEQUENCE:0', '#EXT-X-TARGETDURATION:3', '#EXT-X-CUSTOM:1'],
  ...['#EXTINF:2.5,', 'a.ts', '#EXT-X-DISCONTINUITY', '#EXTINF:3.4,', 'b.ts', '#EXT-X-ENDLIST', ''],
].join('\n');

test('a good playlist', () => {
  const playlist = parsePlaylist(GOOD);
  assert.deepEqual(playlistProblems(playlist, GOOD), []);
  const { version, targetDuration, mediaSequence, type, ended, tags } = playlist;
  assert.deepEqual(
    [version, targetDuration, mediaSequence, type, ended, tags],
    [3, 3, 0, null, true, ['#EXT-X-CUSTOM:1']],
  );
  assert.deepEqual(
    playlist.slices.map(({ uri, duration, discontinuity }) => [uri, duration, discontinuity]),
    [
      ['a.ts', 2.5, false],
      ['b.ts', 3.4, true],
    ],
  );
});

test('bad lines are refused', () => {
  for (const [find, replace, message] of [
    ['#EXTM3U', '#EXTM3U8', /line 1/],
    ['#EXTINF:2.5,', '#EXTINF:2.5', /line 6: not a duration/],
    ['#EXTINF:2.5,', '#EXTINF:-1,', /not a duration/],
    ['#EXTINF:2.5,\n', '', /slice without EXTINF/],
    ['a.ts\n', '', /two EXTINF/],
    ['b.ts\n', '', /without a slice at the end/],
    ['a.ts', ' a.ts', /spaces/],
    ['DURATION:3', 'DURATION:3.5', /not a whole number/],
    ['#EXT-X-TARGETDURATION:3\n', '', /is missing/],
    ['#EXT-X-ENDLIST\n', '#EXT-X-ENDLIST\nc.ts\n', /after EXT-X-ENDLIST/],
    ['a.ts\n', 'a.ts\n#EXT-X-VERSION:4\n', /before the first slice/],
  ] as const) {
    assert.throws(() => parsePlaylist(GOOD.replace(find, replace)), message);
  }
});

test('rules between the lines', () => {
  const problemsOf = (text: string) => playlistProblems(parsePlaylist(text), text);
  assert.match(problemsOf(GOOD.replace('3.4', '3.5')).join(), /over the target/);
  assert.match(problemsOf(GOOD.replace('VERSION:3', 'VERSION:2')).join(), /version 3/);
  assert.match(problemsOf(GOOD.replace('b.ts', 'a.ts')).join(), /twice/);
  assert.match(problemsOf(GOOD.trimEnd()).join(), /no end/);
});

test('slices are checked against their playlist', async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, 'file.m3u8');
  await synthesize(file, {
    ...{ width: 320, height: 240, fps: 10, numbers: Array.from({ length: 60 }, (_, i) => i), flash: () => false },
    sound: '0.1*sin(2000*t)',
    output: [
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '20', '-sc_threshold', '0', '-pix_fmt', 'yuv420p'],
      ...['-c:a', 'aac', '-f', 'hls', '-hls_time', '2', '-hls_playlist_type', 'event'],
    ],
  });
  const { playlist, problems } = await checkHls(file);
  assert.deepEqual(problems, []);
  assert.equal(playlist.slices.length, 3);
  assert.equal(playlist.ended, true);

  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('#EXTINF:2.000000', '#EXTINF:1.500000'));
  assert.match((await checkHls(file)).problems.join(), /has 1\.900 to 2\.\d+ s, the playlist says 1\.5/);
  const second = playlist.slices[1]?.uri ?? '';
  await writeFile(file, text.replace(`#EXTINF:2.000000,\n${second}\n`, ''));
  assert.match((await checkHls(file)).problems.join(), /no discontinuity marked/);
  await writeFile(file, text);
  await writeFile(join(folder.path, second), Buffer.alloc(188 * 3));
  assert.match((await checkHls(file)).problems.join(), new RegExp(`${second}: `));
  await rm(join(folder.path, second));
  assert.match((await checkHls(file)).problems.join(), /ENOENT/);
});
