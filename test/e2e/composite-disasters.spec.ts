import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { until } from '../../src/kit/deadline.ts';
import { gridCell } from '../probe/composition.ts';
import { collectFrames } from '../probe/frames.ts';
import { isMonotonic, readMedia, readPackets, steps } from '../probe/media.ts';
import { checkHls } from '../probe/playlist.ts';
import { endOf, readSound, silentIntervals } from '../probe/sound.ts';
import { type Sight, sightAt, watchRegions } from '../probe/tiles.ts';
import { heardTones, toneDb } from '../probe/tones.ts';
import { type ChannelStage, openChannelStage } from '../support/channel-stage.ts';
import { leftovers } from '../support/leftovers.ts';
import { LossyRelay } from '../support/lossy-relay.ts';
import type { MixRecording } from '../support/mix.ts';
import { makePeople, type Person, paletteOf } from '../support/publishers.ts';
import { sessionId } from '../support/sabotage.ts';
import { childOf, countUdpSockets, groupOf } from '../support/sockets.ts';

const REGIONS = { left: gridCell(2, 1, 0), right: gridCell(2, 1, 1) };

/** Files that a player takes, without a hole, and nothing of the recording's processes left. */
async function expectWhole(recording: MixRecording, leastSeconds: number): Promise<string> {
  const mp4 = await recording.file('.mp4');
  expect((await readMedia(mp4)).duration).toBeGreaterThan(leastSeconds);
  const pictures = await readPackets(mp4, 'video');
  expect(isMonotonic(pictures)).toBe(true);
  expect(Math.max(...steps(pictures)), 's between two pictures').toBeLessThan(1);
  const { playlist, problems } = await checkHls(await recording.file('.m3u8'));
  expect(problems).toEqual([]);
  expect(playlist.ended).toBe(true);
  expect(playlist.slices.filter(({ discontinuity }) => discontinuity)).toHaveLength(1);
  expect(await leftovers(recording.sid)).toEqual([]);
  return mp4;
}

function end(sights: readonly Sight[]): number {
  return sights.at(-1)?.time ?? Number.NaN;
}

function hubPid({ service }: ChannelStage): number {
  return childOf(service.pid, '/src/hub/');
}

test("a publisher's browser is killed: the place is given up, the others stay", async () => {
  const [stayer, victim] = makePeople(2) as [Person, Person];
  await using stage = await openChannelStage();
  await using doomed = await stage.openPublishers();
  await stage.publishers.join(stayer);
  await doomed.join(victim);
  const recording = await stage.record();
  await stage.recorded([stayer, victim]);
  await sleep(2000);
  const killedMs = Date.now();
  doomed.killHard();
  // Nobody has said goodbye, so it takes the hub some time to notice.
  expect(await until(40_000, 200, async () => (await recording.users()).join() === stayer.uid)).toBe(true);
  await sleep(2000);
  const startMs = await recording.stop();

  const mp4 = await expectWhole(recording, 4);
  const sights = await watchRegions(mp4, REGIONS, paletteOf([stayer, victim]));
  expect(sightAt(sights, (sights[0]?.time ?? 0) + (killedMs - startMs) / 1000 - 0.5).seen).toEqual({
    left: stayer.uid,
    right: victim.uid,
  });
  expect(sightAt(sights, end(sights) - 0.5).seen).toEqual({ left: stayer.uid, right: stayer.uid });
  const sound = await readSound(mp4);
  const last = { from: endOf(sound) - 1, to: endOf(sound) };
  expect(heardTones(sound, [stayer.tone, victim.tone], last)).toEqual([stayer.tone]);
});

test('the hub is killed: another takes its place, and publishers that come back are recorded again', async () => {
  const people = makePeople(2);
  const [first, second] = people as [Person, Person];
  await using stage = await openChannelStage();
  await stage.publishers.joinAll(people);
  const recording = await stage.record();
  await stage.recorded(people);
  await sleep(2000);
  const killedMs = Date.now();
  const killed = hubPid(stage);
  process.kill(killed, 'SIGKILL');
  for (const person of people) {
    // Until the next hub is there it refuses.
    const back = () =>
      stage.publishers.join(person).then(
        () => true,
        () => false,
      );
    expect(await until(20_000, 200, back)).toBe(true);
  }
  await stage.recorded(people, 'video', 2);
  expect(hubPid(stage)).not.toBe(killed);
  await sleep(2500);
  const startMs = await recording.stop();

  const mp4 = await expectWhole(recording, 4);
  const sights = await watchRegions(mp4, REGIONS, paletteOf(people));
  for (const time of [(sights[0]?.time ?? 0) + (killedMs - startMs) / 1000 - 0.5, end(sights) - 1]) {
    expect(sightAt(sights, time).seen).toEqual({ left: first.uid, right: second.uid });
  }
  const sound = await readSound(mp4);
  const tones = people.map(({ tone }) => tone);
  expect(heardTones(sound, tones, { from: endOf(sound) - 1, to: endOf(sound) })).toEqual(tones);
});

