import assert from 'node:assert/strict';
import { test } from 'node:test';
import { iceServersOf, RefusedError, refusalOf } from '../../../pages/shared/exchange.js';
import { iceServerLinks } from '../../../src/channel/answers.ts';

test('ICE servers come out of the header as they went in', () => {
  const servers = [
    { urls: 'stun:stun.example:3478' },
    {
      urls: 'turn:turn.example:3478?transport=udp',
      username: '1732290000:bob, "the" first; really',
      credential: 'a\\b"c==',
    },
    { urls: 'turns:turn.example', username: 'u', credential: 'c' },
  ];
  assert.deepEqual(iceServersOf(iceServerLinks(servers).join(', ')), servers);
});

test('other links are left out', () => {
  assert.deepEqual(iceServersOf(null), []);
  assert.deepEqual(
    iceServersOf('<https://example.org/ext>; rel="urn:ietf:params:whip:ext:example"; events="layers"'),
    [],
  );
});

test('a refusal says what the service says', async () => {
  const told = await refusalOf(Response.json({ code: 'token_expired', message: 'too late' }, { status: 401 }));
  assert.ok(told instanceof RefusedError);
  assert.deepEqual([told.status, told.code, told.message], [401, 'token_expired', 'too late']);
  const untold = await refusalOf(new Response('<html>bad gateway</html>', { status: 502 }));
  assert.deepEqual([untold.status, untold.code, untold.message], [502, '', 'the service answered 502']);
});
