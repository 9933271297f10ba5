import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { until } from '../../src/kit/deadline.ts';
import { servePages } from '../support/pages.ts';
import { type Received, type Receiver, startReceiver } from '../support/receiver.ts';
import { Service } from '../support/service.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const ARRIVE_MS = 40_000;

/** The receiver of the app id that the tests record for. */
function environment({ url, secret }: Receiver): Readonly<Record<string, string>> {
  return {
    TAPEHEAD_CALLBACKS: JSON.stringify({ demo: { url, secret } }),
    TAPEHEAD_ALLOW_PRIVATE: '127.0.0.0/8,::1',
  };
}

/** The messages of a recording that were accepted, once that many are there, each counted once. */
async function arrived(receiver: Receiver, sid: string, count: number, ms = ARRIVE_MS): Promise<Received[]> {
  const mine = () => {
    const all = receiver.accepted.filter(({ body }) => body.sid === sid);
    return [...new Map(all.map((one) => [one.body.noticeId, one])).values()];
  };
  await until(ms, 50, () => mine().length >= count);
  return mine();
}

function typesOf(messages: readonly Received[]): number[] {
  return messages.map(({ body }) => body.eventType);
}

/** Signed, of this recording, numbered without a gap. */
function expectSound(messages: readonly Received[], sid: string): void {
  messages.forEach(({ body, genuine }, sequence) => {
    expect(genuine).toBe(true);
    expect(body).toMatchObject({
      productId: 3,
      sid,
      noticeId: expect.stringMatching(/^[0-9a-f]{32}$/),
      payload: { sid, uid: '527841', sequence, serviceScene: 'web_record' },
    });
    expect(body.notifyMs).toBeGreaterThanOrEqual(body.payload.sendts);
  });
}

test('a recording is told of from its start to its exit', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using receiver = await startReceiver();
  await using service = await Service.start(folder.path, environment(receiver));
  const fromMs = Date.now();
  const recording = await service.record({ url: pages.url('animated') });
  const startedMs = await recording.begun();
  const [first] = await arrived(receiver, recording.sid, 1);
  expect(first?.body.eventType).toBe(70);
  await sleep(2000);
  const listed = (await recording.query()).body.serverResponse.extensionServiceState[0].payload.fileList;
  expect((await recording.stop()).status).toBe(200);

  const messages = await arrived(receiver, recording.sid, 3);
  expect(typesOf(messages)).toEqual([70, 71, 11]);
  expectSound(messages, recording.sid);
  const [started, stopped, exit] = messages.map(({ body }) => body.payload);
  expect(started).toMatchObject({ serviceType: 6, details: { msgName: 'web_recorder_started' } });
  const { recorderStartTime } = started.details;
  expect(recorderStartTime).toBeGreaterThan(fromMs);
  expect(Math.abs(recorderStartTime - startedMs)).toBeLessThan(5000);
  expect(stopped).toMatchObject({
    serviceType: 6,
    details: { msgName: 'web_recorder_stopped', code: 0, message: 'ok', details: expect.any(String) },
  });
  expect(stopped.details.fileList).toEqual(listed);
  expect(stopped.details.quality).toMatchObject({ repeatedFrames: expect.any(Number), silent: expect.any(Array) });
  expect(exit).toMatchObject({ serviceType: 0, details: { msgName: 'session_exit', exitStatus: 0, leaveStatus: 0 } });
  expect(stopped.sendts).toBeGreaterThan(started.sendts);
  expect(exit.sendts).toBeLessThanOrEqual(Date.now());
  // Each was delivered at the first attempt, and nothing came after the exit.
  expect(receiver.received.map(({ body }) => body.payload.sequence)).toEqual([0, 1, 2]);
});

test('a page that is not there is told of with stop code 5', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using receiver = await startReceiver();
  await using service = await Service.start(folder.path, environment(receiver));
  const recording = await service.record({ url: pages.url('/status/404', { token: 'hidden' }) });
  await recording.ended();
  const messages = await arrived(receiver, recording.sid, 3);
  expect(typesOf(messages)).toEqual([1, 71, 11]);
  expectSound(messages, recording.sid);
  const [error, stopped, exit] = messages.map(({ body }) => body.payload.details);
  expect(error).toMatchObject({ msgName: 'cloud_recording_error', module: 6, errorLevel: 5, errorCode: 5 });
  expect(stopped).toMatchObject({ code: 5, message: 'access_url_failed', fileList: [] });
  expect(stopped.details).toContain('404');
  expect(exit).toMatchObject({ exitStatus: 1, leaveStatus: 1 });
  expect(Buffer.concat(messages.map(({ raw }) => raw)).includes('hidden')).toBe(false);
});

test('a receiver that was down during the recording gets everything afterwards, in order', async () => {
  // After so many failures the service waits up to a minute.
  test.setTimeout(180_000);
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using receiver = await startReceiver();
  receiver.answer('close');
  await using service = await Service.start(folder.path, environment(receiver));
  const recording = await service.record({ url: pages.url('animated') });
  await recording.begun();
  await sleep(1500);
  expect((await recording.stop()).status).toBe(200);
  expect(receiver.accepted).toEqual([]);
  receiver.answer(200);
  const messages = await arrived(receiver, recording.sid, 3, 110_000);
  expect(typesOf(messages)).toEqual([70, 71, 11]);
  expectSound(messages, recording.sid);
  // The failed attempts carried the same message under the same noticeId.
  const first = receiver.received.filter(({ body }) => body.payload.sequence === 0);
  expect(first.length).toBeGreaterThan(1);
  expect(new Set(first.map(({ body }) => body.noticeId)).size).toBe(1);
});

test('what a killed service has not delivered is delivered by the next one', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using receiver = await startReceiver();
  receiver.answer(({ eventType }) => (eventType === 70 ? 200 : 503));
  let sid: string;
  {
    await using service = await Service.start(folder.path, environment(receiver));
    const recording = await service.record({ url: pages.url('animated') });
    sid = recording.sid;
    await recording.begun();
    expect(typesOf(await arrived(receiver, sid, 1))).toEqual([70]);
    expect((await recording.stop()).status).toBe(200);
    expect(await until(ARRIVE_MS, 50, () => receiver.received.some(({ body }) => body.eventType === 71))).toBe(true);
    await service.killHard();
  }
  receiver.answer(200);
  await using _restarted = await Service.start(folder.path, environment(receiver));
  const messages = await arrived(receiver, sid, 3);
  expect(typesOf(messages)).toEqual([70, 71, 11]);
  expectSound(messages, sid);
});