test('a tenth of the packets is lost and the others are late: pictures keep coming, the sound has few gaps', {
  tag: '@alone',
}, async () => {
  const [unlucky] = makePeople(1) as [Person];
  await using relay = new LossyRelay(4);
  relay.trouble = { loss: 0.1, jitterMs: 100 };
  await using stage = await openChannelStage();
  await stage.publishers.join(unlucky, { relay, size: '320x180', fps: 15 });
  const recording = await stage.record();
  await stage.recorded([unlucky]);
  await sleep(8000);
  await recording.stop();

  expect(relay.dropped).toBeGreaterThan(50);
  const mp4 = await expectWhole(recording, 7);
  const stretch = { from: (await readMedia(mp4)).duration - 6 };
  const sights = await watchRegions(mp4, REGIONS, paletteOf([unlucky]), stretch);
  expect(sights.filter(({ seen }) => seen['left'] !== unlucky.uid).length).toBe(0);
  // The dot in the picture moves all the time.
  const changes = (await collectFrames(mp4, stretch)).filter(({ change }) => change !== null && change > 8);
  const still = changes.slice(1).map(({ time }, i) => time - (changes[i]?.time ?? 0));
  expect(changes.length).toBeGreaterThan(20);
  expect(Math.max(...still), 's without a new picture').toBeLessThan(2.5);
  const sound = await readSound(mp4, stretch);
  expect(toneDb(sound, unlucky.tone, { from: endOf(sound) - 5, to: endOf(sound) })).toBeGreaterThan(-36);
  const silent = silentIntervals(sound, 0.003, 0.1).reduce((sum, { from, to }) => sum + to - from, 0);
  expect(silent, 's of silence in 6 s').toBeLessThan(1);
});

test('thirty joins and leaves within twenty seconds leave nothing behind', async () => {
  const [stayer, ...visitors] = makePeople(7) as [Person, ...Person[]];
  await using stage = await openChannelStage();
  await stage.publishers.join(stayer);
  const recording = await stage.record();
  await stage.recorded([stayer]);
  const hub = hubPid(stage);
  const group = sessionId(recording.sid);
  const sockets = () => ({ hub: countUdpSockets([hub]), recording: countUdpSockets(groupOf(group)) });
  const before = sockets();
  expect(before.hub).toBeGreaterThanOrEqual(2);
  let most = before.hub;
  const visits = visitors.map(async (visitor, i) => {
    await sleep(i * 500);
    for (let round = 0; round < 5; round += 1) {
      await stage.publishers.join(visitor, { fps: 5 });
      await sleep(1000 + 500 * round);
      most = Math.max(most, countUdpSockets([hub]));
      await stage.publishers.leave(visitor);
    }
  });
  await Promise.all(visits);
  expect(most).toBeGreaterThan(before.hub);
  expect(
    await until(20_000, 200, () => JSON.stringify(sockets()) === JSON.stringify(before)),
    JSON.stringify({ before, after: sockets() }),
  ).toBe(true);
  await sleep(1000);
  await recording.stop();

  const mp4 = await expectWhole(recording, 10);
  const sights = await watchRegions(mp4, REGIONS, paletteOf([stayer, ...visitors]));
  expect(sightAt(sights, end(sights) - 0.5).seen).toEqual({ left: stayer.uid, right: stayer.uid });
  const sound = await readSound(mp4);
  const tones = [stayer, ...visitors].map(({ tone }) => tone);
  expect(heardTones(sound, tones, { from: endOf(sound) - 0.8, to: endOf(sound) })).toEqual([stayer.tone]);
  await stage.publishers.leave(stayer);
  expect(await until(10_000, 100, () => countUdpSockets([hub]) === 0), `${countUdpSockets([hub])} sockets`).toBe(true);
});
