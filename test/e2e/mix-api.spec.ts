import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { until } from '../../src/kit/deadline.ts';
import { readMedia } from '../probe/media.ts';
import { grabFrame } from '../probe/pixels.ts';
import { middleOf, nameOf } from '../probe/tiles.ts';
import { type Received, type Receiver, startReceiver } from '../support/receiver.ts';
import { Service } from '../support/service.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

// The calls of mode mix, what they answer and what receivers are told, for channels that nobody is in.

const ARRIVE_MS = 40_000;
const BACKGROUNDS = { before: [32, 120, 208], after: [208, 120, 32] } as const;
const WHOLE = { x: 0, y: 0, width: 1, height: 1 };

function environment({ url, secret }: Receiver): Readonly<Record<string, string>> {
  return { TAPEHEAD_CALLBACKS: JSON.stringify({ demo: { url, secret } }) };
}

/** The messages of a recording up to its exit, in the order in which they came. */
async function toldOf(receiver: Receiver, sid: string): Promise<Received['body'][]> {
  const mine = () => receiver.accepted.filter(({ body }) => body.sid === sid);
  await until(ARRIVE_MS, 50, () => mine().some(({ body }) => body.eventType === 11));
  mine().forEach(({ genuine, body }, sequence) => {
    expect(genuine).toBe(true);
    expect(body).toMatchObject({ productId: 3, payload: { sid, sequence, uid: '527841', serviceScene: 'mix_record' } });
  });
  return mine().map(({ body }) => body);
}

function detailsOf(messages: readonly Received['body'][], eventType: number): Received['body'] {
  return messages.find((message) => message.eventType === eventType)?.payload.details;
}

test('a channel that nobody is in: its background is recorded, and follows updateLayout', async () => {
  await using folder = await makeTempFolder();
  await using receiver = await startReceiver();
  await using service = await Service.start(folder.path, environment(receiver));
  const size = { width: 640, height: 360, fps: 15, bitrate: 800 };
  const recording = await service.mix({ transcodingConfig: { ...size, backgroundColor: '#2078D0' } });
  const startedMs = await recording.begun();

  const query = await recording.query();
  expect(query.status).toBe(200);
  expect(Object.keys(query.body)).toEqual(['cname', 'uid', 'resourceId', 'sid', 'serverResponse']);
  const { serverResponse } = query.body;
  const listed = { trackType: 'audio_and_video', uid: '0', mixedAllUser: true, sliceStartTime: startedMs };
  expect(serverResponse).toMatchObject({
    ...{ fileListMode: 'json', sliceStartTime: startedMs },
    fileList: [
      { ...listed, fileName: expect.stringMatching(/^[0-9a-f]{32}_room-0\.\d+\.m3u8$/), isPlayable: true },
      { ...listed, fileName: expect.stringMatching(/_0\.mp4$/), isPlayable: false },
    ],
    channel: { users: [] },
  });
  expect(Math.abs(startedMs - Date.now())).toBeLessThan(10_000);

  await sleep(1500);
  const changed = await recording.updateLayout({ mixedVideoLayout: 1, backgroundColor: '#D07820' });
  expect([changed.status, changed.body.sid]).toEqual([200, recording.sid]);
  const lists = { streamSubscribe: { audioUidList: { subscribeAudioUids: ['#allstream#'] } } };
  expect((await recording.update(lists)).status).toBe(200);
  expect((await recording.updateLayout({ mixedVideoLayout: 3 })).body).toMatchObject({ code: 2 });
  await sleep(1500);
  const stop = await recording.stop();
  expect(stop.status).toBe(200);
  expect(stop.body.serverResponse).toMatchObject({ fileListMode: 'json', uploadingStatus: 'uploaded' });
  expect(stop.body.serverResponse.fileList).toEqual(
    serverResponse.fileList.map((file: object) => ({ ...file, isPlayable: true })),
  );

  const mp4 = await recording.file('.mp4');
  const { duration, video, audio } = await readMedia(mp4);
  expect(video).toMatchObject({ codec: 'h264', width: 640, height: 360 });
  expect(audio).toMatchObject({ codec: 'aac', channels: 1 });
  expect(nameOf(middleOf(await grabFrame(mp4, 0), WHOLE), BACKGROUNDS)).toBe('before');
  expect(nameOf(middleOf(await grabFrame(mp4, duration - 0.5), WHOLE), BACKGROUNDS)).toBe('after');

  const messages = await toldOf(receiver, recording.sid);
  expect(messages.map(({ eventType }) => eventType)).toEqual([40, 42, 41, 11]);
  expect(messages.map(({ payload }) => payload.serviceType)).toEqual([1, 1, 1, 0]);
  expect(detailsOf(messages, 42)).toEqual({
    ...{ msgName: 'recorder_slice_start', startUtcMs: startedMs, discontinueUtcMs: startedMs },
    ...{ mixedAllUser: true, streamUid: '0', trackType: 'audio_and_video' },
  });
  expect(detailsOf(messages, 41)).toEqual({ msgName: 'recorder_leave', leaveCode: 24 });
  expect((await recording.query()).status).toBe(404);
});

test('a recording of sound ends by itself when nobody is there, and tells why', async () => {
  await using folder = await makeTempFolder();
  await using receiver = await startReceiver();
  await using service = await Service.start(folder.path, environment(receiver));
  const more = { recordingFileConfig: { avFileType: ['hls'] } };
  const recording = await service.mix({ streamTypes: 0, maxIdleTime: 5 }, { more });
  await recording.begun();
  const { serverResponse } = (await recording.query()).body;
  expect(serverResponse).toMatchObject({
    ...{ fileListMode: 'string', fileList: expect.stringMatching(/\.m3u8$/) },
    ...{ status: expect.any(Number), subServiceStatus: { recordingService: expect.stringMatching(/^service/) } },
  });

  expect(await recording.ended()).toMatch(/complete, reason idle: /);
  const stop = await recording.stop();
  expect([stop.status, stop.body.code, stop.body.reason]).toEqual([404, 404, 'failed to find worker']);
  const messages = await toldOf(receiver, recording.sid);
  expect(messages.map(({ eventType }) => eventType)).toEqual([40, 42, 41, 11]);
  expect(detailsOf(messages, 42).trackType).toBe('audio');
  expect(detailsOf(messages, 41).leaveCode).toBe(4);
  expect(detailsOf(messages, 11).exitStatus).toBe(0);

  const playlist = await recording.file('.m3u8');
  expect(playlist.endsWith(serverResponse.fileList)).toBe(true);
  const media = await readMedia(playlist);
  expect(media).toMatchObject({ video: null, audio: { codec: 'aac' } });
  expect(media.duration).toBeGreaterThan(3);
});

test('a service that is stopped leaves its channels, and says that nobody has asked for it', async () => {
  await using folder = await makeTempFolder();
  await using receiver = await startReceiver();
  let sid: string;
  {
    await using service = await Service.start(folder.path, environment(receiver));
    const recording = await service.mix({ streamTypes: 0 });
    sid = recording.sid;
    await recording.begun();
  }
  const messages = await toldOf(receiver, sid);
  expect(messages.map(({ eventType }) => eventType)).toEqual([40, 42, 41, 11]);
  expect(detailsOf(messages, 41).leaveCode).toBe(2);
});
