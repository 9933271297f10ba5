import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { findBeeps } from '../probe/beeps.ts';
import { judgeCadence } from '../probe/cadence.ts';
import { countPageFrames, flashOnsets } from '../probe/counting.ts';
import { collectFrames } from '../probe/frames.ts';
import { isFaststart, isMonotonic, keyFrameTimes, readMedia, readPackets } from '../probe/media.ts';
import { checkHls } from '../probe/playlist.ts';
import { readSound, silentIntervals } from '../probe/sound.ts';
import { leftovers } from '../support/leftovers.ts';
import { servePages } from '../support/pages.ts';
import { Service } from '../support/service.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

test('records over HTTP to slices, playlist and MP4, with sound in its place', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  const recording = await service.record({ url: pages.url('animated'), audioProfile: 2 });

  const first = await recording.query();
  const names = first.body.serverResponse.extensionServiceState[0].payload.fileList;
  expect(names.map((file: { filename: string }) => file.filename)).toEqual([
    expect.stringMatching(new RegExp(`^${recording.sid}_room-0-\\d+\\.m3u8$`)),
    expect.stringMatching(new RegExp(`^${recording.sid}_room-0-\\d+_0\\.mp4$`)),
  ]);

  const startedMs = await recording.begun();
  await sleep(startedMs + 19_000 - Date.now());
  const during = await recording.query();
  expect(during.body.serverResponse.status).toBe(5);
  const stoppedMs = Date.now();
  const stopped = await recording.stop();
  expect(stopped.status).toBe(200);
  const [upload, web] = stopped.body.serverResponse.extensionServiceState;
  expect(upload.payload.uploadingStatus).toBe('uploaded');
  expect(web.payload).toMatchObject({ state: 'exit', onhold: false });
  expect(await leftovers(recording.sid)).toEqual([]);

  const mp4 = await recording.file('.mp4');
  const media = await readMedia(mp4);
  expect(media.audio).toMatchObject({ codec: 'aac', rate: 48_000, channels: 2 });
  expect(Math.abs(media.duration - (stoppedMs - startedMs) / 1000)).toBeLessThan(0.2);
  expect(await isFaststart(mp4)).toBe(true);
  expect(isMonotonic(await readPackets(mp4, 'video'))).toBe(true);
  const keys = keyFrameTimes(await readPackets(mp4, 'video'));
  expect(Math.max(...keys.slice(1).map((time, i) => time - (keys[i] as number)))).toBeLessThan(2.2);

  const frames = await collectFrames(mp4);
  expect(countPageFrames(frames)).toMatchObject({ unread: 0, restarts: 0 });
  const beeps = findBeeps(await readSound(mp4)).map((beep) => beep.onset);
  const cadence = judgeCadence(flashOnsets(frames), beeps);
  expect(cadence.pairs).toBeGreaterThan(15);
  // The benchmark measures this closely on a quiet machine; here it must not be grossly off.
  expect(Math.abs(cadence.median)).toBeLessThan(150);

  const { playlist, problems } = await checkHls(await recording.file('.m3u8'));
  expect(problems).toEqual([]);
  expect(playlist).toMatchObject({ ended: true, version: 3 });
  expect(playlist.slices).toHaveLength(2);
  const stamp = /_(\d{17})\.ts$/.exec(playlist.slices[0]?.uri ?? '')?.[1];
  const text = await readFile(await recording.file('.m3u8'), 'utf8');
  expect(text.split('\n').slice(5, 9)).toEqual([
    '#EXT-X-DISCONTINUITY',
    `#EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=AUDIO,TIME=${stamp}`,
    `#EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=VIDEO,TIME=${stamp}`,
    `#EXT-X-AGORA-ROTATE:WIDTH=640,HEIGHT=360,ROTATE=0,TIME=${stamp}`,
  ]);
});

