import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { firstEncoder } from '../../src/encode/codecs.ts';
import { metadata } from '../../src/push/flv.ts';
import { type Dial, Publisher } from '../../src/push/publisher.ts';
import { Pushes, type PushesOptions } from '../../src/push/pushes.ts';
import { blackStill } from '../../src/push/still.ts';
import { SOUND_RATE, Timeline } from '../../src/push/timeline.ts';
import { STANDALONE } from '../../src/recording/plan.ts';
import { parseRtmpUrl } from '../../src/recording/rtmp-url.ts';
import type { PushState } from '../../src/recording/status.ts';
import { collectFrames } from '../probe/frames.ts';
import { readSound } from '../probe/sound.ts';
import { freePort } from '../servers/free-port.ts';
import { NginxRtmp } from '../servers/nginx-rtmp.ts';
import { makeCertificate } from '../support/rtmp-certificates.ts';
import { dialAnywhere } from '../support/rtmp-dial.ts';
import {
  decoderComplaints,
  encodeMedia,
  PICTURE,
  Playback,
  type PushMedia,
  type Received,
  receivedIn,
  referencePackets,
  SOUND,
} from '../support/rtmp-media.ts';
import { RtmpPlayer } from '../support/rtmp-player.ts';
import { SilentProxy } from '../support/silent-proxy.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';

// The servers that recordings are pushed to, judged by what their players get. The recording's part is played here: frames of
// the encoder at the pace of their times.

/** What has to come comes within a second or so, on a machine with nothing else to do. */
const ENCODER = firstEncoder(STANDALONE.encoding);
const PATIENT = { timeout: 30_000 };
const SECONDS = 8;
let media: PushMedia;
let reference: Record<'video' | 'audio', Received[]>;

test.beforeAll(async () => {
  media = await encodeMedia(SECONDS);
  reference = { video: await referencePackets(media, 'video'), audio: await referencePackets(media, 'audio') };
  // A recording begins with its first picture; the encoder's sound begins a block before.
  reference.audio = reference.audio.filter(({ time }) => time > (reference.video[0]?.time ?? 0) - 0.001);
});

class Recording implements AsyncDisposable {
  readonly pushes: Pushes;
  readonly playback: Playback;
  readonly changes: string[] = [];
  readonly lines: string[] = [];

  constructor(options: Partial<PushesOptions> = {}) {
    this.pushes = new Pushes({
      picture: PICTURE,
      sound: SOUND,
      dial: dialAnywhere(),
      still: () => blackStill({ picture: PICTURE, encoder: ENCODER, folder: '/tmp', identity: null }),
      onChange: (url, state) => this.changes.push(`${url.slice(url.lastIndexOf('/') + 1)} ${state}`),
      log: (line) => this.lines.push(line),
      ...options,
    });
    this.playback = new Playback(media, (frame) => this.pushes.frame(frame));
  }

