import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import type { EncryptionPlan } from '../../src/recording/channel.ts';
import { median } from '../probe/cadence.ts';
import { findClicks } from '../probe/clicks.ts';
import { gridCell } from '../probe/composition.ts';
import { readMedia } from '../probe/media.ts';
import { grabFrame, type Rgb } from '../probe/pixels.ts';
import { endOf, readSound, type Sound } from '../probe/sound.ts';
import { detailOf, onsetsOf, PALETTE, type Sight, sightAt, watchRegions } from '../probe/tiles.ts';
import { heardTones, strayDb } from '../probe/tones.ts';
import { openChannelStage } from '../support/channel-stage.ts';
import { serveImages } from '../support/images.ts';
import { makePeople, type Person, paletteOf } from '../support/publishers.ts';

const QUADRANTS = Object.fromEntries([0, 1, 2, 3].map((i) => [i, gridCell(2, 2, i)]));
const HALVES = { left: gridCell(2, 1, 0), right: gridCell(2, 1, 1) };

/** Colours of the regions one second before the end. */
function atTheEnd(sights: readonly Sight[]): Sight['seen'] {
  return sightAt(sights, (sights.at(-1)?.time ?? 0) - 1).seen;
}

function heardAtTheEnd(sound: Sound, people: readonly Person[]): string[] {
  const stretch = { from: endOf(sound) - 1.5, to: endOf(sound) };
  const tones = new Set(
    heardTones(
      sound,
      people.map(({ tone }) => tone),
      stretch,
    ),
  );
  return people.filter(({ tone }) => tones.has(tone)).map(({ uid }) => uid);
}

test('backgrounds stand in for those who never sent, stopped sending, or left', async () => {
  const people = makePeople(3);
  const [speaker, stopper, listener] = people as [Person, Person, Person];
  const [canvas, everybody, own] = PALETTE.filter((color) => people.every((one) => one.color !== color)) as [
    Rgb,
    Rgb,
    Rgb,
  ];
  await using images = await serveImages();
  await using stage = await openChannelStage();
  await stage.publishers.joinAll([speaker, stopper]);
  await stage.publishers.join(listener, { video: false });
  const recording = await stage.record({
    canvas: {
      backgroundImage: images.url(canvas),
      defaultUserBackgroundImage: images.url(everybody),
      backgroundConfig: [
        { uid: stopper.uid, image_url: images.url(own), render_mode: 0 },
        // Neither of them is ever there; the recording goes on, with the picture of everybody.
        { uid: listener.uid, image_url: images.missing },
        { uid: speaker.uid, image_url: images.hanging },
      ],
    },
  });
  await stage.recorded([speaker, stopper]);
  await sleep(2000);
  const stoppedMs = Date.now();
  await stage.publishers.send(stopper, 'video', false);
  await sleep(6000);
  const leftMs = Date.now();
  await stage.publishers.leave(speaker);
  await sleep(2500);
  const changedMs = Date.now();
  const layout = { mixedVideoLayout: 1, backgroundColor: `#${Buffer.from(canvas).toString('hex')}` };
  expect((await recording.updateLayout({ ...layout, defaultUserBackgroundImage: images.url(own) })).status).toBe(200);
  await sleep(2500);
  const startMs = await recording.stop();

  const palette = { ...paletteOf(people), canvas, everybody, own };
  const sights = await watchRegions(await recording.file('.mp4'), { ...QUADRANTS, ...HALVES }, palette);
  const fileTime = (ms: number) => (sights[0]?.time ?? 0) + (ms - startMs) / 1000;
  const { uid } = stopper;
  expect(sightAt(sights, fileTime(stoppedMs)).seen).toMatchObject({
    0: speaker.uid,
    1: uid,
    2: 'everybody',
    3: 'canvas',
  });
  // The last picture stays for 3.5 s.
  const replaced = onsetsOf(sights, '1', 'own').find((time) => time > fileTime(stoppedMs));
  const stayed = (replaced ?? Number.NaN) - fileTime(stoppedMs);
  expect(stayed).toBeGreaterThan(3);
  expect(stayed).toBeLessThan(5.5);
  expect(sightAt(sights, fileTime(stoppedMs) + 2.5).seen['1']).toBe(uid);
  // Two are left, side by side.
  const moved = sights.find(({ time, seen }) => time > fileTime(leftMs) && seen['left'] === 'own');
  expect((moved?.time ?? Number.NaN) - fileTime(leftMs)).toBeLessThan(1.5);
  expect(sightAt(sights, fileTime(changedMs) - 0.5).seen).toMatchObject({ left: 'own', right: 'everybody' });
  expect(atTheEnd(sights)).toMatchObject({ right: 'own' });
  expect(images.requests).toContain('/missing.jpg');
});

