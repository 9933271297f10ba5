import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { until } from '../../src/kit/deadline.ts';
import { runtimeFolder } from '../../src/node/runtime.ts';
import { Supervisor } from '../../src/node/supervisor.ts';
import { identityFor } from '../../src/process/identity.ts';
import type { RecordingEvent } from '../../src/recording/link.ts';
import type { MediaPlan, PicturePlan } from '../../src/recording/plan.ts';
import type { RunningRecording } from '../../src/recording/recorder.ts';
import { countPageFrames } from '../probe/counting.ts';
import { collectFrames } from '../probe/frames.ts';
import { isMonotonic, keyFrameTimes, readMedia, readPackets } from '../probe/media.ts';
import { distance, grabFrame, meanOf } from '../probe/pixels.ts';
import { checkHls } from '../probe/playlist.ts';
import { endOf, readSound, type Sound, silentIntervals } from '../probe/sound.ts';
import { heardTones } from '../probe/tones.ts';
import { drawnTimes } from '../probe/wall-clock.ts';
import { leftovers, processIds } from '../support/leftovers.ts';
import { servePages } from '../support/pages.ts';
import { planFor } from '../support/plans.ts';
import { ENDLESS } from '../support/recorded-files.ts';
import { sessionId } from '../support/sabotage.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';

const BEGIN_MS = 40_000;
const SOUND = { channels: 1, bitrateKbps: 48 } as const;
const TONE_HZ = 440;

class Take implements AsyncDisposable {
  readonly sid = randomBytes(16).toString('hex');
  readonly events: RecordingEvent[] = [];
  readonly running: RunningRecording;
  readonly #supervisor = new Supervisor();
  readonly #folder: string;

  constructor(folder: TempFolder, url: string, media: MediaPlan) {
    this.#folder = folder.file('files');
    const files = { folder: this.#folder, stem: 'take', hls: true, mp4: ENDLESS };
    this.running = this.#supervisor.start(
      planFor(files, {
        ...{ sid: this.sid, page: { url, mobile: false, readyTimeoutS: 0 }, ...media },
        ...{ runtimeFolder: runtimeFolder(this.sid), identity: identityFor('tapehead') },
      }),
    );
    this.running.onEvent((event) => this.events.push(event));
  }

  /** @returns when its first frame was captured, UTC ms. */
  async begun(): Promise<number> {
    await this.until(() => this.running.status.startedMs !== null);
    return this.running.status.startedMs ?? 0;
  }

  async until(probe: () => boolean): Promise<void> {
    expect(await until(BEGIN_MS, 50, probe), JSON.stringify(this.running.status)).toBe(true);
  }

  file(name: string): string {
    return join(this.#folder, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.running.stop();
    await this.#supervisor[Symbol.asyncDispose]();
  }
}

function picturePlan(fps: number, size = { width: 320, height: 180 }): PicturePlan {
  return { ...size, fps, bitrateKbps: 500 };
}

async function timed(call: () => Promise<void>): Promise<{ sentMs: number; answeredMs: number }> {
  const sentMs = Date.now();
  await call();
  return { sentMs, answeredMs: Date.now() };
}

/** Heard in each half second; a page that comes late on a machine with too much to do may leave out a little. */
function expectTone(sound: Sound): void {
  const silent = silentIntervals(sound, 0.01, 0.05).reduce((sum, { from, to }) => sum + to - from, 0);
  expect(silent).toBeLessThan(0.3);
  expect(sound.gaps.reduce((sum, { from, to }) => sum + to - from, 0)).toBeLessThan(0.1);
  for (let from = sound.start + 0.1; from + 0.5 < endOf(sound); from += 0.5) {
    expect(heardTones(sound, [TONE_HZ], { from, to: from + 0.5 })).toEqual([TONE_HZ]);
  }
}

test('sound only: no display, no picture, the tone all the time, and of a hold nothing', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using take = new Take(folder, pages.url('tone'), { picture: null, sound: SOUND });
  const startedMs = await take.begun();
  expect(processIds(take.sid, 'Xorg')).toEqual([]);
  expect(processIds(take.sid, 'pulseaudio')).toHaveLength(1);
  await sleep(2500);
  const held = await timed(() => take.running.hold(true));
  await sleep(1500);
  const resumed = await timed(() => take.running.hold(false));
  await sleep(2500);
  const stoppedMs = Date.now();
  const end = await take.running.stop();
  expect(end.outcome, end.detail).toBe('complete');
  // A call takes effect between its sending and its answer.
  const least = (held.sentMs - startedMs + stoppedMs - resumed.answeredMs) / 1000;
  const most = (held.answeredMs - startedMs + stoppedMs - resumed.sentMs) / 1000;

  const mp4 = take.file('take_0.mp4');
  const { video, duration } = await readMedia(mp4);
  expect(video).toBe(null);
  for (const seconds of [duration, end.progress.mediaMs / 1000]) {
    expect(seconds).toBeGreaterThan(least - 0.2);
    expect(seconds).toBeLessThan(most + 0.2);
  }
  expect(end.progress.frames).toBe(0);
  expect(isMonotonic(await readPackets(mp4, 'audio'))).toBe(true);
  expectTone(await readSound(mp4));
  expect(end.quality).toMatchObject({ fps: 0, silent: [], black: [], frozen: [] });

  const { playlist, problems } = await checkHls(take.file('take.m3u8'), 0.1, ['audio']);
  expect(problems).toEqual([]);
  expect(playlist.slices.map(({ discontinuity }) => discontinuity)).toEqual([true, true]);
  const slices = take.events.filter((event) => event.name === 'slice_started');
  expect(slices.map((slice) => Math.abs(slice.discontinueUtcMs - slice.startUtcMs) < 1)).toEqual([true, false]);
  expect(slices[1]?.discontinueUtcMs).toBeGreaterThan(held.sentMs - 200);
  expect(slices[1]?.discontinueUtcMs).toBeLessThan(held.answeredMs + 200);
  expect(await leftovers(take.sid)).toEqual([]);
});

