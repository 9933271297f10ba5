import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildEnvelope } from '../../../src/callback/envelope.ts';

const MESSAGE = {
  sid: 'd12fdce9024d37862a8f3a88e387c817',
  sequence: 1,
  appId: 'demo',
  noticeId: 'eb63b9b4304ba87769f708800ffc35b3',
  eventType: 70,
  eventMs: 1596555306257,
  attempts: 0,
};
const CONTENT = {
  cname: 'Tästing/2',
  uid: '1001',
  mode: 'web' as const,
  serviceType: 6,
  details: { msgName: 'web_recorder_started', recorderStartTime: 1596555306200 },
};

test('is compact, in the order of the original, in plain UTF-8 and with plain slashes', () => {
  assert.equal(
    buildEnvelope(MESSAGE, CONTENT, 1596555306283),
    '{"noticeId":"eb63b9b4304ba87769f708800ffc35b3","productId":3,"eventType":70,"notifyMs":1596555306283,' +
      '"sid":"d12fdce9024d37862a8f3a88e387c817",' +
      '"payload":{"cname":"Tästing/2","uid":"1001","sid":"d12fdce9024d37862a8f3a88e387c817","sequence":1,' +
      '"sendts":1596555306257,"serviceType":6,"serviceScene":"web_record",' +
      '"details":{"msgName":"web_recorder_started","recorderStartTime":1596555306200}}}',
  );
});

test('is the same when a receiver parses and serialises it again', () => {
  const body = buildEnvelope(MESSAGE, CONTENT, 1596555306283);
  assert.equal(JSON.stringify(JSON.parse(body)), body);
});
