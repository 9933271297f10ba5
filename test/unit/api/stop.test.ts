import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { NO_QUALITY, type RecordedFile } from '../../../src/recording/status.ts';
import { endOf } from './fake-recorder.ts';
import { viewOf } from './fake-uploads.ts';
import { type RecordingCalls, Service, webRequest } from './service.ts';

let service: Service;
let calls: RecordingCalls;
let files: RecordedFile[];
beforeEach(async () => {
  service = await Service.open();
  calls = await service.record();
  service.recorder.last.change({ phase: 'recording', startedMs: 1 });
  files = [{ name: `${calls.sid}_weekly.m3u8`, kind: 'playlist', sliceStartMs: 1234.5 }];
});
afterEach(async () => await service[Symbol.asyncDispose]());

function states(uploadingStatus: string, onhold: boolean, sliceStartTime: number): object[] {
  const name = `${calls.sid}_weekly.m3u8`;
  return [
    { serviceName: 'upload_service', payload: { uploadingStatus } },
    {
      serviceName: 'web_recorder_service',
      payload: {
        state: 'exit',
        onhold,
        fileList: [{ filename: name, fileName: name, sliceStartTime }],
        quality: NO_QUALITY,
      },
    },
  ];
}

test('answers when the files are complete, and names them', async () => {
  service.recorder.last.change({ onhold: true });
  service.recorder.last.endAtStop = endOf({ files });
  const { status, body } = await calls.stop();
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ['cname', 'uid', 'resourceId', 'sid', 'serverResponse']);
  assert.deepEqual(body.serverResponse, { extensionServiceState: states('uploaded', true, 1234) });
  assert.equal((await calls.query()).body.code, 404);
});

test('the answer waits for the end', async () => {
  let answered = false;
  const stopping = calls.stop().finally(() => {
    answered = true;
  });
  while (service.recorder.last.calls.length === 0) await calls.query();
  await calls.query();
  assert.equal(answered, false);
  service.recorder.last.finish({ files });
  assert.equal((await stopping).status, 200);
});

test('files that are not whole: unknown', async () => {
  service.recorder.last.endAtStop = endOf({ files, outcome: 'partial', reason: 'encoder_failed' });
  const { status, body } = await calls.stop();
  assert.equal(status, 200);
  assert.equal(body.serverResponse.extensionServiceState[0].payload.uploadingStatus, 'unknown');
});

test('tells how the uploads stand once the files are complete', async () => {
  service.recorder.last.finish({});
  const storageConfig = { vendor: 1, region: 0, bucket: 'b', accessKey: 'a', secretKey: 's' };
  for (const status of ['uploaded', 'backuped', 'unknown'] as const) {
    const stored = await service.record(webRequest({}, { storageConfig }));
    service.uploads.state = viewOf({ status, pendingFiles: 3, problem: 'expected 200, got 503' });
    service.recorder.last.endAtStop = endOf({ files });
    const { payload } = (await stored.stop()).body.serverResponse.extensionServiceState[0];
    assert.deepEqual([payload.uploadingStatus, payload.pendingFiles], [status, 3]);
    assert.equal(payload.problem, 'expected 200, got 503');
  }
  assert.ok(service.uploads.waits.every((ms) => ms > 0 && ms <= 20_000));
});

test('shows the pushes at the end', async () => {
  const url = 'rtmp://a/app/key';
  service.recorder.last.change({ pushes: [{ url, state: 'publishing' }] });
  service.recorder.last.endAtStop = endOf({ files });
  assert.deepEqual((await calls.stop()).body.serverResponse.extensionServiceState[2], {
    serviceName: 'rtmp_publish_service',
    payload: { state: 'exit', status: 'publishing', outputs: [{ rtmpUrl: url, status: 'publishing' }] },
  });
});

test('async_stop answers at once with what is known', async () => {
  const { status, body } = await calls.stop({ async_stop: true });
  assert.equal(status, 200);
  assert.deepEqual(body.serverResponse, { extensionServiceState: states('unknown', false, 0) });
  assert.deepEqual(service.recorder.last.calls, ['stop']);
});