test('sound only: when its process is killed another goes on in the same files', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using take = new Take(folder, pages.url('tone'), { picture: null, sound: SOUND });
  await take.begun();
  await sleep(2000);
  process.kill(sessionId(take.sid), 'SIGKILL');
  await take.until(() => take.events.some(({ name }) => name === 'resumed'));
  await sleep(2000);
  const end = await take.running.stop();
  const mp4 = take.file('take_0.mp4');
  const { video, duration } = await readMedia(mp4);
  expect(video).toBe(null);
  expect(duration).toBeGreaterThan(3);
  expect(Math.abs(duration - end.progress.mediaMs / 1000)).toBeLessThan(0.2);
  expect((await checkHls(take.file('take.m3u8'), 0.1, ['audio'])).problems).toEqual([]);
  expectTone(await readSound(mp4));
});

test('picture only: each frame of the page once, no sound daemon, no sound', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const picture = picturePlan(15, { width: 640, height: 360 });
  await using take = new Take(folder, pages.url('animated'), { picture, sound: null });
  await take.begun();
  expect(processIds(take.sid, 'pulseaudio')).toEqual([]);
  await sleep(5000);
  const end = await take.running.stop();
  expect(end.outcome, end.detail).toBe('complete');
  expect(end.quality).toMatchObject({ silent: [], soundOffsetMs: null, reloads: 0 });
  const mp4 = take.file('take_0.mp4');
  const { audio, duration } = await readMedia(mp4);
  expect(audio).toBe(null);
  expect(duration).toBeGreaterThan(4.5);
  const count = countPageFrames(await collectFrames(mp4));
  expect(count).toMatchObject({ unread: 0, restarts: 0 });
  expect(count.share).toBeGreaterThan(0.8);
  expect(count.lost).toBeLessThan(count.frames / 5);
  expect((await checkHls(take.file('take.m3u8'), 0.1, ['video'])).problems).toEqual([]);
});

for (const fps of [1, 7, 60]) {
  test(`${fps} frames a second: as many as there should be, from the painted page to the last second before the stop`, async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    await using take = new Take(folder, pages.url('clock'), { picture: picturePlan(fps), sound: SOUND });
    const startedMs = await take.begun();
    await sleep(6000);
    const stoppedMs = Date.now();
    const end = await take.running.stop();
    expect(end.outcome, end.detail).toBe('complete');
    const mp4 = take.file('take_0.mp4');
    const packets = await readPackets(mp4, 'video');
    const wanted = ((stoppedMs - startedMs) / 1000) * fps;
    // The places of frames that came late, on a machine with too much to do, are counted.
    expect(Math.abs(packets.length + end.progress.missingFrames - wanted)).toBeLessThan(2 + wanted / 20);
    expect(packets.length).toBeGreaterThan(wanted / 2);
    expect(packets.length).toBe(end.progress.frames);
    const keys = keyFrameTimes(packets);
    expect(Math.max(...keys.slice(1).map((time, i) => time - (keys[i] as number)))).toBeLessThan(5.2 + 0.5 / fps);

    const frames = await collectFrames(mp4);
    expect(frames.filter(({ number }) => number === null)).toEqual([]);
    const drawn = drawnTimes(frames, startedMs);
    expect(startedMs - (drawn[0] ?? 0)).toBeLessThan(1500);
    expect(stoppedMs - (drawn.at(-1) ?? 0)).toBeLessThan(2000);
    const seconds = (stoppedMs - startedMs) / 1000;
    const { duration, audio } = await readMedia(mp4);
    expect(Math.abs((audio?.duration ?? 0) - seconds)).toBeLessThan(0.5);
    // A player shows the last picture as long as any other.
    expect(duration - seconds).toBeLessThan(1 / fps + 0.3);
    expect((await checkHls(take.file('take.m3u8'), 1 / fps + 0.1)).problems).toEqual([]);
  });
}

for (const size of [
  { width: 64, height: 64 },
  { width: 66, height: 1920 },
]) {
  test(`a picture of ${size.width}x${size.height} is recorded`, async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    await using take = new Take(folder, pages.url('geometry'), { picture: picturePlan(10, size), sound: null });
    await take.begun();
    await sleep(1500);
    await take.running.stop();
    const mp4 = take.file('take_0.mp4');
    expect((await readMedia(mp4)).video).toMatchObject(size);
    const picture = await grabFrame(mp4, 1);
    const [red, white] = [meanOf(picture, 4, 4, 8, 8), meanOf(picture, 4, size.height - 12, 8, 8)];
    expect(distance(red, [255, 0, 0])).toBeLessThan(90);
    expect(distance(white, [255, 255, 255])).toBeLessThan(90);
  });
}
