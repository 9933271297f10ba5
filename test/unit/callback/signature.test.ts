import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signatureHeaders } from '../../../src/callback/signature.ts';

test('gives both signatures of the published example', () => {
  const body =
    '{"eventMs":1560408533119,"eventType":10,"noticeId":"4eb720f0-8da7-11e9-a43e-53f411c2761f","notifyMs":1560408533119,"payload":{"a":"1","b":2},"productId":1}';
  assert.deepEqual(signatureHeaders('secret', Buffer.from(body)), {
    'agora-signature': '033c62f40f687675f17f0f41f91a40c71c0f134c',
    'agora-signature-v2': '6d3320c60b11101395b7fc8f9068748808a0aa1bfa064438e39d1bc2c7d74d99',
  });
});