test('leaves out what was held: ten holds, one playable file as long as the time not held', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  const recording = await service.record({ url: pages.url('clock') });
  // A call takes effect between its sending and its answer: these are the least and the most that can have been recorded.
  const atLeast = { fromMs: await recording.begun(), ms: 0 };
  const atMost = { fromMs: atLeast.fromMs, ms: 0 };
  const held: { from: number; to: number }[] = [];
  const call = async (change: () => Promise<{ status: number }>) => {
    const sentMs = Date.now();
    expect((await change()).status).toBe(200);
    return { sentMs, answeredMs: Date.now() };
  };
  for (let round = 0; round < 10; round += 1) {
    await sleep(700);
    const pause = await call(() => recording.hold(true));
    atLeast.ms += pause.sentMs - atLeast.fromMs;
    atMost.ms += pause.answeredMs - atMost.fromMs;
    await sleep(500);
    const resume = await call(() => recording.hold(false));
    atLeast.fromMs = resume.answeredMs;
    atMost.fromMs = resume.sentMs;
    held.push({ from: pause.answeredMs, to: resume.sentMs });
  }
  await sleep(1000);
  // A stop takes effect at once; its answer waits for the files.
  const { sentMs } = await call(() => recording.stop());
  atLeast.ms += sentMs - atLeast.fromMs;
  atMost.ms += sentMs - atMost.fromMs;

  const mp4 = await recording.file('.mp4');
  const media = await readMedia(mp4);
  expect(media.duration).toBeGreaterThan(atLeast.ms / 1000 - 0.2);
  expect(media.duration).toBeLessThan(atMost.ms / 1000 + 0.2);
  expect(isMonotonic(await readPackets(mp4, 'video'))).toBe(true);
  expect(isMonotonic(await readPackets(mp4, 'audio'))).toBe(true);

  // Each picture says when the page drew it; what is on the display is up to three of its frames old.
  const old = 3 * (1000 / 15);
  const frames = await collectFrames(mp4);
  for (const { from, to } of held) {
    const inside = frames.filter(({ number }) => number !== null && isBetween(number, from + 50, to - old));
    expect(inside.map((frame) => frame.time)).toEqual([]);
  }
  const gaps = frames.slice(1).map((frame, i) => frame.time - (frames[i]?.time ?? 0));
  expect(Math.max(...gaps)).toBeLessThan(0.4);
  const { playlist, problems } = await checkHls(await recording.file('.m3u8'));
  expect(problems).toEqual([]);
  expect(playlist.slices.filter((slice) => slice.discontinuity)).toHaveLength(11);
});

test('starts held: page open, nothing recorded until it is resumed', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  const recording = await service.record({ url: pages.url('animated'), onhold: true });
  await recording.begun();
  const state = (await recording.query()).body.serverResponse.extensionServiceState[0].payload;
  expect(state.onhold).toBe(true);
  await sleep(1500);
  expect((await recording.files()).filter((name) => name.endsWith('.ts'))).toEqual([]);
  await recording.hold(false);
  await sleep(2000);
  await recording.stop();
  const frames = await collectFrames(await recording.file('.mp4'));
  // The page has been drawing all the while.
  expect(frames[0]?.number).toBeGreaterThan(15);
  expect(frames.length).toBeGreaterThan(20);
});

test('records silence as silence, for as long as the picture', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  const recording = await service.record({ url: pages.url('static') });
  await recording.begun();
  await sleep(2000);
  await recording.stop();
  const mp4 = await recording.file('.mp4');
  const sound = await readSound(mp4);
  const quiet = silentIntervals(sound).reduce((sum, { from, to }) => sum + to - from, 0);
  const { duration } = await readMedia(mp4);
  expect(duration).toBeGreaterThan(1.5);
  expect(quiet).toBeGreaterThan(duration - 0.2);
});

function isBetween(stamp: number, fromMs: number, toMs: number): boolean {
  const since = (stamp - (fromMs % 2 ** 24) + 2 ** 24) % 2 ** 24;
  return since < toMs - fromMs;
}
