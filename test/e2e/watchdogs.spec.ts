import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { collectFrames } from '../probe/frames.ts';
import { isMonotonic, readMedia, readPackets } from '../probe/media.ts';
import { checkHls } from '../probe/playlist.ts';
import { endOf, levelDb, readSound } from '../probe/sound.ts';
import { drawnTimes, type Gap, longestGap } from '../probe/wall-clock.ts';
import { leftovers, processIds } from '../support/leftovers.ts';
import { type Pages, servePages } from '../support/pages.ts';
import { killSoundStreams, rendererIds, sessionId } from '../support/sabotage.ts';
import { type Recording, Service } from '../support/service.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

/** The page has been asked for so many times. */
async function loaded(pages: Pages, times: number): Promise<void> {
  await expect.poll(() => pageRequests(pages), { timeout: 40_000 }).toBeGreaterThanOrEqual(times);
}

function pageRequests({ requests }: Pages): number {
  return requests.filter((path) => path.includes('.html')).length;
}

/** Lets it go on for some seconds, stops it, and looks at what became of it. @returns the longest stretch without a new picture. */
async function expectGoesOn(recording: Recording): Promise<Gap> {
  await sleep(3000);
  const stoppedMs = Date.now();
  expect((await recording.stop()).status).toBe(200);
  const mp4 = await recording.file('.mp4');
  expect(isMonotonic(await readPackets(mp4, 'video'))).toBe(true);
  expect(isMonotonic(await readPackets(mp4, 'audio'))).toBe(true);
  const frames = await collectFrames(mp4);
  const times = drawnTimes(frames, stoppedMs);
  expect(stoppedMs - (times.at(-1) ?? 0)).toBeLessThan(3000);
  const bad = frames.length - times.length;
  expect(bad / ((await readMedia(mp4)).video?.fps ?? 1), 'seconds that show something else than the page').toBeLessThan(
    2,
  );
  const { playlist, problems } = await checkHls(await recording.file('.m3u8'));
  expect(problems).toEqual([]);
  expect(playlist.slices.filter(({ discontinuity }) => discontinuity).length).toBeGreaterThanOrEqual(2);
  expect(await leftovers(recording.sid)).toEqual([]);
  return longestGap(times);
}

test('a renderer that is killed: the page is loaded anew, the file goes on', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  const recording = await service.record({ url: pages.url('clock') });
  await recording.begun();
  await sleep(2000);
  for (const pid of rendererIds(recording.sid)) process.kill(pid, 'SIGKILL');
  const killedMs = Date.now();
  await loaded(pages, 2);
  const gap = await expectGoesOn(recording);
  expect(gap.fromMs).toBeGreaterThan(killedMs - 2000);
  expect(gap.toMs - gap.fromMs).toBeLessThan(10_000);
});

test('a page that hangs', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  const recording = await service.record({ url: pages.url('faulty', { fault: 'hang', after: 4000 }) });
  await recording.begun();
  await loaded(pages, 2);
  const gap = await expectGoesOn(recording);
  expect(gap.toMs - gap.fromMs).toBeGreaterThan(4000);
  expect(gap.toMs - gap.fromMs).toBeLessThan(15_000);
});

for (const [what, to] of [
  ['answers with an error', '/status/500'],
  ['nobody answers at', 'http://127.0.0.1:1/'],
] as const) {
  test(`a page that goes to an address that ${what} is brought back`, async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path);
    const recording = await service.record({ url: pages.url('faulty', { fault: 'leave', to, after: 4000 }) });
    await recording.begun();
    await loaded(pages, 2);
    const gap = await expectGoesOn(recording);
    expect(gap.toMs - gap.fromMs).toBeLessThan(10_000);
  });
}

for (const programs of [['chromium'], ['Xorg'], ['pulseaudio'], ['ffmpeg', 'Xorg']]) {
  test(`${programs.join(' and ')} killed: another stage is made, the file goes on`, async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path);
    const recording = await service.record({ url: pages.url('clock') });
    await recording.begun();
    await sleep(2000);
    const killedMs = Date.now();
    for (const program of programs) process.kill(processIds(recording.sid, program)[0] as number, 'SIGKILL');
    await loaded(pages, 2);
    const gap = await expectGoesOn(recording);
    expect(gap.fromMs).toBeGreaterThan(killedMs - 2000);
    expect(gap.toMs - gap.fromMs).toBeLessThan(15_000);
  });
}

