import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { RecordingRecord } from '../../../src/controller/records.ts';
import type { Resume } from '../../../src/recording/link.ts';
import { NO_QUALITY, type RecordingStatus } from '../../../src/recording/status.ts';
import { endOf } from './fake-recorder.ts';
import { viewOf } from './fake-uploads.ts';
import { APP, RecordingCalls, ROOT, Service, webRequest } from './service.ts';

const MP4 = { recordingFileConfig: { avFileType: ['hls', 'mp4'] } };

let service: Service;
beforeEach(async () => {
  service = await Service.open();
});
afterEach(async () => await service[Symbol.asyncDispose]());

test('names the files from the first moment', async () => {
  const calls = await service.record(webRequest({}, MP4));
  const { status, body } = await calls.query();
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ['cname', 'uid', 'resourceId', 'sid', 'serverResponse']);
  assert.deepEqual([body.cname, body.uid, body.resourceId, body.sid], ['weekly', '7', calls.resourceId, calls.sid]);
  const names = [`${calls.sid}_weekly.m3u8`, `${calls.sid}_weekly_0.mp4`];
  const fileList = names.map((name) => ({ filename: name, fileName: name, sliceStartTime: 0 }));
  assert.deepEqual(body.serverResponse, {
    status: 2,
    extensionServiceState: [
      { serviceName: 'web_recorder_service', payload: { state: 'init', onhold: false, fileList, quality: NO_QUALITY } },
    ],
  });
});

test('follows the recording', async () => {
  const calls = await service.record();
  const { last } = service.recorder;
  const seen = async (): Promise<unknown[]> => {
    const { serverResponse } = (await calls.query()).body;
    const { state, onhold, fileList } = serverResponse.extensionServiceState[0].payload;
    return [serverResponse.status, state, onhold, fileList[0].sliceStartTime];
  };
  last.change({ phase: 'recording' });
  assert.deepEqual(await seen(), [3, 'inProgress', false, 0]);
  const playlist = { name: `${calls.sid}_weekly.m3u8`, kind: 'playlist', sliceStartMs: 1_700_000_000_123.7 } as const;
  last.change({ startedMs: 1_700_000_000_123.7, files: [playlist] });
  assert.deepEqual(await seen(), [4, 'inProgress', false, 1_700_000_000_123]);
  last.change({ slices: 1, onhold: true });
  assert.deepEqual(await seen(), [5, 'inProgress', true, 1_700_000_000_123]);
});

test('a recording that began held is ready', async () => {
  const calls = await service.record(webRequest({ onhold: true }));
  service.recorder.last.change({ phase: 'recording' });
  const { serverResponse } = (await calls.query()).body;
  assert.equal(serverResponse.status, 4);
  assert.equal(serverResponse.extensionServiceState[0].payload.onhold, true);
});

describe('after the end', () => {
  test('400 with 501 while it is exiting, whoever ended it', async () => {
    const calls = await service.record();
    service.recorder.last.change({ phase: 'finalizing' });
    const { status, body } = await calls.query();
    assert.deepEqual([status, body.code], [400, 501]);
    assert.deepEqual(Object.keys(body), ['resourceId', 'sid', 'code', 'reason', 'detail']);
  });

  test('501 after an asynchronous stop', async () => {
    const calls = await service.record();
    await calls.stop({ async_stop: true });
    assert.equal((await calls.query()).body.code, 501);
  });

  test('404 with when and why, also after a restart of the service', async () => {
    const calls = await service.record();
    const endedMs = Date.UTC(2024, 4, 1, 12, 30, 5);
    const detail = 'the page answered 503';
    service.recorder.last.finish({ outcome: 'failed', reason: 'page_unreachable', detail, endedMs });
    await service.restart();
    const { status, body } = await calls.query();
    assert.deepEqual([status, body.code, body.reason], [404, 404, 'failed to find worker']);
    assert.match(
      body.detail,
      /2024-05-01T12:30:05\.000Z, failed, stop code 5 access_url_failed: the page answered 503/,
    );
  });
});

test('tells how the uploads stand', async () => {
  const storageConfig = { vendor: 1, region: 0, bucket: 'b', accessKey: 'a', secretKey: 's' };
  const calls = await service.record(webRequest({}, { storageConfig }));
  service.uploads.state = viewOf({ status: 'unknown', problem: 'expected bucket b to be there' });
  const { serverResponse } = (await calls.query()).body;
  const { status: _, ...rest } = service.uploads.state;
  assert.deepEqual(serverResponse.extensionServiceState[1], {
    serviceName: 'upload_service',
    payload: { uploadingStatus: 'unknown', ...rest },
  });
});

test('followers hear what happens, and calls that do not fit', async () => {
  const calls = await service.record();
  await service.start(calls.resourceId);
  service.recorder.last.tell({ name: 'slice_started', startUtcMs: 1, discontinueUtcMs: 1 });
  service.recorder.last.finish({});
  await calls.query();
  assert.deepEqual(
    service.told.map((line) => line.replace(calls.sid, 'SID')),
    ['started SID', 'misfit SID starting', 'slice_started SID', 'ended SID complete'],
  );
});

