import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { RecorderError } from '../../../src/errors.ts';
import { type RecordingCalls, Service, webRequest } from './service.ts';

let service: Service;
let calls: RecordingCalls;
beforeEach(async () => {
  service = await Service.open();
  calls = await service.record();
  service.recorder.last.change({ phase: 'recording', startedMs: 1 });
});
afterEach(async () => await service[Symbol.asyncDispose]());

const HOLD = { webRecordingConfig: { onhold: true } };

/** Lets everything run that is due without any time passing. */
async function settled(): Promise<void> {
  await calls.query();
}

test('pauses and resumes, repeatedly', async () => {
  const { status, body } = await calls.update(HOLD);
  assert.equal(status, 200);
  assert.deepEqual(body, { cname: 'weekly', uid: '7', resourceId: calls.resourceId, sid: calls.sid });
  assert.deepEqual(Object.keys(body), ['cname', 'uid', 'resourceId', 'sid']);
  await calls.update(HOLD);
  await calls.update({ webRecordingConfig: {} });
  assert.deepEqual(service.recorder.last.calls, ['hold true', 'hold true', 'hold false']);
});

test('replaces the pushes, and shows them', async () => {
  const outputs = [{ rtmpUrl: 'rtmp://a/app/one' }, { rtmpUrl: 'rtmps://b/app/two' }];
  assert.equal((await calls.update({ rtmpPublishConfig: { outputs }, ...HOLD })).status, 200);
  assert.deepEqual(service.recorder.last.calls, ['hold true', 'push rtmp://a/app/one rtmps://b/app/two']);
  const { serverResponse } = (await calls.query()).body;
  assert.deepEqual(serverResponse.extensionServiceState[1], {
    serviceName: 'rtmp_publish_service',
    payload: { state: 'inProgress', outputs: outputs.map((output) => ({ ...output, status: 'connecting' })) },
  });
});

test('renews the credentials of the store', async () => {
  service.recorder.last.finish({});
  const storageConfig = { vendor: 1, region: 0, bucket: 'b', accessKey: 'a', secretKey: 'old' };
  const stored = await service.record(webRequest({}, { storageConfig }));
  service.recorder.last.change({ phase: 'recording', startedMs: 1 });
  const renewed = { ...storageConfig, secretKey: 'new', stsToken: 'token' };
  assert.equal((await stored.update({ storageConfig: renewed })).status, 200);
  assert.deepEqual(
    service.uploads.renewed.map(({ secretKey, stsToken }) => [secretKey, stsToken]),
    [['new', 'token']],
  );
});

describe('refused without any effect', () => {
  const storageConfig = { vendor: 1, region: 0, bucket: 'b', accessKey: 'a', secretKey: 's' };
  const wrong: [object, RegExp][] = [
    [{}, /expected a member that can be updated/],
    [{ webrecordingconfig: { onhold: true } }, /expected a member that can be updated/],
    [{ streamSubscribe: { audioUidList: {} } }, /expected a member that can be updated/],
    [{ webRecordingConfig: { onhold: 'true' } }, /onhold: expected true or false, got "true"/],
    [{ webRecordingConfig: true }, /webRecordingConfig: expected an object, got true/],
    [{ ...HOLD, storageConfig }, /storageConfig: expected a recording that was started with storageConfig/],
    [{ ...HOLD, storageConfig: { vendor: 1 } }, /storageConfig\.bucket/],
    [{ ...HOLD, rtmpPublishConfig: { outputs: [{ rtmpUrl: 'rtmp://forbidden/a/b' }] } }, /that address is forbidden/],
    [{ ...HOLD, rtmpPublishConfig: { outputs: [{ rtmpUrl: 'http://a/b' }] } }, /expected an rtmp or rtmps URL like/],
    [{ ...HOLD, rtmpPublishConfig: { outputs: [] } }, /outputs: expected a list of 1 to 10 outputs/],
  ];
  for (const [clientRequest, detail] of wrong) {
    test(JSON.stringify(clientRequest).slice(0, 90), async () => {
      const { status, body } = await calls.update(clientRequest);
      assert.deepEqual([status, body.code], [400, 2]);
      assert.match(body.detail, detail);
      assert.deepEqual(service.recorder.last.calls, []);
    });
  }

  test('known members beside unknown ones take effect', async () => {
    assert.equal((await calls.update({ ...HOLD, streamSubscribe: {} })).status, 200);
  });
});

