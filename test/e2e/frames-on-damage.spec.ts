import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { findBeeps } from '../probe/beeps.ts';
import { judgeCadence } from '../probe/cadence.ts';
import { countPageFrames, irregularities, longestGap } from '../probe/counting.ts';
import { collectFrames, type Frame } from '../probe/frames.ts';
import { isMonotonic, readMedia, readPackets } from '../probe/media.ts';
import { checkHls } from '../probe/playlist.ts';
import { endOf, readSound } from '../probe/sound.ts';
import { findTearing } from '../probe/tearing.ts';
import { drawnTimes } from '../probe/wall-clock.ts';
import { servePages } from '../support/pages.ts';
import { recordPage } from '../support/record.ts';
import { Service } from '../support/service.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

test('has each frame of an animated page once', { tag: '@alone' }, async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const file = folder.file('animated.mp4');
  const summary = await recordPage(pages.url('animated'), file, { seconds: 5, fps: 30 });
  expect(summary).toMatchObject({ outcome: 'complete', capture: 'damage' });

  const media = await readMedia(file);
  expect(Math.abs(media.duration - 5)).toBeLessThan(0.2);
  expect(isMonotonic(await readPackets(file, 'video'))).toBe(true);
  const frames = await collectFrames(file);
  const count = countPageFrames(frames);
  const found = irregularities(frames).join('\n');
  expect(count, found).toMatchObject({ unread: 0, restarts: 0 });
  // The benchmark takes none on a quiet machine.
  expect(count.lost, found).toBeLessThanOrEqual(3);
  expect(count.share, found).toBeGreaterThan(0.97);
});

test('has little more than one picture a second of a page that stands still, and is as long as its sound', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const file = folder.file('static.mp4');
  const summary = await recordPage(pages.url('static'), file, { seconds: 5, fps: 30 });
  expect(summary).toMatchObject({ outcome: 'complete', capture: 'damage' });

  const media = await readMedia(file);
  expect(Math.abs(media.duration - 5)).toBeLessThan(0.2);
  expect(Math.abs((media.video?.duration ?? 0) - (media.audio?.duration ?? 0))).toBeLessThan(0.2);
  const frames = await collectFrames(file);
  expect(frames.length).toBeGreaterThanOrEqual(5);
  expect(frames.length).toBeLessThanOrEqual(12);
  expect(longestGap(frames)).toBeLessThan(1.3);
});

for (const fps of [30, 60]) {
  test(`never shows half of one frame and half of another, at ${fps} frames a second`, async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    const file = folder.file('edge.mp4');
    const summary = await recordPage(pages.url('edge'), file, { seconds: 3, size: '1280x720', fps });
    expect(summary).toMatchObject({ outcome: 'complete', capture: 'damage' });
    const { pictures, torn } = await findTearing(file);
    expect(torn).toEqual([]);
    expect(pictures).toBeGreaterThan(40);
  });
}

test('has slides at their time, and their sound with them', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const file = folder.file('slides.mp4');
  const summary = await recordPage(pages.url('slides', { beeps: 1 }), file, { seconds: 7, fps: 30 });
  expect(summary).toMatchObject({ outcome: 'complete', capture: 'damage' });

  const frames = await collectFrames(file);
  const slides = frames.filter(({ number }, i) => i > 0 && number !== frames[i - 1]?.number);
  const startedMs = Date.parse(String(summary['startedAt']));
  const drawn = drawnTimes(slides, startedMs);
  expect(drawn).toHaveLength(slides.length);
  expect(slides.length).toBeGreaterThanOrEqual(5);
  for (const [i, at] of drawn.slice(1).entries()) expect(at - (drawn[i] as number)).toBeLessThan(1700);

  const late = slides.map(({ time }, i) => startedMs + time * 1000 - (drawn[i] as number)).sort((a, b) => a - b);
  // A machine that stands still for a moment may put one of them off.
  const most = late.slice(0, -1);
  expect((most.at(-1) ?? 0) - (most[0] ?? 0), late.join(' ')).toBeLessThan(100);
  expect(Math.abs(most[0] ?? Number.NaN), late.join(' ')).toBeLessThan(1000);

  const beeps = findBeeps(await readSound(file)).map(({ onset }) => onset);
  const cadence = judgeCadence(
    slides.map(({ time }) => time),
    beeps,
  );
  expect(cadence.pairs).toBeGreaterThanOrEqual(slides.length - 2);
  expect(Math.abs(cadence.median), cadence.offsets.join(' ')).toBeLessThan(150);
});

