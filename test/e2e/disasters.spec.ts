import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { countPageFrames } from '../probe/counting.ts';
import { collectFrames } from '../probe/frames.ts';
import { isMonotonic, readMedia, readPackets } from '../probe/media.ts';
import { checkHls } from '../probe/playlist.ts';
import { leftovers, processIds } from '../support/leftovers.ts';
import { servePages } from '../support/pages.ts';
import { rendererIds } from '../support/sabotage.ts';
import { type Recording, Service } from '../support/service.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

/** Files that a player takes, and nothing of the recording's processes, folders and sockets left. */
async function expectWhole(recording: Recording, leastSeconds: number): Promise<number> {
  const mp4 = await recording.file('.mp4');
  const { duration } = await readMedia(mp4);
  expect(duration).toBeGreaterThan(leastSeconds);
  expect(isMonotonic(await readPackets(mp4, 'video'))).toBe(true);
  const count = countPageFrames(await collectFrames(mp4));
  expect(count.unread).toBe(0);
  const { playlist, problems } = await checkHls(await recording.file('.m3u8'));
  expect(problems).toEqual([]);
  expect(playlist.ended).toBe(true);
  expect(await leftovers(recording.sid)).toEqual([]);
  return duration;
}

test.describe('a page', () => {
  for (const [name, path] of [
    ['that is not there', '/status/404'],
    ['whose server fails', '/status/503'],
  ] as const) {
    test(`${name} ends the recording, and the next call is told why`, async () => {
      await using pages = await servePages();
      await using folder = await makeTempFolder();
      await using service = await Service.start(folder.path);
      const recording = await service.record({ url: pages.url(path) });
      expect(await recording.ended()).toMatch(/stop code 5 access_url_failed: .*answered (404|503)/);
      expect((await recording.stop()).status).toBe(404);
      expect(await leftovers(recording.sid)).toEqual([]);
    });
  }

  test('that never gets ready is loaded twice and given up', async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path);
    const recording = await service.record({ url: pages.url('ready', { after: 'never' }), readyTimeout: 1 });
    expect(await recording.ended()).toMatch(/stop code 4 page_load_timeout: .*notifyReady\(\) within 1 s, twice/);
    expect(pages.requests.filter((request) => request.startsWith('/ready'))).toHaveLength(2);
    expect(await leftovers(recording.sid)).toEqual([]);
  });

  test('whose renderer is killed while it loads ends the recording', async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path);
    const recording = await service.record({ url: pages.url('/slow', { ms: 60_000 }) });
    while (pages.requests.length === 0) await sleep(50);
    for (const pid of rendererIds(recording.sid)) process.kill(pid, 'SIGKILL');
    expect(await recording.ended()).toMatch(/crashed|expected .* to answer/);
    expect(await leftovers(recording.sid)).toEqual([]);
  });
});

test.describe('while recording', () => {
  test('the encoder is killed: another goes on in the same files', async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path);
    const recording = await service.record({ url: pages.url('animated') });
    await recording.begun();
    await sleep(3000);
    process.kill(processIds(recording.sid, 'ffmpeg')[0] as number, 'SIGKILL');
    await sleep(4000);
    expect((await recording.stop()).status).toBe(200);
    await expectWhole(recording, 4.5);
    const { playlist } = await checkHls(await recording.file('.m3u8'));
    expect(playlist.slices.map((slice) => slice.discontinuity)).toEqual([true, true]);
  });

  test('the service is told to end: it completes all recordings first', async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    let recording: Recording;
    {
      await using service = await Service.start(folder.path);
      recording = await service.record({ url: pages.url('animated') });
      await recording.begun();
      await sleep(2000);
    }
    await expectWhole(recording, 1.5);
  });

  test('the disk gets full: what is on it plays, and the end says so', async () => {
    test.skip(process.getuid?.() !== 0, 'only root can make a small disk');
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    // Where the files go; the records are elsewhere.
    const small = folder.file('recordings');
    await mkdir(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1500k', 'tmpfs', small]);
    try {
      await using service = await Service.start(folder.path);
      const recording = await service.record({ url: pages.url('animated'), videoBitrate: 4000, videoFps: 30 });
      await recording.begun();
      expect(await recording.ended()).toContain('the disk is full');
      const { playlist, problems } = await checkHls(await recording.file('.m3u8'));
      expect(problems).toEqual([]);
      expect(playlist.ended).toBe(true);
      expect(await leftovers(recording.sid)).toEqual([]);
    } finally {
      execFileSync('umount', [small]);
    }
  });
});

test.describe('orders out of turn', () => {
  test('a second stop is refused, the first one is carried out', async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path);
    const recording = await service.record({ url: pages.url('animated') });
    await recording.begun();
    await sleep(1500);
    const [first, second] = await Promise.all([recording.stop(), sleep(50).then(() => recording.stop())]);
    expect(first.status).toBe(200);
    expect(second).toMatchObject({ status: 400, body: { code: 49 } });
    expect(await recording.stop()).toMatchObject({ status: 404, body: { code: 404 } });
    await expectWhole(recording, 1);
  });

  test('a stop before the first frame leaves nothing', async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path);
    const recording = await service.record({ url: pages.url('/slow', { ms: 20_000 }) });
    await sleep(300);
    expect(await recording.stop()).toMatchObject({ status: 206, body: { code: 435 } });
    expect(await recording.files()).toEqual([]);
    expect(await leftovers(recording.sid)).toEqual([]);
  });

  test('an asynchronous stop answers at once and is carried out', async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path);
    const recording = await service.record({ url: pages.url('animated') });
    await recording.begun();
    await sleep(1500);
    expect((await recording.stop({ async_stop: true })).status).toBe(200);
    expect(await recording.ended()).toContain('stopped');
    await expectWhole(recording, 1);
  });
});
