import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecorderError } from '../../../src/errors.ts';
import { until } from '../../../src/kit/deadline.ts';
import { MESSAGE } from '../../../src/push/chunks.ts';
import { payloadOf } from '../../../src/push/elementary.ts';
import { Pushes, type PushesOptions } from '../../../src/push/pushes.ts';
import type { PushState } from '../../../src/recording/status.ts';
import { timedFrame } from '../../support/packets.ts';
import { dialAnywhere } from '../../support/rtmp-dial.ts';
import { encodeMedia, PICTURE, SOUND } from '../../support/rtmp-media.ts';
import { type Client, RtmpServer } from '../../support/rtmp-server.ts';

const media = await encodeMedia(3);
const BLACK = payloadOf(media.frames[0]?.packets ?? Buffer.of());
const PICTURES = media.frames.filter(({ kind }) => kind === 'video').length;

interface Watched extends AsyncDisposable {
  readonly pushes: Pushes;
  readonly changes: [string, PushState][];
  readonly lines: string[];
  /** How often a black picture was made. */
  readonly stills: () => number;
}

function watch(options: Partial<PushesOptions> = {}): Watched {
  const changes: [string, PushState][] = [];
  const lines: string[] = [];
  let stills = 0;
  const still = async () => {
    stills += 1;
    return BLACK;
  };
  const pushes = new Pushes({
    picture: PICTURE,
    sound: SOUND,
    dial: dialAnywhere(),
    still,
    onChange: (url, state) => changes.push([url, state]),
    log: (line) => lines.push(line),
    ...options,
  });
  return { pushes, changes, lines, stills: () => stills, [Symbol.asyncDispose]: () => pushes[Symbol.asyncDispose]() };
}

async function waitFor(probe: () => boolean): Promise<void> {
  assert.ok(await until(15_000, 10, probe));
}

function statesOf({ pushes }: Watched): PushState[] {
  return pushes.states.map(({ state }) => state);
}

function picturesAt(server: RtmpServer | Client): Buffer[] {
  // The second byte: 0 is a header.
  return server.messages.filter(({ type, body }) => type === MESSAGE.video && body[1] === 1).map(({ body }) => body);
}

test('outputs are replaced one by one: those in both lists go on untouched, the order is that of the list', async () => {
  await using server = await RtmpServer.start();
  const [a, b, c] = [server.url('a'), server.url('b'), server.url('c')];
  await using watched = watch();
  watched.pushes.set([a, b, a]);
  assert.deepEqual(watched.pushes.states, [
    { url: a, state: 'connecting' },
    { url: b, state: 'connecting' },
  ]);
  await waitFor(() => statesOf(watched).every((state) => state === 'publishing'));
  watched.pushes.set([c, b]);
  assert.deepEqual(watched.pushes.states, [
    { url: c, state: 'connecting' },
    { url: b, state: 'publishing' },
  ]);
  await waitFor(() => statesOf(watched).every((state) => state === 'publishing'));
  await waitFor(() => server.commands.filter(([name]) => name === 'deleteStream').length === 1);
  assert.deepEqual(
    watched.changes.filter(([url]) => url === b),
    [
      [b, 'connecting'],
      [b, 'publishing'],
    ],
  );
  assert.deepEqual(watched.changes.filter(([url]) => url === a).at(-1), [a, 'disconnected']);
  const published = server.commands.filter(([name]) => name === 'publish').map(([, , , stream]) => stream);
  assert.deepEqual(published.toSorted(), ['a', 'b', 'c']);
});

test('at the end all streams are taken back, and stay in the list as disconnected', async () => {
  await using server = await RtmpServer.start();
  const watched = watch();
  watched.pushes.set([server.url('a'), server.url('b')]);
  await waitFor(() => statesOf(watched).every((state) => state === 'publishing'));
  await watched.pushes[Symbol.asyncDispose]();
  await watched.pushes[Symbol.asyncDispose]();
  assert.deepEqual(statesOf(watched), ['disconnected', 'disconnected']);
  assert.equal(server.commands.filter(([name]) => name === 'FCUnpublish').length, 2);
  watched.pushes.set([server.url('c')]);
  watched.pushes.hold(true);
  for (const frame of media.frames) watched.pushes.frame(frame);
  assert.equal(watched.pushes.states.length, 2);
  assert.equal(watched.changes.length, 6);
});

test('every server gets every frame; what it sends before consent is of no use and left out', async () => {
  await using server = await RtmpServer.start();
  await using watched = watch();
  watched.pushes.set([server.url('a'), server.url('b')]);
  await waitFor(() => statesOf(watched).every((state) => state === 'publishing'));
  for (const frame of media.frames) watched.pushes.frame(frame);
  await watched.pushes[Symbol.asyncDispose]();
  assert.deepEqual(
    server.clients.map((client) => picturesAt(client).length),
    [PICTURES, PICTURES],
  );
  assert.equal(watched.stills(), 0);
});

test('a server that hangs costs the others nothing', async () => {
  await using hanging = await RtmpServer.start({ stopAtMedia: true });
  await using mute = await RtmpServer.start({ answers: { connect: () => {} } });
  await using good = await RtmpServer.start();
  await using watched = watch();
  watched.pushes.set([hanging.url(), mute.url(), good.url()]);
  await waitFor(() => statesOf(watched).join() === 'publishing,connecting,publishing');
  for (const frame of media.frames) watched.pushes.frame(frame);
  await waitFor(() => picturesAt(good).length >= PICTURES - 1);
  const began = performance.now();
  await watched.pushes[Symbol.asyncDispose]();
  assert.equal(picturesAt(good).length, PICTURES);
  assert.ok(performance.now() - began < 6000);
});