test('keeps to the rate that was asked for, and shows what stands at the end of a burst', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const file = folder.file('bursts.mp4');
  const summary = await recordPage(pages.url('bursts'), file, { seconds: 5, fps: 15 });
  expect(summary).toMatchObject({ outcome: 'complete', capture: 'damage' });

  const frames = await collectFrames(file);
  expect(mostPerSecond(frames)).toBeLessThanOrEqual(16);
  const numbers = frames.flatMap(({ number }) => number ?? []);
  const [first, last] = [numbers[0] ?? 0, numbers.at(-1) ?? 0];
  const ends = Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((number) => number % 16 === 15);
  expect(ends.length).toBeGreaterThan(3);
  expect(ends.filter((end) => !numbers.includes(end))).toEqual([]);
});

test('has a picture at each interval of a page that stands still when a steady rate is asked for', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const file = folder.file('steady.mp4');
  const args = ['--steady-rate'];
  const summary = await recordPage(pages.url('static'), file, { seconds: 3, fps: 30, args });
  expect(summary).toMatchObject({ outcome: 'complete', capture: 'damage' });
  const frames = await collectFrames(file);
  expect(frames.length).toBeGreaterThanOrEqual(86);
  expect(frames.length).toBeLessThanOrEqual(92);
  expect(longestGap(frames)).toBeLessThan(0.3);
});

test('cuts a hold out of a page that stands still', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  const recording = await service.record({ url: pages.url('static') });
  const startedMs = await recording.begun();
  await sleep(1300);
  const heldMs = await timeOf(() => recording.hold(true));
  await sleep(1700);
  const resumedMs = await timeOf(() => recording.hold(false));
  await sleep(1600);
  // A stop takes effect at once; its answer waits for the files.
  const { from: stoppedMs } = await timeOf(() => recording.stop());

  // A call takes effect between its sending and its answer.
  const least = heldMs.from - startedMs + (stoppedMs - resumedMs.to);
  const most = heldMs.to - startedMs + (stoppedMs - resumedMs.from);
  const file = await recording.file('.mp4');
  const media = await readMedia(file);
  expect(media.duration).toBeGreaterThan(least / 1000 - 0.2);
  expect(media.duration).toBeLessThan(most / 1000 + 0.2);
  const { video, audio } = media;
  expect(Math.abs((video?.duration ?? 0) - (audio?.duration ?? 0))).toBeLessThan(0.2);
  expect(isMonotonic(await readPackets(file, 'video'))).toBe(true);
  const frames = await collectFrames(file);
  expect(frames.length).toBeLessThanOrEqual(16);
  expect(longestGap(frames)).toBeLessThan(1.3);
  expect(endOf(await readSound(file))).toBeGreaterThan(least / 1000 - 0.2);
  const { playlist, problems } = await checkHls(await recording.file('.m3u8'));
  expect(problems).toEqual([]);
  expect(playlist.slices.filter((slice) => slice.discontinuity)).toHaveLength(2);
});

/** Pictures in the fullest second, wherever it begins. */
function mostPerSecond(frames: readonly Frame[]): number {
  return Math.max(
    ...frames.map(({ time }) => frames.filter((other) => other.time >= time && other.time < time + 1).length),
  );
}

async function timeOf(call: () => Promise<{ readonly status: number }>): Promise<{ from: number; to: number }> {
  const from = Date.now();
  expect((await call()).status).toBe(200);
  return { from, to: Date.now() };
}
