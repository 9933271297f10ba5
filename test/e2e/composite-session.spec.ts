import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { type ChannelUser, type EncryptionPlan, NOBODY, type ToChannelPage } from '../../src/recording/channel.ts';
import { readFacts } from '../probe/facts.ts';
import { readMedia } from '../probe/media.ts';
import { grabFrame } from '../probe/pixels.ts';
import { checkHls } from '../probe/playlist.ts';
import { FLOATING } from '../support/channel-plans.ts';
import { type ChannelRecording, recordChannel } from '../support/channel-recording.ts';
import { leftovers, processIds } from '../support/leftovers.ts';
import { ownAddress } from '../support/own-address.ts';
import { servePages } from '../support/pages.ts';
import { rendererIds, sessionId } from '../support/sabotage.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const HOST: ChannelUser = { uid: '7', role: 'host', audio: true, video: true };
const USERS = { users: JSON.stringify([HOST]) };
const ENCRYPTION: EncryptionPlan = { mode: 'aes-256-gcm2', secret: 'channel secret', salt: 'c2FsdHNhbHQ=' };
const VERTICAL = { ...FLOATING, kind: 'vertical', maxResolutionUid: '7' } as const;
const CUSTOM = { ...FLOATING, kind: 'custom' } as const;
const UNHEARD = { audio: NOBODY, video: NOBODY };
/** All that a page of a channel needs of what browsers keep for secure contexts; see test/pages/channel.html. */
const ABILITIES = 15;

type Begin = Extract<ToChannelPage, { readonly type: 'begin' }>;

function begins(recording: ChannelRecording): Begin[] {
  return recording.told().filter((one) => typeof one !== 'string' && one.type === 'begin') as Begin[];
}

/** The orders that its pages were given, once there are so many: they tell of them on a way of their own. */
async function orders(recording: ChannelRecording, count: number): Promise<unknown[]> {
  const all = () => recording.told().filter((one) => typeof one !== 'string' && one.type !== 'begin');
  await recording.reaches(() => all().length >= count);
  return all();
}

/** Whether streams came or went, in the order in which it was told. */
function streams({ events }: ChannelRecording): boolean[] {
  return events.flatMap((event) => (event.name === 'stream_changed' ? event.receiving : []));
}

async function begun(recording: ChannelRecording): Promise<void> {
  await recording.reaches(({ running }) => running.status.startedMs !== null);
}

/** The number of the layout, and what the page can use, as the last picture shows it. */
async function lastFacts(recording: ChannelRecording): Promise<(number | null)[]> {
  const mp4 = await recording.file('.mp4');
  return readFacts(await grabFrame(mp4, (await readMedia(mp4)).duration - 0.5), 2);
}

test('the page of a channel is told what it is for, follows orders, and tells who is there', async () => {
  await using pages = await servePages();
  await using others = await servePages();
  await using folder = await makeTempFolder();
  const channel = { token: 'channel token', encryption: ENCRYPTION };
  await using recording = recordChannel({ pages, folder, channel, query: { ...USERS, other: others.url('static') } });
  const { running } = recording;
  expect(running.status.channel).toMatchObject({ joined: false, users: [], layout: FLOATING });
  await begun(recording);
  await recording.reaches(() => begins(recording).length > 0);
  expect(begins(recording)).toMatchObject([{ width: 640, height: 360, channel: { ...channel, layout: FLOATING } }]);
  await recording.reaches(() => running.status.channel?.users.length === 1 && streams(recording).length === 1);
  expect(running.status.channel).toMatchObject({ joined: true, users: [HOST] });

  await running.layout(VERTICAL);
  await running.subscribe(UNHEARD);
  expect(await orders(recording, 2)).toMatchObject([{ layout: VERTICAL }, { subscription: UNHEARD }]);
  await recording.reaches(() => running.status.channel?.subscription.audio.kind === 'only');
  expect(running.status.channel?.layout).toEqual(VERTICAL);
  // In no command line and no environment.
  expect(await leftovers(ENCRYPTION.secret)).toEqual([]);
  // Its own service may be reached, another server of the machine may not.
  await recording.reaches((one) => one.told().includes('refused'));
  expect(others.requests).toEqual([]);

  await sleep(1500);
  expect(await running.stop()).toMatchObject({ outcome: 'complete', reason: 'requested' });
  expect(streams(recording)).toEqual([true]);
  expect(await lastFacts(recording)).toEqual([2, ABILITIES]);
  expect(await leftovers(running.sid)).toEqual([]);
});