/** Pages whose sound is an element's, an AudioContext's, an element's in a frame that has a process of its own. */
const SOUNDING: Readonly<Record<string, (pages: Pages) => string>> = {
  'an element': (pages) => pages.url('animated', { sync: 'media' }),
  'an AudioContext': (pages) => pages.url('animated', { sync: 'naive' }),
  'a frame of another site': (pages) => {
    const src = pages.url('animated', { sync: 'media' }).replace('127.0.0.1', 'localhost');
    return pages.url('framed', { src });
  },
};

for (const [what, urlOf] of Object.entries(SOUNDING)) {
  test(`sound of ${what} that is lost on its way comes back with the page`, async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path);
    const recording = await service.record({ url: urlOf(pages) });
    await recording.begun();
    await sleep(3000);
    const asked = pageRequests(pages);
    const killedMs = Date.now();
    expect(await killSoundStreams(recording.sid)).toBeGreaterThan(0);
    await loaded(pages, 2 * asked);
    expect(Date.now() - killedMs).toBeLessThan(20_000);
    await sleep(4000);
    expect((await recording.stop()).status).toBe(200);
    const sound = await readSound(await recording.file('.mp4'));
    const end = endOf(sound);
    expect(levelDb(sound, { from: end - 3, to: end })).toBeGreaterThan(-40);
  });
}

test('a page that falls silent by itself is left alone', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  const recording = await service.record({ url: pages.url('silences') });
  await recording.begun();
  await sleep(16_000);
  expect(pageRequests(pages)).toBe(1);
  expect((await recording.stop()).status).toBe(200);
});

test('a page that ends in an error again and again ends the recording', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  const url = pages.url('faulty', { fault: 'leave', to: '/status/500', after: 1500, loads: 99 });
  const recording = await service.record({ url });
  expect(await recording.ended()).toMatch(/stop code 5 access_url_failed: .*answered 500; .*6th/);
  expect(pageRequests(pages)).toBe(6);
  const { playlist, problems } = await checkHls(await recording.file('.m3u8'));
  expect(problems).toEqual([]);
  expect(playlist.ended).toBe(true);
  expect(await leftovers(recording.sid)).toEqual([]);
});

test('a page that crashes again and again ends the recording', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  const recording = await service.record({ url: pages.url('clock') });
  await recording.begun();
  let over = false;
  const ended = recording.ended().finally(() => {
    over = true;
  });
  const session = sessionId(recording.sid);
  while (!over) {
    for (const pid of rendererIds(recording.sid, session)) process.kill(pid, 'SIGKILL');
    await sleep(500);
  }
  expect(await ended).toMatch(/stop code 6 recorder_error: the page crashed; .*6th/);
  expect(await leftovers(recording.sid)).toEqual([]);
});

test('WebGL and large video are recorded', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  for (const fault of ['webgl', 'video']) {
    const recording = await service.record({ url: pages.url('faulty', { fault }) });
    await recording.begun();
    await sleep(3000);
    expect((await recording.stop()).status).toBe(200);
  }
});

for (const [fault, setting, limit, detail] of [
  ['webgl', 'TAPEHEAD_LIMIT_WEBGL', 'true', 'WebGL'],
  ['video', 'TAPEHEAD_LIMIT_VIDEO_PIXELS', '100000', '230400 pixels'],
  ['traffic', 'TAPEHEAD_LIMIT_BANDWIDTH_KBPS', '20', 'kbit/s'],
] as const) {
  test(`a page beyond a limit of the operator's (${fault}) is given up`, async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path, { [setting]: limit });
    const recording = await service.record({ url: pages.url('faulty', { fault }) });
    const end = await recording.ended();
    expect(end).toMatch(/stop code 2 capability_limit: the page/);
    expect(end).toContain(detail);
    expect(await leftovers(recording.sid)).toEqual([]);
  });
}
