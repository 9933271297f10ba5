import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { countPageFrames } from '../probe/counting.ts';
import { collectFrames } from '../probe/frames.ts';
import { isMonotonic, readMedia, readPackets } from '../probe/media.ts';
import { checkHls } from '../probe/playlist.ts';
import { leftovers, processIds } from '../support/leftovers.ts';
import { servePages } from '../support/pages.ts';
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
  test('Chromium is killed: what was recorded is whole', async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path);
    const recording = await service.record({ url: pages.url('animated') });
    await recording.begun();
    await sleep(3000);
    process.kill(processIds(recording.sid, 'chromium')[0] as number, 'SIGKILL');
    expect(await recording.ended()).toMatch(/stop code 6 recorder_error: .*browser/);
    await expectWhole(recording, 2.5);
  });

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

  test('its process is killed: the service completes its files', async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path);
    const [one, other] = [
      await service.record({ url: pages.url('animated') }),
      await service.record({ url: pages.url('animated') }),
    ];
    await Promise.all([one.begun(), other.begun()]);
    await sleep(3000);
    process.kill(sessionId(one.sid), 'SIGKILL');
    expect(await one.ended()).toContain('SIGKILL');
    await expectWhole(one, 1.5);
    // The other one has not noticed.
    expect((await other.query()).status).toBe(200);
    expect((await other.stop()).status).toBe(200);
    await expectWhole(other, 3);
  });

  test('the service is killed: after its restart the files are there, at most 2 s short', async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    let recording: Recording;
    let killedMs: number;
    let startedMs: number;
    {
      await using service = await Service.start(folder.path);
      recording = await service.record({ url: pages.url('animated') });
      startedMs = await recording.begun();
      await sleep(5000);
      killedMs = Date.now();
      await service.killHard();
    }
    await using restarted = await Service.start(folder.path);
    const again = recording.at(restarted);
    expect(await again.ended()).toContain('the service ended');
    const duration = await expectWhole(again, 2.5);
    expect(duration).toBeGreaterThan((killedMs - startedMs) / 1000 - 2);
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
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1500k', 'tmpfs', folder.path]);
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
      execFileSync('umount', [folder.path]);
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

function rendererIds(sid: string): number[] {
  const all = execFileSync('ps', ['-eo', 'pid=,ppid=,pgid=,args='], { encoding: 'utf8' });
  const group = sessionId(sid);
  return all.split('\n').flatMap((line) => {
    const [pid, , pgid] = line.trim().split(/\s+/).map(Number);
    return pgid === group && line.includes('--type=renderer') ? [pid as number] : [];
  });
}

/** The recording's own process: the leader of the group that its browser belongs to. */
function sessionId(sid: string): number {
  const [browser] = processIds(sid, 'chromium');
  return Number(execFileSync('ps', ['-o', 'pgid=', '-p', String(browser)], { encoding: 'utf8' }));
}