test('after a crash the page is told the latest layout; streams are gone until it has them again', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using recording = recordChannel({ pages, folder, query: USERS });
  const { running } = recording;
  await begun(recording);
  await running.layout(VERTICAL);
  for (const pid of rendererIds(running.sid)) process.kill(pid, 'SIGKILL');
  await recording.reaches(() => streams(recording).at(-1) === false);
  // Ordered while there is no page, or by the time that the next one is there.
  await running.layout(CUSTOM);
  await recording.reaches(() => streams(recording).length === 3);
  expect(streams(recording)).toEqual([true, false, true]);
  await recording.reaches(() => begins(recording).length === 2);
  expect(['vertical', 'custom']).toContain(begins(recording)[1]?.channel.layout.kind);
  expect(recording.events.filter(({ name }) => name === 'reloaded')).toHaveLength(1);
  await sleep(1500);
  expect((await running.stop()).outcome).toBe('complete');
  expect((await lastFacts(recording))[0]).toBe(3);
  expect((await checkHls(await recording.file('.m3u8'))).problems).toEqual([]);
});

test('a session that is killed is followed by one with the latest layout and subscription', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using recording = recordChannel({ pages, folder, query: USERS });
  const { running } = recording;
  await begun(recording);
  await running.layout(VERTICAL);
  await running.subscribe(UNHEARD);
  await recording.reaches(() => running.status.channel?.layout.kind === 'vertical');
  process.kill(sessionId(running.sid), 'SIGKILL');
  await recording.reaches(() => begins(recording).length === 2);
  expect(begins(recording)[1]?.channel).toMatchObject({ layout: VERTICAL, subscription: UNHEARD });
  await recording.reaches(() => streams(recording).length === 3);
  expect(streams(recording)).toEqual([true, false, true]);
  await sleep(1500);
  expect((await running.stop()).outcome).toBe('complete');
  expect((await lastFacts(recording))[0]).toBe(2);
  expect(await leftovers(running.sid)).toEqual([]);
});

test('a channel that everybody has left ends the recording, whole', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using recording = recordChannel({
    ...{ pages, folder, channel: { maxIdleMs: 4000 }, query: { ...USERS, gone: 3000 } },
  });
  const end = await recording.running.ended;
  expect(end).toMatchObject({ outcome: 'complete', reason: 'idle', detail: 'no user was in the channel for 4 s' });
  expect(end.progress.mediaMs).toBeGreaterThan(4000);
  expect(await leftovers(recording.running.sid)).toEqual([]);
});

test('a recorder that may not be in the channel ends the recording, and does not tell its token', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const options = { pages, folder, channel: { token: 'channel token' }, query: { refused: 'token_invalid' } };
  await using recording = recordChannel(options);
  expect(await recording.running.ended).toMatchObject({ reason: 'token_invalid', detail: 'not with ***' });
});

test('sound alone is recorded without a display', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using recording = recordChannel({ pages, folder, query: USERS, plan: { picture: null } });
  await begun(recording);
  expect(processIds(recording.running.sid, 'Xorg')).toEqual([]);
  await sleep(3000);
  expect((await recording.running.stop()).outcome).toBe('complete');
  const { video, audio } = await readMedia(await recording.file('.mp4'));
  expect([video, audio?.codec]).toEqual([null, 'aac']);
});

test('a service at another address than loopback may use all that its pages need, and nothing lies over them', async () => {
  const address = ownAddress();
  test.skip(address === null, 'this machine has no other address');
  await using pages = await servePages(address ?? '');
  await using folder = await makeTempFolder();
  await using recording = recordChannel({ pages, folder, query: USERS });
  await begun(recording);
  await sleep(2000);
  await recording.running.stop();
  expect(await lastFacts(recording)).toEqual([0, ABILITIES]);
});
