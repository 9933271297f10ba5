import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { countPageFrames, isBlack, isWhite } from '../probe/counting.ts';
import { readFacts } from '../probe/facts.ts';
import { collectFrames } from '../probe/frames.ts';
import { isFaststart, isMonotonic, readMedia, readPackets } from '../probe/media.ts';
import { grabFrame } from '../probe/pixels.ts';
import { checkHls } from '../probe/playlist.ts';
import { servePages } from '../support/pages.ts';
import { startProgram } from '../support/program.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const SMALL = ['--size', '640x360', '--fps', '15'];

test('records a page into an MP4 that holds each of its frames once, and says so in JSON', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const out = folder.file('talk.mp4');
  await using program = startProgram([
    'record',
    pages.url('animated'),
    '--out',
    out,
    '--duration',
    '6s',
    ...SMALL,
    '--json',
  ]);
  const { code, stdout } = await program.finished;
  expect(code).toBe(0);

  const media = await readMedia(out);
  expect(media.video).toMatchObject({ codec: 'h264', width: 640, height: 360, pixelFormat: 'yuv420p' });
  expect(media.audio).toMatchObject({ codec: 'aac', rate: 48_000, channels: 2 });
  expect(Math.abs(media.duration - 6)).toBeLessThan(0.2);
  expect(await isFaststart(out)).toBe(true);
  expect(isMonotonic(await readPackets(out, 'video'))).toBe(true);
  expect(isMonotonic(await readPackets(out, 'audio'))).toBe(true);

  const frames = await collectFrames(out);
  expect(frames.filter(isWhite)).toEqual([]);
  expect(frames.filter(isBlack)).toEqual([]);
  const count = countPageFrames(frames);
  expect(count).toMatchObject({ unread: 0, restarts: 0 });
  expect(count.share).toBeGreaterThan(0.97);

  const summary = JSON.parse(stdout);
  expect(summary).toMatchObject({ file: out, outcome: 'complete', width: 640, height: 360, frames: frames.length });
  expect(summary.duration).toBeCloseTo(media.duration, 1);
  expect(summary.cores).toBeGreaterThan(0.05);
  expect(readdirSync(folder.path)).toEqual(['talk.mp4']);
});

test('ends with Ctrl-C and leaves a whole file with the last second in it', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const out = folder.file('cut.mp4');
  await using program = startProgram(['record', pages.url('clock'), '--out', out, ...SMALL]);
  while (pages.requests.length === 0) await sleep(50);
  await sleep(4000);
  const interrupted = Date.now();
  program.process.kill('SIGINT');
  const { code } = await program.finished;
  expect(code).toBe(0);
  const last = (await collectFrames(out)).at(-1);
  const behind = (interrupted - (last?.number ?? 0)) % 2 ** 24;
  expect(behind).toBeLessThan(400);
});

test('keeps slices and playlist beside the MP4 when asked for HLS', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const args = ['--out', folder.file('talk.mp4'), '--hls', folder.file('hls'), '--duration', '3s', ...SMALL];
  await using program = startProgram(['record', pages.url('animated'), ...args]);
  expect((await program.finished).code).toBe(0);
  expect(existsSync(folder.file('talk.mp4'))).toBe(true);
  const { playlist, problems } = await checkHls(folder.file('hls/talk.m3u8'));
  expect(problems).toEqual([]);
  expect(playlist.ended).toBe(true);
});

test('shows the page as on a phone with --mobile', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const out = folder.file('phone.mp4');
  const args = ['--mobile', '--size', '720x1280', '--fps', '10', '--duration', '2s'];
  await using program = startProgram(['record', pages.url('mobile'), '--out', out, ...args]);
  expect((await program.finished).code).toBe(0);
  const facts = readFacts(await grabFrame(out, 1), 8);
  const allPhoneFlags = 31;
  expect(facts).toEqual([360, 640, 200, 5, allPhoneFlags, 360, 640, 360]);
});

for (const [name, args, code, text] of [
  ['a page that is not there', ['/status/404'], 3, /answered 404/],
  ['a server that fails', ['/status/503'], 3, /answered 503/],
  ['a server that cannot be reached', ['http://127.0.0.1:9/'], 3, /ERR_/],
  ['an unknown scheme', ['ftp://example.org/'], 2, /http:\/\/ or https:\/\//],
  ['an unknown option', ['/static', '--colour'], 2, /--colour/],
  ['a size out of range', ['/static', '--size', '100x100'], 2, /from 240 to 1920, got 100/],
] as const) {
  test(`says in one line what is wrong with ${name}`, async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    const [target, ...more] = args;
    const url = target.startsWith('/') ? pages.url(target) : target;
    await using program = startProgram(['record', url, '--out', folder.file('x.mp4'), '--duration', '2s', ...more]);
    const finished = await program.finished;
    expect(finished.code).toBe(code);
    expect(finished.stderr.trim().split('\n')).toHaveLength(1);
    expect(finished.stderr).toMatch(text);
    expect(readdirSync(folder.path)).toEqual([]);
  });
}
