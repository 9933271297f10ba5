import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { countPageFrames } from '../probe/counting.ts';
import { collectFrames } from '../probe/frames.ts';
import { isMonotonic, readMedia, readPackets, steps } from '../probe/media.ts';
import { NginxRtmp } from '../servers/nginx-rtmp.ts';
import { leftovers } from '../support/leftovers.ts';
import { servePages } from '../support/pages.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { decoderComplaints } from '../support/rtmp-media.ts';
import { RtmpPlayer } from '../support/rtmp-player.ts';
import { type Recording, Service } from '../support/service.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const LOCAL = '127.0.0.0/8,::1';
const PATIENT = { timeout: 30_000 };

/** The services of a start: a small page, and where it is pushed to. */
function pushing(page: string, urls: readonly string[], onhold = false): Readonly<Record<string, unknown>> {
  const web = { url: page, audioProfile: 0, videoWidth: 640, videoHeight: 360, maxRecordingHour: 1, onhold };
  const outputs = urls.map((rtmpUrl) => ({ rtmpUrl }));
  return {
    extensionServiceConfig: {
      extensionServices: [
        { serviceName: 'web_recorder_service', serviceParam: web },
        { serviceName: 'rtmp_publish_service', serviceParam: { outputs } },
      ],
    },
  };
}

/** The pushes as `query` shows them: `<stream> <state>`. */
async function outputsOf(recording: Recording): Promise<string[]> {
  const { body } = await recording.query();
  return payloadOf(body)?.outputs.map(nameOf) ?? [];
}

// biome-ignore lint/suspicious/noExplicitAny: tests read answers as a client would, member by member
function payloadOf(body: any): any {
  const states: { serviceName: string; payload: unknown }[] = body.serverResponse?.extensionServiceState ?? [];
  return states.find(({ serviceName }) => serviceName === 'rtmp_publish_service')?.payload;
}

function nameOf({ rtmpUrl, status }: { rtmpUrl: string; status: string }): string {
  return `${rtmpUrl.slice(rtmpUrl.lastIndexOf('/') + 1)} ${status}`;
}

/** The states that the receiver was told of, each message once, in order. */
function toldOf(receiver: Receiver, sid: string): string[] {
  const messages = receiver.accepted.filter(({ body }) => body.sid === sid && body.eventType === 100);
  const unique = new Map(messages.map(({ body }) => [body.noticeId, body]));
  return [...unique.values()].map(({ payload }) => {
    expect(payload).toMatchObject({ serviceType: 6, details: { msgName: 'rtmp_publish_status' } });
    return nameOf(payload.details);
  });
}