test('calls for one recording run one after the other', async () => {
  const { last } = service.recorder;
  const gate = Promise.withResolvers<void>();
  last.onHold = async () => await gate.promise;
  const first = calls.update(HOLD);
  const second = calls.update({ webRecordingConfig: { onhold: false } });
  while (last.calls.length === 0) await settled();
  await settled();
  assert.equal(last.calls.length, 1);
  gate.resolve();
  assert.deepEqual([(await first).status, (await second).status], [200, 200]);
  assert.equal(last.calls.length, 2);
});

test('waits for the recording to begin', async () => {
  const resourceId = await service.acquire({ scene: 1 }, 'other');
  const { body } = await service.start(resourceId, webRequest({ onhold: true }), 'other');
  const { last } = service.recorder;
  const path = calls.path('update').replace(calls.resourceId, resourceId).replace(calls.sid, body.sid);
  const waiting = service.send(path, { body: { cname: 'other', uid: '7', clientRequest: { webRecordingConfig: {} } } });
  await settled();
  assert.deepEqual(last.calls, []);
  last.change({ phase: 'recording' });
  assert.equal((await waiting).status, 200);
  assert.deepEqual(last.calls, ['hold false']);
});

test('a recording that does not take it: 206 with 65', async () => {
  service.recorder.last.onHold = () => Promise.reject(new RecorderError('wrong_state', 'not now'));
  const { status, body } = await calls.update(HOLD);
  assert.deepEqual([status, body.code, body.reason], [206, 65, 'request not completed']);
  assert.match(body.detail, /not now/);
});

test('a recording that ends meanwhile: 400 with 501', async () => {
  const { last } = service.recorder;
  last.onHold = () => {
    last.change({ phase: 'stopping' });
    return Promise.reject(new RecorderError('wrong_state', 'it is over'));
  };
  const { status, body } = await calls.update(HOLD);
  assert.deepEqual([status, body.code], [400, 501]);
});

test('a recording that has ended: 404', async () => {
  service.recorder.last.finish({});
  const { status, body } = await calls.update(HOLD);
  assert.deepEqual([status, body.code], [404, 404]);
});

test('cname of another: 432', async () => {
  const { status, body } = await calls.update(HOLD, 'other');
  assert.deepEqual([status, body.code], [400, 432]);
  assert.deepEqual(Object.keys(body), ['cname', 'uid', 'resourceId', 'sid', 'code', 'reason', 'detail']);
});

test('updateLayout is for mode mix only', async () => {
  const body = { cname: 'weekly', uid: '7', clientRequest: { mixedVideoLayout: 1 } };
  for (const mode of ['web', 'mix']) {
    const path = calls.path('updateLayout').replace('/mode/web/', `/mode/${mode}/`);
    const answer = await service.send(path, { body });
    assert.deepEqual([answer.status, answer.body.code], [400, 2]);
  }
});

test('without an answer in time: 206 with 65, and the next call has its turn', async () => {
  await using slow = await Service.open({ limits: { updateMs: 1, stopMs: 1, uploadMs: 1 } });
  const slowCalls = await slow.record();
  const notBegun = await slowCalls.update(HOLD);
  assert.deepEqual([notBegun.status, notBegun.body.code], [206, 65]);
  assert.match(notBegun.body.detail, /has not begun/);
  slow.recorder.last.change({ phase: 'recording' });
  slow.recorder.last.onHold = () => Promise.withResolvers<void>().promise;
  const stuck = await slowCalls.update(HOLD);
  assert.deepEqual([stuck.status, stuck.body.code], [206, 65]);
  assert.match(stuck.body.detail, /did not confirm/);
  slow.recorder.last.onHold = () => Promise.resolve();
  assert.notEqual((await slowCalls.update(HOLD)).body.code, 2);
  assert.deepEqual(slow.recorder.last.calls, ['hold true', 'hold true']);
});