test('held, the state says so, and a picture is shown: black when there was none', async () => {
  await using server = await RtmpServer.start();
  await using watched = watch();
  watched.pushes.hold(true);
  watched.pushes.set([server.url()]);
  await waitFor(() => picturesAt(server).length >= 2);
  assert.deepEqual(statesOf(watched), ['onhold']);
  watched.pushes.hold(false);
  assert.deepEqual(statesOf(watched), ['publishing']);
  assert.deepEqual(
    watched.changes.map(([, state]) => state),
    ['connecting', 'onhold', 'publishing'],
  );
  assert.equal(watched.stills(), 1);
});

test('an output that is added while held shows the latest key frame', async () => {
  await using server = await RtmpServer.start();
  await using watched = watch();
  for (const frame of media.frames) watched.pushes.frame(frame);
  watched.pushes.hold(true);
  watched.pushes.frame(media.frames[0] as (typeof media.frames)[number]);
  watched.pushes.set([server.url()]);
  await waitFor(() => picturesAt(server).length >= 1);
  const latest = media.frames.findLast(({ key, kind }) => key && kind === 'video');
  // The last unit of the picture ends both.
  const tail = payloadOf(latest?.packets ?? Buffer.of()).subarray(-50);
  assert.ok(picturesAt(server)[0]?.subarray(-50).equals(tail));
  assert.equal(watched.stills(), 0);
});

test('without a still picture it goes on without one', async () => {
  await using server = await RtmpServer.start();
  const still = () => Promise.reject(new Error('no ffmpeg'));
  await using watched = watch({ still });
  watched.pushes.hold(true);
  watched.pushes.set([server.url()]);
  await waitFor(() => watched.lines.length > 0 && statesOf(watched)[0] === 'onhold');
  assert.match(watched.lines.join(), /no picture to show: no ffmpeg/);
  watched.pushes.hold(false);
  for (const frame of media.frames) watched.pushes.frame(frame);
  await waitFor(() => picturesAt(server).length > 0);
});

test('a refused stream is tried again, and its key is in no line of the log', async () => {
  let refused = 0;
  const publish = (client: Client) => {
    refused += 1;
    const information =
      refused > 1
        ? { level: 'status', code: 'NetStream.Publish.Start' }
        : { level: 'error', code: 'NetStream.Publish.BadName', description: 'SECRET' };
    client.command('onStatus', 0, null, information);
  };
  await using server = await RtmpServer.start({ answers: { publish } });
  await using watched = watch();
  watched.pushes.set([server.url('SECRET?token=SECRET')]);
  await waitFor(() => statesOf(watched)[0] === 'publishing');
  assert.match(watched.lines.join(), /push to rtmp:\/\/127\.0\.0\.1:\d+\/live\/\*\*\*: .*BadName; trying again in 1 s/);
  assert.ok(!watched.lines.join().includes('SECRET'));
});

test('nobody there: it stays connecting, and says why', async () => {
  const server = await RtmpServer.start();
  const url = server.url();
  await server[Symbol.asyncDispose]();
  await using watched = watch();
  watched.pushes.set([url]);
  await waitFor(() => watched.lines.length >= 2);
  assert.match(watched.lines.join(), /ECONNREFUSED; trying again in 1 s,.*ECONNREFUSED; trying again in 2 s/);
  assert.deepEqual(watched.changes, [[url, 'connecting']]);
});

for (const [name, url, dial] of [
  ['an address that cannot be read', 'rtmp://host/SECRET', dialAnywhere()],
  [
    'an address that must not be reached',
    'rtmp://10.1.2.3/live/SECRET',
    () => Promise.reject(new RecorderError('address_forbidden', 'expected a public address')),
  ],
] as const) {
  test(`${name} is given up at once, and tried anew only when it is given again`, async () => {
    await using watched = watch({ dial });
    watched.pushes.set([url]);
    await waitFor(() => statesOf(watched)[0] === 'disconnected');
    assert.match(watched.lines.join(), /given up$/);
    assert.ok(!watched.lines.join().includes('SECRET'));
    watched.pushes.set([url]);
    assert.deepEqual(statesOf(watched), ['connecting']);
    await waitFor(() => statesOf(watched)[0] === 'disconnected');
    assert.deepEqual(
      watched.changes.map(([, state]) => state),
      ['connecting', 'disconnected', 'connecting', 'disconnected'],
    );
  });
}

test('a frame that cannot be read is left out, and nobody else notices', async () => {
  await using server = await RtmpServer.start();
  await using watched = watch();
  // With no outputs it is not even looked at.
  watched.pushes.frame(timedFrame({ kind: 'audio', mediaTime: 1 }));
  assert.deepEqual(watched.lines, []);
  watched.pushes.set([server.url()]);
  await waitFor(() => statesOf(watched)[0] === 'publishing');
  const [first, ...rest] = media.frames;
  assert.ok(first);
  watched.pushes.frame(first);
  watched.pushes.frame(timedFrame({ kind: 'audio', mediaTime: first.mediaTime }));
  assert.match(watched.lines.join(), /a frame was left out/);
  for (const frame of rest) watched.pushes.frame(frame);
  await watched.pushes[Symbol.asyncDispose]();
  assert.equal(picturesAt(server).length, PICTURES);
});