describe('after the service was killed', () => {
  const finish = async () => endOf({ outcome: 'partial', reason: 'session_lost', detail: 'killed' });
  /** As if everything of a recording that was not ending were there. */
  const resumeOf = ({ status: { phase, startedMs, onhold } }: RecordingRecord): Resume | null =>
    phase === 'finalizing' ? null : { startedMs, onhold, pushes: [], composition: null };
  const found = { finish, resumeOf };

  async function killed(change: Partial<RecordingStatus>): Promise<RecordingCalls> {
    const calls = await service.record(webRequest({ onhold: true }));
    service.recorder.last.change(change);
    await service.restart();
    return calls;
  }

  test('recordings whose time has not run out are gone on with, in the state they had', async () => {
    const startedMs = service.nowMs - 3_600_000;
    const calls = await killed({
      phase: 'recording',
      startedMs,
      slices: 2,
      onhold: true,
    });
    assert.match((await calls.query()).body.detail, /cut off by a restart/);
    assert.deepEqual(service.controller.lostSids, [calls.sid]);
    const { plan } = service.recorder.last;
    await service.controller.recover(found);
    assert.deepEqual(service.recorder.resume, { startedMs, onhold: true, pushes: [], composition: null });
    assert.deepEqual(service.recorder.last.plan, plan);
    assert.deepEqual(service.controller.lostSids, []);
    assert.equal((await calls.query()).status, 200);
    service.recorder.last.endAtStop = endOf({});
    assert.equal((await calls.stop()).status, 200);
  });

  test('one that had not begun begins anew', async () => {
    await killed({});
    await service.controller.recover(found);
    assert.deepEqual(service.recorder.resume, { startedMs: null, onhold: true, pushes: [], composition: null });
  });

  test('one that was ending is completed', async () => {
    const calls = await killed({ phase: 'finalizing', startedMs: service.nowMs });
    await service.controller.recover(found);
    assert.deepEqual(service.controller.lostSids, []);
    assert.match((await calls.query()).body.detail, /stop code 6 recorder_error: killed/);
    assert.equal(service.recorder.recordings.length, 1);
  });

  test('one that was told to stop is completed', async () => {
    const calls = await service.record();
    service.recorder.last.change({ phase: 'recording', startedMs: service.nowMs });
    void calls.stop().catch(() => {});
    while (service.recorder.last.calls.length === 0) await calls.query();
    await service.restart();
    await service.controller.recover(found);
    assert.equal(service.recorder.recordings.length, 1);
    assert.deepEqual(service.controller.lostSids, []);
  });

  test('recordings that run are not lost', async () => {
    await service.record();
    assert.deepEqual(service.controller.lostSids, []);
  });

  test('what was left behind is no conflict', async () => {
    await service.record();
    await service.restart();
    await service.record();
  });
});

describe('ids', () => {
  const at = async (resourceId: string, sid: string): Promise<unknown[]> => {
    const { status, body } = await new RecordingCalls(service, resourceId, sid).query();
    return [status, body.code];
  };

  test('nothing was started', async () => {
    const { status, body } = await new RecordingCalls(service, await service.acquire(), 'f'.repeat(32)).query();
    assert.deepEqual([status, body.code], [404, 404]);
    assert.match(body.detail, /no recording was started/);
  });

  test('a sid that is not of this resourceId', async () => {
    const first = await service.record();
    const otherResource = await service.acquire({ scene: 1 }, 'other');
    assert.deepEqual(await at(first.resourceId, 'f'.repeat(32)), [400, 1003]);
    assert.deepEqual(await at(otherResource, first.sid), [400, 1003]);
  });

  test('an app id that is not of this resourceId', async () => {
    const calls = await service.record();
    const path = calls.path('query').replace(APP, 'other');
    assert.equal((await service.send(path, { method: 'GET' })).body.code, 1003);
  });

  test('a resourceId that is none', async () => {
    assert.deepEqual(await at('abc', 'f'.repeat(32)), [400, 1001]);
  });

  test('another mode', async () => {
    const calls = await service.record();
    const path = calls.path('query').replace('/mode/web/', '/mode/mix/');
    const { status, body } = await service.send(path, { method: 'GET' });
    assert.deepEqual([status, body.code], [400, 2]);
  });
});

test('calls are taken for resourceExpiredHour hours from the start on', async () => {
  const resourceId = await service.acquire({ scene: 1, resourceExpiredHour: 2 });
  service.nowMs += 60_000;
  const { body } = await service.start(resourceId);
  const calls = new RecordingCalls(service, resourceId, body.sid);
  service.nowMs += 2 * 3_600_000;
  assert.equal((await calls.query()).status, 200);
  service.nowMs += 1;
  for (const answer of [await calls.query(), await calls.update({ webRecordingConfig: {} }), await calls.stop()]) {
    assert.deepEqual([answer.status, answer.body.code], [400, 433]);
    assert.equal(answer.body.reason, 'resourceId exceeded time limit!');
  }
  assert.deepEqual(service.recorder.last.calls, []);
});

test('the content type makes no difference', async () => {
  const calls = await service.record();
  const headers = { 'content-type': 'application/json;charset=utf-8' };
  assert.equal((await service.send(calls.path('query'), { method: 'GET', headers })).status, 200);
  assert.equal(
    (await service.send(`${ROOT}/resourceid/a/sid/b/mode/web/query`, { method: 'POST', body: {} })).status,
    404,
  );
});
