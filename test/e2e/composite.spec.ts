import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { until } from '../../src/kit/deadline.ts';
import { findBeeps } from '../probe/beeps.ts';
import { judgeCadence } from '../probe/cadence.ts';
import { cellOf17, floatingWindow, gridCell } from '../probe/composition.ts';
import { readMedia } from '../probe/media.ts';
import { distance, type Rgb } from '../probe/pixels.ts';
import { checkHls } from '../probe/playlist.ts';
import { endOf, readSound } from '../probe/sound.ts';
import {
  coloursAnywhere,
  middleOf,
  onsetsOf,
  readPictures,
  type Sight,
  sightAt,
  watchRegions,
} from '../probe/tiles.ts';
import { heardTones } from '../probe/tones.ts';
import { openChannelStage } from '../support/channel-stage.ts';
import { leftovers } from '../support/leftovers.ts';
import { makePeople, type Person, paletteOf } from '../support/publishers.ts';

const TIMES_TRUE_MS = 100;

function uidsOf(people: readonly Person[]): string[] {
  return people.map(({ uid }) => uid);
}

/** Colours of the regions one second before the end. */
function atTheEnd(sights: readonly Sight[]): Sight['seen'] {
  return sightAt(sights, (sights.at(-1)?.time ?? 0) - 1).seen;
}

test('flash and beep stay together, and all times are true to the wall clock', { tag: '@alone' }, async () => {
  const [host, guest] = makePeople(2) as [Person, Person];
  const fps = 15;
  await using stage = await openChannelStage();
  const { publishers } = stage;
  await publishers.join(host, { fps, beat: true });
  await publishers.witness(host);
  // Each has a place of their own, whoever else is there.
  const half = { y_axis: 0, width: 0.5, height: 1 };
  const layoutConfig = [
    { ...half, uid: host.uid, x_axis: 0 },
    { ...half, uid: guest.uid, x_axis: 0.5 },
  ];
  const recording = await stage.record({ canvas: { width: 320, height: 180, fps, mixedVideoLayout: 3, layoutConfig } });
  await stage.recorded([host]);
  // A browser that has just begun to receive needs some seconds to bring sound and picture together.
  await sleep(6000);
  await publishers.join(guest, { fps });
  await stage.recorded([guest]);
  await stage.recorded([guest], 'audio');
  await sleep(2500);
  await publishers.leave(guest);
  await sleep(1500);
  const witnessed = await publishers.witnessed();
  const startMs = await recording.stop();

  const mp4 = await recording.file('.mp4');
  const palette = paletteOf([host, guest]);
  const regions = { left: gridCell(2, 1, 0), right: gridCell(2, 1, 1) };
  const sights = await watchRegions(mp4, regions, palette);
  const sound = await readSound(mp4);
  const wallMs = (time: number) => startMs + (time - (sights[0]?.time ?? 0)) * 1000;

  const flashes = onsetsOf(sights, 'left', 'white');
  const cadence = judgeCadence(
    flashes,
    findBeeps(sound).map(({ onset }) => onset),
  );
  expect(cadence.pairs).toBeGreaterThanOrEqual(4);
  expect(Math.abs(cadence.median), `sound after picture: ${cadence.offsets}`).toBeLessThanOrEqual(80);

  // Who watches the same stream beside the recorder sees a flash when the file says that it was seen; but the recorder may hold
  // pictures back for a while, for their sound. The one that was held back least tells whether its clock is right.
  const late = flashes.map((flash) => {
    const seenMs = witnessed.reduce(
      (best, ms) => (Math.abs(ms - wallMs(flash)) < Math.abs(best - wallMs(flash)) ? ms : best),
      0,
    );
    return wallMs(flash) - seenMs;
  });
  expect(Math.abs(Math.min(...late)), `ms in the file after the witness: ${late}`).toBeLessThanOrEqual(TIMES_TRUE_MS);
  for (const flash of flashes) {
    // It is drawn at a full second; nothing is recorded before it happens, but a picture may be put a little earlier on the grid.
    const earliestMs = 0.25 * (1000 / fps);
    const sinceEarliest = (wallMs(flash) + earliestMs) % 1000;
    expect(sinceEarliest, `${sinceEarliest - earliestMs} ms after its second`).toBeLessThan(700);
  }

  expect(await until(10_000, 50, () => stage.told(41).length > 0)).toBe(true);
  expect(stage.told(40)).toEqual([expect.objectContaining({ msgName: 'recorder_started', status: 0 })]);
  expect(stage.told(42)).toEqual([
    expect.objectContaining({ startUtcMs: startMs, discontinueUtcMs: startMs, streamUid: '0' }),
  ]);
  const expectAt = (toldMs: readonly number[], times: readonly number[], what: string, exactMs: number) => {
    expect([toldMs.length, times.length], `${what}, told and seen`).toEqual([1, 1]);
    // A picture shows what happened since the one before it.
    const off = (toldMs[0] as number) - wallMs(times[0] as number);
    expect(off, `${what}: told ${off} ms after the file`).toBeGreaterThanOrEqual(-TIMES_TRUE_MS - exactMs);
    expect(off, `${what}: told ${off} ms after the file`).toBeLessThanOrEqual(TIMES_TRUE_MS);
  };
  expectAt(stage.changes(guest, 'video', 0), onsetsOf(sights, 'right', guest.uid), 'picture comes', 1000 / fps);
  expectAt(stage.changes(guest, 'video', 1), onsetsOf(sights, 'right', 'black'), 'picture goes', 1000 / fps);
  const [heard] = findBeeps(sound, guest.tone);
  expectAt(stage.changes(guest, 'audio', 0), heard === undefined ? [] : [heard.onset], 'sound comes', 0);
  expect(heardTones(sound, [host.tone, guest.tone], { from: endOf(sound) - 1, to: endOf(sound) })).toEqual([host.tone]);
  expect(await leftovers(recording.sid)).toEqual([]);
});