test('sound alone without a muted user, and picture alone', { tag: '@alone' }, async () => {
  const people = makePeople(3);
  const [first, second, muted] = people as [Person, Person, Person];
  await using stage = await openChannelStage();
  await stage.publishers.joinAll(people);
  await stage.publishers.mute(muted, 'audio', true);
  const recordings = await Promise.all([
    stage.record({ uid: '1001', config: { streamTypes: 0, transcodingConfig: undefined } }),
    stage.record({ uid: '1002', config: { streamTypes: 1 } }),
  ]);
  for (const recording of recordings) await recording.begun();
  await stage.recorded(people);
  await stage.recorded([first, second], 'audio');
  await sleep(2500);
  for (const recording of recordings) expect(await recording.stop()).toBeGreaterThan(0);
  const [sound = '', picture = ''] = await Promise.all(recordings.map((recording) => recording.file('.mp4')));

  const soundOnly = await readMedia(sound);
  expect(soundOnly.video).toBeNull();
  expect(soundOnly.duration).toBeGreaterThan(2);
  expect(heardAtTheEnd(await readSound(sound), people)).toEqual([first.uid, second.uid]);
  const pictureOnly = await readMedia(picture);
  expect(pictureOnly.audio).toBeNull();
  expect(pictureOnly.duration).toBeGreaterThan(2);
  const seen = atTheEnd(await watchRegions(picture, QUADRANTS, paletteOf(people)));
  expect(seen).toEqual({ 0: first.uid, 1: second.uid, 2: muted.uid, 3: 'black' });
});

test('joining and leaving make no click, and four loud users do not clip', { tag: '@alone' }, async () => {
  const rounds = 5;
  const [steady, guest, ...loud] = makePeople(6) as [Person, Person, ...Person[]];
  await using stage = await openChannelStage();
  await stage.publishers.join(steady, { video: false });
  const recording = await stage.record({ config: { streamTypes: 0, transcodingConfig: undefined, audioProfile: 1 } });
  await stage.recorded([steady], 'audio');
  await sleep(1000);
  for (let round = 0; round < rounds; round += 1) {
    await stage.publishers.join(guest, { video: false });
    await stage.recorded([guest], 'audio', round + 1);
    await sleep(700);
    await stage.publishers.leave(guest);
    await sleep(500);
  }
  // Each as loud as can be by themselves.
  for (const person of loud) await stage.publishers.join(person, { video: false, gain: 15 });
  await sleep(4000);
  const startMs = await recording.stop();

  const sound = await readSound(await recording.file('.mp4'));
  const clicks = findClicks(sound).map(({ time }) => startMs + (time - sound.start) * 1000);
  const clicksAt = (ms: number) => clicks.some((click) => Math.abs(click - ms) < 150);
  for (const [what, state] of [
    ['comings', 0],
    ['goings', 1],
  ] as const) {
    const changes = stage.changes(guest, 'audio', state);
    expect(changes, what).toHaveLength(rounds);
    // Sound also crackles where a machine is too busy for a moment; a mixer that clicks does so nearly each time.
    expect(changes.filter(clicksAt).length, `${what} with a click of ${rounds}`).toBeLessThan(3);
  }
  const end = endOf(sound);
  const tones = [steady, ...loud].map(({ tone }) => tone);
  expect(heardTones(sound, tones, { from: end - 2, to: end })).toEqual(tones);
  const stray = [0, 1, 2].map((i) => strayDb(sound, tones, { from: end - 2 + i / 2, to: end - 1.5 + i / 2 }));
  expect(median(stray), `dB of what is none of the tones: ${stray}`).toBeLessThan(-15);
});