test('nothing recorded: 206 with 435 and what was seen', async () => {
  for (const outcome of ['aborted', 'failed'] as const) {
    const next = outcome === 'aborted' ? calls : await service.record();
    service.recorder.last.endAtStop = endOf({ outcome, detail: 'stopped before the first frame' });
    const { status, body } = await next.stop();
    assert.deepEqual([status, body.code, body.reason], [206, 435, 'no recorded data']);
    assert.equal(body.detail, 'stopped before the first frame');
    assert.deepEqual(Object.keys(body).slice(0, 4), ['cname', 'uid', 'resourceId', 'sid']);
  }
});

test('stopped again while it is exiting: 400 with 49, later 404', async () => {
  const first = calls.stop();
  while (service.recorder.last.calls.length === 0) await calls.query();
  const { status, body } = await calls.stop();
  assert.deepEqual([status, body.code, body.reason], [400, 49, 'invalid operation']);
  assert.deepEqual(Object.keys(body), ['cname', 'uid', 'resourceId', 'sid', 'code', 'reason', 'detail']);
  service.recorder.last.finish({ files });
  assert.equal((await first).status, 200);
  const later = await calls.stop();
  assert.deepEqual([later.status, later.body.code], [404, 404]);
  assert.deepEqual(service.recorder.last.calls, ['stop']);
});

test('of stops that race one is done, the others are told', async () => {
  service.recorder.last.endAtStop = endOf({ files });
  const answers = await Promise.all([calls.stop(), calls.stop(), calls.stop()]);
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  for (const { status, body } of answers) assert.ok(status === 200 || body.code === 49 || body.code === 404);
});

test('a recording that is ending by itself: 400 with 49', async () => {
  service.recorder.last.change({ phase: 'stopping' });
  assert.equal((await calls.stop()).body.code, 49);
});

test('files that take too long: 206 with 65, and the stop goes on', async () => {
  await using slow = await Service.open({ limits: { updateMs: 1, stopMs: 1, uploadMs: 1 } });
  const slowCalls = await slow.record();
  const { status, body } = await slowCalls.stop();
  assert.deepEqual([status, body.code], [206, 65]);
  assert.deepEqual(slow.recorder.last.calls, ['stop']);
  assert.equal((await slowCalls.query()).body.code, 501);
});

test('a stop overtakes an update that waits for the recording to begin', async () => {
  service.recorder.last.finish({});
  const next = await service.record();
  const waiting = next.update({ webRecordingConfig: { onhold: true } });
  await next.query();
  service.recorder.last.endAtStop = endOf({ outcome: 'aborted' });
  assert.equal((await next.stop()).body.code, 435);
  assert.ok([501, 404].includes((await waiting).body.code));
  assert.deepEqual(service.recorder.last.calls, ['stop']);
});

test('cname or uid of another: 432, and nothing happens', async () => {
  const { status, body } = await calls.stop({}, 'other');
  assert.deepEqual([status, body.code], [400, 432]);
  assert.deepEqual(service.recorder.last.calls, []);
});

test('extra members are left aside', async () => {
  service.recorder.last.endAtStop = endOf({ files });
  const body = { cname: 'weekly', uid: '7', resourceId: calls.resourceId, clientRequest: { other: 1 } };
  assert.equal((await service.send(calls.path('stop'), { body })).status, 200);
});

test('async_stop that is no boolean is refused', async () => {
  const { body } = await calls.stop({ async_stop: 'yes' });
  assert.equal(body.code, 2);
  assert.match(body.detail, /async_stop: expected true or false, got "yes"/);
});

test('the share of the machine is given back once, at the end', async () => {
  const { capacity } = service.controller;
  assert.ok(capacity.usedCores > 0);
  await calls.stop({ async_stop: true });
  assert.ok(capacity.usedCores > 0);
  service.recorder.last.finish({ files });
  await calls.query();
  assert.equal(capacity.usedCores, 0);
});
