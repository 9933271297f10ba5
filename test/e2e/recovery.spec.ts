import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { collectFrames } from '../probe/frames.ts';
import { isMonotonic, readPackets } from '../probe/media.ts';
import { checkHls } from '../probe/playlist.ts';
import { drawnTimes, longestGap } from '../probe/wall-clock.ts';
import { leftovers } from '../support/leftovers.ts';
import { type Pages, servePages } from '../support/pages.ts';
import { sessionId } from '../support/sabotage.ts';
import { type Recording, Service } from '../support/service.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

/** The page has been opened so many times, and has been recorded for some seconds since. */
async function recordsAgain(pages: Pages, times: number): Promise<void> {
  const opened = () => pages.requests.filter((path) => path.startsWith('/clock')).length;
  await expect.poll(opened, { timeout: 40_000 }).toBeGreaterThanOrEqual(times);
  await sleep(5000);
}

/**
 * One playable MP4 and playlist of both stretches, of which the first reaches up to two seconds before the kill at the
 * least; and nothing left behind.
 */
async function expectJoined(recording: Recording, killedMs: number): Promise<void> {
  const mp4 = await recording.file('.mp4');
  expect(isMonotonic(await readPackets(mp4, 'video'))).toBe(true);
  expect(isMonotonic(await readPackets(mp4, 'audio'))).toBe(true);
  const frames = await collectFrames(mp4);
  const times = drawnTimes(frames, killedMs);
  expect(times.length).toBe(frames.length);
  const gap = longestGap(times);
  expect(gap.fromMs - killedMs, 'ms from the kill to the last picture before it').toBeGreaterThan(-2000);
  expect(gap.toMs - killedMs, 'ms from the kill to the next picture').toBeLessThan(20_000);
  const { playlist, problems } = await checkHls(await recording.file('.m3u8'));
  expect(problems).toEqual([]);
  expect(playlist.ended).toBe(true);
  expect(playlist.slices.map(({ discontinuity }) => discontinuity)).toEqual([true, true]);
  expect(await leftovers(recording.sid)).toEqual([]);
}

test('the process of a recording is killed: another goes on, and nobody who asks sees a difference', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  const recording = await service.record({ url: pages.url('clock') });
  const startedMs = await recording.begun();
  await sleep(3000);
  const killedMs = Date.now();
  process.kill(sessionId(recording.sid), 'SIGKILL');
  const again = recordsAgain(pages, 2);
  const seen = new Set<unknown>();
  let over = false;
  void again.finally(() => {
    over = true;
  });
  while (!over) {
    const { status, body } = await recording.query();
    const [web] = body.serverResponse?.extensionServiceState ?? [];
    seen.add([status, body.serverResponse?.status, web?.payload.fileList[0]?.sliceStartTime].join(' '));
    await sleep(100);
  }
  await again;
  // 4: recording has begun, 5: the first slice is complete.
  for (const one of seen) expect([`200 4 ${startedMs}`, `200 5 ${startedMs}`]).toContain(one);
  expect((await recording.stop()).status).toBe(200);
  await expectJoined(recording, killedMs);
});

test('a held recording whose process is killed stays held, and records again when it is told to', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  const recording = await service.record({ url: pages.url('clock') });
  await recording.begun();
  await sleep(2000);
  expect((await recording.hold(true)).status).toBe(200);
  const heldMs = Date.now();
  process.kill(sessionId(recording.sid), 'SIGKILL');
  await recordsAgain(pages, 2);
  const resumedMs = Date.now();
  expect((await recording.hold(false)).status).toBe(200);
  await sleep(2500);
  expect((await recording.stop()).status).toBe(200);
  const times = drawnTimes(await collectFrames(await recording.file('.mp4')), heldMs);
  // Nothing of the held time is in the file, but both sides of it are; the first picture after it shows what was drawn last.
  const drawnBeforeMs = 200;
  expect(times.filter((ms) => ms > heldMs && ms < resumedMs - drawnBeforeMs)).toEqual([]);
  expect(times.at(0)).toBeLessThan(heldMs);
  expect(times.at(-1)).toBeGreaterThan(resumedMs);
  expect(await leftovers(recording.sid)).toEqual([]);
});

for (const [what, killSession] of [
  ['the service is killed', false],
  ['the service and all its recordings are killed', true],
] as const) {
  test(`${what}: after its restart the recording goes on in the same files`, async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    let recording: Recording;
    let startedMs: number;
    let killedMs: number;
    {
      await using service = await Service.start(folder.path);
      recording = await service.record({ url: pages.url('clock') });
      startedMs = await recording.begun();
      await sleep(3000);
      const session = sessionId(recording.sid);
      killedMs = Date.now();
      await service.killHard();
      if (killSession) process.kill(session, 'SIGKILL');
    }
    await using restarted = await Service.start(folder.path);
    const again = recording.at(restarted);
    expect(await again.begun()).toBe(startedMs);
    await recordsAgain(pages, 2);
    expect((await again.stop()).status).toBe(200);
    await expectJoined(again, killedMs);
  });
}

test('a recording that is killed at any moment of its beginning begins all the same', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  const recording = await service.record({ url: pages.url('clock') });
  const afterMs = Math.round(3000 * Math.random());
  await sleep(afterMs);
  process.kill(sessionId(recording.sid), 'SIGKILL');
  await recording.begun();
  await sleep(4000);
  expect((await recording.stop()).status, `killed after ${afterMs} ms`).toBe(200);
  const { playlist, problems } = await checkHls(await recording.file('.m3u8'));
  expect(problems, `killed after ${afterMs} ms`).toEqual([]);
  expect(playlist.ended).toBe(true);
  expect(await leftovers(recording.sid)).toEqual([]);
});