test('encrypted users are seen and heard with their secret, and not with another', { tag: '@alone' }, async () => {
  const people = makePeople(3);
  const [gcm, stranger, gcm2] = people as [Person, Person, Person];
  const salt = randomBytes(32).toString('base64');
  const first: EncryptionPlan = { mode: 'aes-128-gcm', secret: 'correct horse', salt: null };
  const second: EncryptionPlan = { mode: 'aes-128-gcm2', secret: 'battery staple', salt };
  await using stage = await openChannelStage();
  await stage.publishers.join(gcm, { encryption: first });
  await stage.publishers.join(stranger, { encryption: { ...first, secret: 'wrong horse' } });
  await stage.publishers.join(gcm2, { encryption: second, codec: 'h264' });
  const canvas = { width: 320, height: 180 };
  const recordings = await Promise.all([
    stage.record({ uid: '1001', canvas, config: { decryptionMode: 5, secret: first.secret } }),
    stage.record({ uid: '1002', canvas, config: { decryptionMode: 7, secret: second.secret, salt } }),
  ]);
  for (const recording of recordings) await recording.begun();
  await stage.recorded([gcm, gcm2]);
  await stage.recorded([gcm, gcm2], 'audio');
  await sleep(2500);
  for (const recording of recordings) await recording.stop();

  for (const [i, expected] of [
    { 0: gcm.uid, 1: 'black', 2: 'black', 3: 'black' },
    { 0: 'black', 1: 'black', 2: gcm2.uid, 3: 'black' },
  ].entries()) {
    const mp4 = (await recordings[i]?.file('.mp4')) ?? '';
    expect(atTheEnd(await watchRegions(mp4, QUADRANTS, paletteOf(people)))).toEqual(expected);
    expect(heardAtTheEnd(await readSound(mp4), people)).toEqual([i === 0 ? gcm.uid : gcm2.uid]);
  }
});

test('H.264, VP8 and VP9 side by side; a user who sends several sizes is recorded by the one asked for', {
  tag: '@alone',
}, async () => {
  const people = makePeople(4);
  const [striped, ...others] = people as [Person, ...Person[]];
  await using stage = await openChannelStage();
  await stage.publishers.join(striped, { stripes: true, simulcast: true, size: '640x360', audio: false });
  for (const [i, codec] of (['h264', 'vp8', 'vp9'] as const).entries()) {
    await stage.publishers.join(others[i] as Person, { codec, fps: 15 });
  }
  // The striped one fills the canvas pixel by pixel, the others are windows at its bottom.
  const canvas = {
    mixedVideoLayout: 3,
    layoutConfig: [
      { uid: striped.uid, x_axis: 0, y_axis: 0, width: 1, height: 1 },
      ...others.map(({ uid }, i) => ({ uid, x_axis: i / 4, y_axis: 0.75, width: 0.25, height: 0.25 })),
    ],
  };
  const recordings = await Promise.all([
    stage.record({ uid: '1001', canvas }),
    stage.record({ uid: '1002', canvas, config: { videoStreamType: 1 } }),
  ]);
  for (const recording of recordings) await recording.begun();
  await stage.recorded(people, 'video', recordings.length);
  await sleep(4000);
  for (const recording of recordings) await recording.stop();

  const windows = Object.fromEntries(
    others.map(({ uid }, i) => [uid, { x: i / 4, y: 0.75, width: 0.25, height: 0.25 }]),
  );
  const details: number[] = [];
  for (const recording of recordings) {
    const mp4 = await recording.file('.mp4');
    const seen = atTheEnd(await watchRegions(mp4, windows, paletteOf(people)));
    expect(seen).toEqual(Object.fromEntries(others.map(({ uid }) => [uid, uid])));
    const { duration } = await readMedia(mp4);
    details.push(detailOf(await grabFrame(mp4, duration - 1), { x: 0.2, y: 0.2, width: 0.6, height: 0.4 }));
  }
  const [large = 0, small = 0] = details;
  expect(large, `${details}`).toBeGreaterThan(2 * small + 10);
});