  /** Waits until all outputs are in this state. */
  async reach(state: PushState): Promise<void> {
    await expect.poll(() => this.pushes.states.every((one) => one.state === state), PATIENT).toBe(true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pushes[Symbol.asyncDispose]();
  }
}

function port(nginx: NginxRtmp): number {
  return Number(new URL(nginx.url).port);
}

function hashes(packets: readonly Received[]): string[] {
  return packets.map(({ hash }) => hash);
}

/** The widest distance between two of them, in seconds. */
function widestGap(packets: readonly Received[]): number {
  return Math.max(...packets.slice(1).map(({ time }, i) => time - (packets[i]?.time ?? 0)));
}

function expectRising(packets: readonly Received[]): void {
  expect(packets.filter(({ time }, i) => i > 0 && time <= (packets[i - 1]?.time ?? 0))).toEqual([]);
}

/** All that was pushed is there, as it was encoded and when it was captured. */
async function expectEverything(file: string): Promise<void> {
  for (const kind of ['video', 'audio'] as const) {
    const received = await receivedIn(file, kind);
    expect(hashes(received)).toEqual(hashes(reference[kind]));
    expectRising(received);
    const lag = received.map(({ time }, i) => time - (reference[kind][i]?.time ?? 0));
    // All at one distance, but for the rounding to whole milliseconds.
    expect(Math.max(...lag) - Math.min(...lag)).toBeLessThan(0.003);
  }
  expect(await decoderComplaints(file)).toBe('');
}

/** What the server itself wrote down of a stream, in the order of its connections. */
async function recordingsOf(folder: TempFolder, name: string): Promise<string[]> {
  const files = await readdir(folder.path);
  return files
    .filter((file) => file.startsWith(`${name}-`))
    .toSorted()
    .map((file) => folder.file(file));
}

test('a player gets every frame as it was encoded, from nginx', async () => {
  await using folder = await makeTempFolder();
  await using nginx = await NginxRtmp.start();
  await using player = await RtmpPlayer.watch(nginx, 'key', folder.file('played.flv'));
  await using recording = new Recording();
  recording.pushes.set([`${nginx.url}/key?token=a/b`]);
  await recording.reach('publishing');
  await recording.playback.play();
  await recording[Symbol.asyncDispose]();
  await player.ended();
  await expectEverything(player.file);
  expect(recording.lines).toEqual([]);
});

test('ffmpeg as a server gets every frame, with times of more than 24 bits too', async () => {
  await using folder = await makeTempFolder();
  const url = `rtmp://127.0.0.1:${await freePort()}/app/instance/key`;
  await using server = RtmpPlayer.listen(url, folder.file('received.flv'));
  await using publisher = await openWhenUp(url);
  const timeline = new Timeline({ picture: PICTURE, sound: SOUND }, 0);
  const [first] = media.frames;
  const samples = media.frames.flatMap((frame) =>
    timeline.frame(frame, (frame.mediaTime - (first?.mediaTime ?? 0)) / 90),
  );
  // The second half, from a key frame on, comes when four hours and 39 minutes have passed: at 0xfffc18 ms.
  const late = (ms: number) => ms + (ms > 3999 ? 0xfffc18 - 4000 : 0);
  for (const sample of [...samples, ...timeline.flush()]) publisher.send({ ...sample, ms: late(sample.ms) });
  await expect.poll(() => publisher.isDrained, PATIENT).toBe(true);
  await publisher[Symbol.asyncDispose]();
  await server.ended();
  for (const kind of ['video', 'audio'] as const) {
    const received = await receivedIn(server.file, kind);
    expect(hashes(received)).toEqual(hashes(reference[kind]));
    const begin = received[0]?.time ?? 0;
    const expected = reference[kind].map(({ time }) => late(1000 * (time - (reference[kind][0]?.time ?? 0))) / 1000);
    for (const [i, { time }] of received.entries())
      expect(Math.abs(time - begin - (expected[i] ?? 0))).toBeLessThan(0.03);
  }
});

async function openWhenUp(url: string): Promise<Publisher> {
  const address = parseRtmpUrl(url);
  for (;;) {
    try {
      const signal = AbortSignal.timeout(20_000);
      return await Publisher.open({
        address,
        dial: dialAnywhere(),
        metadata: metadata(PICTURE, SOUND, SOUND_RATE),
        signal,
      });
    } catch (error) {
      if (!String(error).includes('ECONNREFUSED')) throw error;
      await sleep(50);
    }
  }
}

test('held, players see a still picture and hear silence without a gap, then it goes on live', async () => {
  await using folder = await makeTempFolder();
  await using nginx = await NginxRtmp.start();
  await using player = await RtmpPlayer.watch(nginx, 'key', folder.file('played.flv'));
  await using recording = new Recording();
  recording.pushes.set([`${nginx.url}/key`]);
  await recording.reach('publishing');
  await recording.playback.play(4);
  recording.pushes.hold(true);
  await sleep(4000);
  recording.pushes.hold(false);
  await recording.playback.play();
  await recording[Symbol.asyncDispose]();
  await player.ended();
  expect(recording.changes).toEqual([
    'key connecting',
    'key publishing',
    'key onhold',
    'key publishing',
    'key disconnected',
  ]);
  const [video, audio] = [await receivedIn(player.file, 'video'), await receivedIn(player.file, 'audio')];
  for (const packets of [video, audio]) {
    expectRising(packets);
    expect(widestGap(packets)).toBeLessThan(1);
  }
  expect(await decoderComplaints(player.file)).toBe('');
  // All pictures in their order, and in the middle the last key frame of before, again and again.
  const sent = hashes(reference.video);
  const split = reference.video.findIndex(({ key, time }) => key && time - (reference.video[0]?.time ?? 0) > 3.9);
  const still = hashes(reference.video.slice(0, split).filter(({ key }) => key)).at(-1);
  const received = hashes(video);
  expect(received.slice(0, split)).toEqual(sent.slice(0, split));
  expect(received.slice(split - sent.length)).toEqual(sent.slice(split));
  const held = received.slice(split, split - sent.length);
  expect(held.length).toBeGreaterThanOrEqual(6);
  expect(new Set(held)).toEqual(new Set([still]));
  const { samples, rate, start } = await readSound(player.file);
  const loudest = (from: number, to: number) =>
    samples
      .subarray((from - start) * rate, (to - start) * rate)
      .reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  const heldFrom = video[split]?.time ?? 0;
  const heldTo = video[video.length - (sent.length - split)]?.time ?? 0;
  expect(heldTo - heldFrom).toBeGreaterThan(3);
  expect(loudest(heldFrom + 0.2, heldTo - 0.2)).toBe(0);
  expect(loudest(0.5, heldFrom - 0.7)).toBeGreaterThan(0.05);
  expect(loudest(heldTo + 0.5, heldTo + 2)).toBeGreaterThan(0.05);
});

test('held from the start, players see black until it begins', async () => {
  await using folder = await makeTempFolder();
  await using nginx = await NginxRtmp.start();
  await using player = await RtmpPlayer.watch(nginx, 'key', folder.file('played.flv'));
  await using recording = new Recording();
  recording.pushes.hold(true);
  recording.pushes.set([`${nginx.url}/key`]);
  await recording.reach('onhold');
  await sleep(2000);
  recording.pushes.hold(false);
  await recording.playback.play(2);
  await recording[Symbol.asyncDispose]();
  await player.ended();
  const video = await receivedIn(player.file, 'video');
  expectRising(video);
  expect(widestGap(video)).toBeLessThan(1);
  expect(await decoderComplaints(player.file)).toBe('');
  const frames = await collectFrames(player.file);
  const black = frames.findIndex(({ luma }) => luma > 20);
  expect(black).toBeGreaterThanOrEqual(3);
  expect(frames.slice(0, black).every(({ luma }) => luma < 2)).toBe(true);
  expect(hashes(video).slice(black)).toEqual(hashes(reference.video).slice(0, video.length - black));
});

test('a server that falls silent is left and found again; another one misses nothing', async () => {
  await using folder = await makeTempFolder();
  await using nginx = await NginxRtmp.start({ recordTo: folder.path });
  await using proxy = await SilentProxy.start({ target: port(nginx) });
  await using recording = new Recording();
  recording.pushes.set([`rtmp://127.0.0.1:${proxy.port}/live/wedged`, `${nginx.url}/healthy`]);
  await recording.reach('publishing');
  const playing = recording.playback.play();
  await expect.poll(() => bytesOf(nginx, 'wedged'), PATIENT).toBeGreaterThan(9000);
  proxy.silence();
  await expect
    .poll(() => recording.lines.join(), { timeout: 40_000 })
    .toMatch(/hangs: it has answered nothing for 10 s; trying again in 1 s/);
  proxy.heal();
  await recording.reach('publishing');
  await playing;
  await expect.poll(() => bytesOf(nginx, 'wedged'), PATIENT).toBeGreaterThan(9000);
  await recording[Symbol.asyncDispose]();
  expect(recording.changes.filter((change) => change.startsWith('healthy'))).toHaveLength(3);
  const [healthy = ''] = await recordingsOf(folder, 'healthy');
  const received = hashes(await receivedIn(healthy, 'video'));
  expect(received.slice(0, reference.video.length)).toEqual(hashes(reference.video));
  const wedged = await recordingsOf(folder, 'wedged');
  expect(wedged).toHaveLength(2);
  expect((await receivedIn(wedged[1] as string, 'video'))[0]?.key).toBe(true);
  expect(await decoderComplaints(wedged[1] as string)).toBe('');
});

async function bytesOf(nginx: NginxRtmp, stream: string): Promise<number> {
  return (await nginx.streams()).find(({ name }) => name === stream)?.bytesIn ?? 0;
}

test('a connection that is cut is renewed, and so is one to a server that was down', async () => {
  await using folder = await makeTempFolder();
  await using nginx = await NginxRtmp.start({ recordTo: folder.path });
  await using proxy = await SilentProxy.start({ target: port(nginx) });
  await proxy.goDown();
  await using recording = new Recording();
  recording.pushes.set([`rtmp://127.0.0.1:${proxy.port}/live/key`]);
  await expect.poll(() => recording.lines.length, PATIENT).toBeGreaterThan(0);
  expect(recording.lines[0]).toMatch(/ECONNREFUSED; trying again in 1 s/);
  await proxy.comeUp();
  await recording.reach('publishing');
  const playing = recording.playback.play();
  await sleep(3000);
  proxy.cut();
  const changes = ['connecting', 'publishing', 'connecting', 'publishing'].map((state) => `key ${state}`);
  await expect.poll(() => recording.changes, PATIENT).toEqual(changes);
  await playing;
  await recording[Symbol.asyncDispose]();
  const files = await recordingsOf(folder, 'key');
  expect(files).toHaveLength(2);
  for (const file of files) {
    const video = await receivedIn(file, 'video');
    expect(video[0]?.key).toBe(true);
    expectRising(video);
    expect(await decoderComplaints(file)).toBe('');
  }
});

test('a server that refuses the stream is asked again; the key is in no log and in no command line', async () => {
  const key = `SECRET${Math.random()}`;
  let status = 403;
  const judge = createServer((_request, answer) => answer.writeHead(status).end()).listen(0, '127.0.0.1');
  await once(judge, 'listening');
  await using _judge = { [Symbol.asyncDispose]: async () => void judge.close() };
  const onPublish = `http://127.0.0.1:${(judge.address() as AddressInfo).port}/`;
  await using nginx = await NginxRtmp.start({ onPublish });
  await using recording = new Recording();
  recording.pushes.hold(true);
  recording.pushes.set([`${nginx.url}/${key}?token=${key}`]);
  await expect.poll(() => recording.lines.length, PATIENT).toBeGreaterThan(0);
  expect(recording.pushes.states.map(({ state }) => state)).toEqual(['connecting']);
  status = 200;
  await recording.reach('onhold');
  expect(commandLines().filter((line) => line.includes(key))).toEqual([]);
  await recording[Symbol.asyncDispose]();
  expect(recording.lines.filter((line) => line.includes('SECRET'))).toEqual([]);
});

function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        // It has ended since.
        return '';
      }
    });
}