test('four users in every layout, each in effect within a second and without a black picture', async () => {
  const people = makePeople(4);
  const [first, second, third, fourth] = uidsOf(people) as [string, string, string, string];
  const [colorOfFirst, colorOfSecond] = people.map(({ color }) => color) as [Rgb, Rgb];
  await using stage = await openChannelStage();
  await stage.publishers.joinAll(people);
  const recording = await stage.record();
  await stage.recorded(people);
  const shownMs = Date.now();
  await sleep(2000);
  const changes: { readonly sentMs: number; readonly answeredMs: number }[] = [];
  const change = async (layout: object) => {
    const sentMs = Date.now();
    expect((await recording.updateLayout({ ...layout })).status).toBe(200);
    changes.push({ sentMs, answeredMs: Date.now() });
    await sleep(2000);
  };
  await change({ mixedVideoLayout: 0 });
  await change({ mixedVideoLayout: 2, maxResolutionUid: third });
  await change({
    mixedVideoLayout: 3,
    layoutConfig: [
      { x_axis: 0, y_axis: 0, width: 0.5, height: 1, render_mode: 1 },
      { uid: fourth, x_axis: 0.5, y_axis: 0, width: 0.5, height: 0.5 },
      { x_axis: 0.5, y_axis: 0, width: 0.5, height: 0.5, alpha: 0.5 },
      { uid: third, x_axis: 0.5, y_axis: 0.5, width: 0.5, height: 0.5 },
    ],
  });
  const startMs = await recording.stop();

  const mp4 = await recording.file('.mp4');
  const palette = paletteOf(people);
  const corner = { x: 0.02, y: 0.22, width: 0.15, height: 0.1 };
  const regions = {
    ...{ corner, topRight: { x: 0.85, y: 0.05, width: 0.1, height: 0.1 }, bottomRight: gridCell(2, 2, 3) },
    ...Object.fromEntries([0, 1, 2, 3].map((i) => [`cell ${i}`, gridCell(2, 2, i)])),
    ...Object.fromEntries([0, 1, 2].map((i) => [`window ${i}`, floatingWindow(i)])),
    large: { x: 0, y: 0.1, width: 0.8, height: 0.8 },
    ...Object.fromEntries([0, 1, 2, 3].map((i) => [`small ${i}`, { x: 0.8, y: i / 4, width: 0.2, height: 0.25 }])),
    tall: { x: 0, y: 0.3, width: 0.5, height: 0.4 },
    bar: { x: 0, y: 0, width: 0.5, height: 0.2 },
  };
  const sights = await watchRegions(mp4, regions, palette);
  const fileTime = (ms: number) => (sights[0]?.time ?? 0) + (ms - startMs) / 1000;
  const expected = [
    { 'cell 0': first, 'cell 1': second, 'cell 2': third, 'cell 3': fourth },
    { corner: first, topRight: first, 'window 0': second, 'window 1': third, 'window 2': fourth },
    { large: third, 'small 0': first, 'small 1': second, 'small 2': fourth, 'small 3': 'black' },
    { tall: first, bar: 'black', 'cell 3': third },
  ];
  for (const [i, seen] of expected.entries()) {
    const since = i === 0 ? fileTime(shownMs) : fileTime(changes[i - 1]?.sentMs ?? 0);
    const until = i === 3 ? Number.POSITIVE_INFINITY : fileTime(changes[i]?.sentMs ?? 0);
    const during = sights.filter(({ time }) => time >= since && time < until);
    const fits = during.filter((sight) => Object.entries(seen).every(([region, who]) => sight.seen[region] === who));
    expect(during.at(-1)?.seen, `layout ${i}`).toMatchObject(seen);
    // From then on in every picture.
    const applied = fits[0]?.time ?? Number.POSITIVE_INFINITY;
    expect(applied - since, `s until layout ${i} is seen`).toBeLessThan(1.2);
    expect(fits.length, `pictures of layout ${i}`).toBe(during.filter(({ time }) => time >= applied).length);
  }
  // In each of the layouts somebody is there.
  const black = sights.filter(({ time, seen }) => time > fileTime(shownMs) && seen['corner'] === 'black');
  const blackBefore = black.filter(({ time }) => time < fileTime(changes[2]?.sentMs ?? 0));
  expect(blackBefore.map(({ time }) => time)).toEqual([]);
  // The second, half transparent, over the fourth.
  const colorOfFourth = people[3]?.color as Rgb;
  const mixed = colorOfSecond.map((value, i) => (value + (colorOfFourth[i] as number)) / 2) as unknown as Rgb;
  const { duration } = await readMedia(mp4);
  const [last] = await Array.fromAsync(readPictures(mp4, { from: duration - 0.5 }));
  if (last === undefined) throw new Error('no picture at the end');
  expect(distance(middleOf(last.picture, gridCell(2, 2, 1)), mixed)).toBeLessThan(30);
  expect(distance(middleOf(last.picture, regions.tall), colorOfFirst)).toBeLessThan(40);
});

