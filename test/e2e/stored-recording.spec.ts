import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { expect, test } from '@playwright/test';
import { until } from '../../src/kit/deadline.ts';
import { collectFrames } from '../probe/frames.ts';
import { readMedia } from '../probe/media.ts';
import { checkHls } from '../probe/playlist.ts';
import { Ceph } from '../servers/ceph.ts';
import { servePages } from '../support/pages.ts';
import { startReceiver } from '../support/receiver.ts';
import { type Recording, Service } from '../support/service.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';

test.describe.configure({ mode: 'default' });

let ceph: Ceph;
test.beforeAll(async () => {
  test.setTimeout(240_000);
  ceph = await Ceph.start();
});
test.afterAll(async () => await ceph?.[Symbol.asyncDispose]());

function storageConfig(change: object = {}): Readonly<Record<string, unknown>> {
  return {
    ...{ vendor: 11, region: 0, bucket: ceph.bucket, ...ceph.user },
    fileNamePrefix: ['talks', 'one'],
    extensionParams: { endpoint: ceph.endpoint },
    ...change,
  };
}

/** Names below `talks/one/` of what is stored of a recording. */
async function stored({ sid }: Recording): Promise<string[]> {
  const listed = await ceph.client.send(new ListObjectsV2Command({ Bucket: ceph.bucket, Prefix: `talks/one/${sid}` }));
  return (listed.Contents ?? []).map(({ Key = '' }) => Key.slice('talks/one/'.length)).sort();
}

async function fetched(name: string, folder: TempFolder): Promise<string> {
  const object = await ceph.client.send(new GetObjectCommand({ Bucket: ceph.bucket, Key: `talks/one/${name}` }));
  const path = folder.file(name);
  await writeFile(path, await buffer(object.Body as NodeJS.ReadableStream));
  return path;
}

async function uploadOf(recording: Recording): Promise<Readonly<Record<string, unknown>>> {
  const { extensionServiceState } = (await recording.query()).body.serverResponse;
  const upload = extensionServiceState.find((one: { serviceName: string }) => one.serviceName === 'upload_service');
  return upload.payload;
}

test('a recording goes to the bucket while it is made, and nothing of it stays behind', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using data = await makeTempFolder();
  await using receiver = await startReceiver();
  const { url, secret } = receiver;
  await using service = await Service.start(data.path, {
    TAPEHEAD_CALLBACKS: JSON.stringify({ demo: { url, secret } }),
  });
  const recording = await service.record({ url: pages.url('animated') }, { storageConfig: storageConfig() });
  await recording.begun();
  await sleep(2_000);
  // A slice ends at a hold; it is stored while the recording goes on, and the playlist names it.
  await recording.hold(true);
  expect(await until(20_000, 100, async () => (await stored(recording)).length >= 2)).toBe(true);
  expect(await uploadOf(recording)).toMatchObject({ uploadingStatus: 'uploaded', problem: null });
  await recording.hold(false);
  await sleep(3_000);
  const stop = await recording.stop();
  expect(stop.status).toBe(200);
  const [upload, web] = stop.body.serverResponse.extensionServiceState;
  expect(upload.payload).toMatchObject({ uploadingStatus: 'uploaded', pendingFiles: 0, backupFiles: 0 });

  const names = await stored(recording);
  const listed = web.payload.fileList.map(({ fileName }: { fileName: string }) => fileName);
  expect(listed.sort()).toEqual(
    names
      .filter((name) => !name.endsWith('.ts'))
      .map((name) => `talks/one/${name}`)
      .sort(),
  );
  for (const name of names) await fetched(name, folder);
  const { playlist, problems } = await checkHls(folder.file(names.find((name) => name.endsWith('.m3u8')) ?? ''));
  expect(problems).toEqual([]);
  expect(playlist.ended).toBe(true);
  expect(playlist.slices.map(({ uri }) => uri)).toEqual(names.filter((name) => name.endsWith('.ts')));
  const mp4 = folder.file(names.find((name) => name.endsWith('.mp4')) ?? '');
  expect((await readMedia(mp4)).duration).toBeGreaterThan(4);
  expect(new Set((await collectFrames(mp4)).map(({ number }) => number)).size).toBeGreaterThan(50);
  expect(await until(10_000, 100, () => !existsSync(recording.folder))).toBe(true);

  expect(await until(20_000, 100, () => receiver.accepted.some(({ body }) => body.eventType === 31))).toBe(true);
  const types = receiver.accepted.map(({ body }) => body.eventType);
  for (const type of [30, 70, 4, 71, 11, 31]) expect(types).toContain(type);
  const uploaded = receiver.accepted.find(({ body }) => body.eventType === 31)?.body.payload.details;
  expect(uploaded.fileList.map(({ fileName }: { fileName: string }) => fileName)).toContain(
    `talks/one/${names.find((name) => name.endsWith('.mp4'))}`,
  );
});

test('a wrong key is told at once; the files stay, and go up when it is put right', async () => {
  await using pages = await servePages();
  await using data = await makeTempFolder();
  await using receiver = await startReceiver();
  const { url, secret } = receiver;
  await using service = await Service.start(data.path, {
    TAPEHEAD_CALLBACKS: JSON.stringify({ demo: { url, secret } }),
  });
  const wrong = storageConfig({ secretKey: 'hidden-and-wrong' });
  const recording = await service.record({ url: pages.url('animated') }, { storageConfig: wrong });
  expect(await until(20_000, 100, () => receiver.accepted.some(({ body }) => body.eventType === 1))).toBe(true);
  const error = receiver.accepted.find(({ body }) => body.eventType === 1)?.body.payload.details;
  expect(error).toMatchObject({ module: 1, errorCode: 32 });
  expect(JSON.stringify(error)).not.toContain('hidden');
  await recording.begun();
  await sleep(1_500);
  await recording.hold(true);
  const upload = await uploadOf(recording);
  expect(upload['uploadingStatus']).toBe('unknown');
  expect(String(upload['problem'])).not.toBe('null');
  expect(await stored(recording)).toEqual([]);
  expect((await recording.update({ storageConfig: storageConfig() })).status).toBe(200);
  const stop = await recording.stop();
  expect(stop.body.serverResponse.extensionServiceState[0].payload).toMatchObject({
    uploadingStatus: 'uploaded',
    pendingFiles: 0,
  });
  expect((await stored(recording)).map((name) => name.replace(/^.*\./, '')).sort()).toEqual(['m3u8', 'mp4', 'ts']);
});