test('by RTMPS it is pushed to nobody but the server of that name', async () => {
  await using folder = await makeTempFolder();
  const certificate = await makeCertificate(folder, ['DNS:localhost']);
  await using nginx = await NginxRtmp.start({ recordTo: folder.path });
  await using proxy = await SilentProxy.start({ target: port(nginx), tls: certificate });
  await using trusting = new Recording({ dial: dialAnywhere(certificate.file) });
  await using strict = new Recording();
  trusting.pushes.set([`rtmps://localhost:${proxy.port}/live/right`]);
  await trusting.reach('publishing');
  await trusting.playback.play(2);
  await trusting[Symbol.asyncDispose]();
  const [file = ''] = await recordingsOf(folder, 'right');
  const received = hashes(await receivedIn(file, 'video'));
  expect(received.length).toBeGreaterThan(15);
  expect(received).toEqual(hashes(reference.video).slice(0, received.length));
  // The right certificate under a wrong name, and a name whose certificate nobody vouches for.
  await using misled = new Recording({ dial: dialAnywhere(certificate.file) });
  misled.pushes.set([`rtmps://127.0.0.1:${proxy.port}/live/wrong`]);
  strict.pushes.set([`rtmps://localhost:${proxy.port}/live/untrusted`]);
  await expect.poll(() => misled.lines.join(), PATIENT).toMatch(/ERR_TLS_CERT_ALTNAME_INVALID.*trying again/);
  await expect.poll(() => strict.lines.join(), PATIENT).toMatch(/DEPTH_ZERO_SELF_SIGNED_CERT.*trying again/);
  expect([...misled.changes, ...strict.changes]).toEqual(['wrong connecting', 'untrusted connecting']);
  expect((await nginx.streams()).map(({ name }) => name)).toEqual([]);
});