test('a recording is pushed to several servers, which can be replaced; query and callbacks tell their states', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using receiver = await startReceiver();
  await using nginx = await NginxRtmp.start();
  const { url: hook, secret } = receiver;
  await using service = await Service.start(folder.path, {
    TAPEHEAD_CALLBACKS: JSON.stringify({ demo: { url: hook, secret } }),
    TAPEHEAD_ALLOW_PRIVATE: LOCAL,
  });
  const [first, kept, third] = ['first-SECRET', 'kept-SECRET', 'third-SECRET'].map((key) => `${nginx.url}/${key}`) as [
    string,
    string,
    string,
  ];
  await using player = await RtmpPlayer.watch(nginx, 'kept-SECRET', folder.file('kept.flv'));
  const page = pages.url('animated');
  const recording = await service.record({ url: page }, pushing(page, [first, kept]));
  await expect.poll(() => outputsOf(recording), PATIENT).toEqual(['first-SECRET publishing', 'kept-SECRET publishing']);
  await recording.begun();
  await sleep(3000);
  expect((await recording.push([kept, third])).status).toBe(200);
  await expect.poll(() => outputsOf(recording), PATIENT).toEqual(['kept-SECRET publishing', 'third-SECRET publishing']);
  expect((await recording.hold(true)).status).toBe(200);
  await expect.poll(() => outputsOf(recording), PATIENT).toEqual(['kept-SECRET onhold', 'third-SECRET onhold']);
  await sleep(3000);
  expect((await recording.hold(false)).status).toBe(200);
  await sleep(4000);

  const stopped = await recording.stop();
  expect(stopped.status).toBe(200);
  expect(payloadOf(stopped.body)).toMatchObject({ state: 'exit', status: 'disconnected' });
  expect(payloadOf(stopped.body).outputs.map(nameOf)).toEqual([
    'kept-SECRET disconnected',
    'third-SECRET disconnected',
  ]);
  const life = (name: string, ...states: string[]) => states.map((state) => `${name}-SECRET ${state}`);
  const told = (name: string) => toldOf(receiver, recording.sid).filter((one) => one.startsWith(name));
  const throughHold = ['connecting', 'publishing', 'onhold', 'publishing', 'disconnected'];
  await expect.poll(() => told('kept'), PATIENT).toEqual(life('kept', ...throughHold));
  await expect.poll(() => told('third'), PATIENT).toEqual(life('third', ...throughHold));
  await expect.poll(() => told('first'), PATIENT).toEqual(life('first', 'connecting', 'publishing', 'disconnected'));

  await player.ended();
  const { video, audio } = await readMedia(player.file);
  expect(video).toMatchObject({ codec: 'h264', width: 640, height: 360 });
  expect(audio).toMatchObject({ codec: 'aac', rate: 48_000 });
  for (const kind of ['video', 'audio'] as const) {
    const packets = await readPackets(player.file, kind);
    expect(isMonotonic(packets)).toBe(true);
    expect(Math.max(...steps(packets))).toBeLessThan(1);
  }
  expect(await decoderComplaints(player.file)).toBe('');
  const count = countPageFrames(await collectFrames(player.file));
  expect(count.unread).toBe(0);
  expect(count.unique).toBeGreaterThan(50);
  expect(count.repeated).toBeGreaterThanOrEqual(4);

  expect(await leftovers(recording.sid)).toEqual([]);
  await service[Symbol.asyncDispose]();
  const { stdout, stderr } = await service.exited;
  expect(stdout + stderr).not.toContain('SECRET');
});

test('a server that nobody reaches harms neither the recording nor its end', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path, { TAPEHEAD_ALLOW_PRIVATE: LOCAL });
  const page = pages.url('animated');
  // The discard port: nobody listens there.
  const recording = await service.record({ url: page }, pushing(page, ['rtmp://127.0.0.1:9/live/key']));
  await recording.begun();
  await sleep(3000);
  expect(await outputsOf(recording)).toEqual(['key connecting']);
  expect((await recording.stop()).status).toBe(200);
  const playlist = await recording.file('.m3u8');
  expect(isMonotonic(await readPackets(playlist, 'video'))).toBe(true);
  expect(await leftovers(recording.sid)).toEqual([]);
});

test('held from its start a recording shows black until it is let go', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using nginx = await NginxRtmp.start();
  await using service = await Service.start(folder.path, { TAPEHEAD_ALLOW_PRIVATE: LOCAL });
  await using player = await RtmpPlayer.watch(nginx, 'key', folder.file('played.flv'));
  const page = pages.url('animated');
  const recording = await service.record({ url: page }, pushing(page, [`${nginx.url}/key`], true));
  await expect.poll(() => outputsOf(recording), PATIENT).toEqual(['key onhold']);
  await sleep(2000);
  expect((await recording.hold(false)).status).toBe(200);
  await expect.poll(() => outputsOf(recording), PATIENT).toEqual(['key publishing']);
  await sleep(3000);
  expect((await recording.stop()).status).toBe(200);
  await player.ended();
  expect(await decoderComplaints(player.file)).toBe('');
  const frames = await collectFrames(player.file);
  const begin = frames.findIndex(({ luma }) => luma > 20);
  expect(begin).toBeGreaterThanOrEqual(3);
  expect(frames.slice(0, begin).every(({ luma }) => luma < 2)).toBe(true);
  expect(countPageFrames(frames.slice(begin)).unread).toBe(0);
});