test('seven users, of whom only those subscribed to are seen and heard, also after an update', async () => {
  const people = makePeople(7);
  const uids = uidsOf(people);
  await using stage = await openChannelStage();
  await stage.publishers.joinAll(people);
  const recording = await stage.record({
    canvas: { mixedVideoLayout: 0 },
    config: { subscribeVideoUids: uids.slice(0, 3), subscribeAudioUids: [...uids.slice(0, 2), uids[6]] },
  });
  await stage.recorded(people.slice(0, 3));
  await stage.recorded(
    [0, 1, 6].map((i) => people[i] as Person),
    'audio',
  );
  await sleep(2000);
  const updatedMs = Date.now();
  const update = await recording.update({
    streamSubscribe: {
      videoUidList: { unSubscribeVideoUids: [uids[0]] },
      audioUidList: { unSubscribeAudioUids: [uids[6]] },
    },
  });
  expect(update.status).toBe(200);
  await stage.recorded(people.slice(3));
  await sleep(3000);
  const startMs = await recording.stop();

  const mp4 = await recording.file('.mp4');
  const palette = paletteOf(people);
  const windows = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [i, floatingWindow(i)]));
  const sights = await watchRegions(mp4, { large: { x: 0, y: 0, width: 1, height: 0.5 }, ...windows }, palette);
  const sound = await readSound(mp4);
  const updated = (sights[0]?.time ?? 0) + (updatedMs - startMs) / 1000;
  const end = sights.at(-1)?.time ?? 0;

  // Before: three of them in the order in which they came, and nobody else anywhere.
  expect(sightAt(sights, updated - 0.5).seen).toMatchObject({ large: uids[0], 0: uids[1], 1: uids[2], 2: uids[0] });
  const before = await coloursAnywhere(mp4, palette, { to: updated });
  for (const uid of uids.slice(3)) expect(before).not.toContain(uid);
  const tones = people.map(({ tone }) => tone);
  const heardBefore = heardTones(sound, tones, { from: updated - 1, to: updated });
  expect(heardBefore).toEqual([0, 1, 6].map((i) => tones[i]));
  // After: all but one.
  expect(atTheEnd(sights)).toMatchObject(
    Object.fromEntries([['large', uids[1]], ...[2, 3, 4, 5, 6].map((i, place) => [place, uids[i]])]),
  );
  expect(await coloursAnywhere(mp4, palette, { from: updated + 1.5 })).not.toContain(uids[0]);
  expect(heardTones(sound, tones, { from: end - 1.5, to: end })).toEqual(tones.slice(0, 6));
});

test('seventeen users, each in the own cell and with the own tone', { tag: '@alone' }, async () => {
  const people = makePeople(17);
  await using stage = await openChannelStage();
  await stage.publishers.joinAll(people, { fps: 5 });
  const recording = await stage.record();
  await stage.recorded(people);
  await stage.recorded(people, 'audio');
  await sleep(2500);
  await recording.stop();

  const mp4 = await recording.file('.mp4');
  const cells = Object.fromEntries(people.map(({ uid }, i) => [uid, cellOf17(i)]));
  const bands = { left: { x: 0, y: 0, width: 0.1, height: 1 }, right: { x: 0.9, y: 0, width: 0.1, height: 1 } };
  const seen = atTheEnd(await watchRegions(mp4, { ...cells, ...bands }, paletteOf(people)));
  expect(seen).toEqual({ ...Object.fromEntries(people.map(({ uid }) => [uid, uid])), left: 'black', right: 'black' });
  const sound = await readSound(mp4);
  const tones = people.map(({ tone }) => tone);
  expect(heardTones(sound, tones, { from: endOf(sound) - 1.5, to: endOf(sound) })).toEqual(tones);
  const { playlist, problems } = await checkHls(await recording.file('.m3u8'));
  expect(problems).toEqual([]);
  expect(playlist.ended).toBe(true);
});