test('a server that is too slow loses frames, what it gets can be played, and it does not fall back', async () => {
  await using folder = await makeTempFolder();
  await using nginx = await NginxRtmp.start({ recordTo: folder.path });
  const bytesPerSecond = media.stream.length / SECONDS;
  await using recording = new Recording({ dial: throttled(dialAnywhere(), 0.25 * bytesPerSecond) });
  recording.pushes.set([`${nginx.url}/slow`]);
  await recording.reach('publishing');
  await recording.playback.play();
  const [file = ''] = await recordingsOf(folder, 'slow');
  const latest = async () => (await receivedIn(file, 'video')).at(-1)?.time;
  await expect.poll(latest, PATIENT).toBeGreaterThan(5.9);
  expect(recording.changes).toEqual(['slow connecting', 'slow publishing']);
  await recording[Symbol.asyncDispose]();
  const video = await receivedIn(file, 'video');
  expectRising(video);
  const received = new Set(hashes(video));
  const missed = hashes(reference.video).filter((hash) => !received.has(hash));
  expect(missed.length).toBeGreaterThan(20);
  expect(missed.length).toBeLessThan(reference.video.length - 5);
  expect(await decoderComplaints(file)).toBe('');
});

/** Takes so many bytes per second and no more. */
function throttled(dial: Dial, bytesPerSecond: number): Dial {
  return async (target, signal) => {
    const socket = await dial(target, signal);
    const duplex = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        socket.write(chunk);
        setTimeout(done, (1000 * chunk.length) / bytesPerSecond);
      },
      final(done) {
        socket.end(done);
      },
      destroy(error, done) {
        socket.destroy();
        done(error);
      },
    });
    socket.on('data', (bytes: Buffer) => duplex.push(bytes));
    socket.once('close', () => duplex.destroy());
    return duplex;
  };
}
