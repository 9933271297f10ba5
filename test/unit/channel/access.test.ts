import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type AccessConfig,
  type Asked,
  type Decision,
  decide,
  isUid,
  type RequestOrigin,
} from '../../../src/channel/access.ts';
import { buildToken } from '../../support/access-tokens.ts';

const CERTIFICATE = '0123456789abcdef0123456789abcdef';
const CONFIG: AccessConfig = {
  apps: {
    signed: { certificate: CERTIFICATE, channel: 'hub' },
    away: { channel: 'livekit', livekitUrl: 'wss://livekit.example' },
  },
  appIds: undefined,
  openChannels: false,
};
const LOCAL: RequestOrigin = {
  ...{ remote: '127.0.0.1', local: '127.0.0.1', forwarded: false },
  ...{ host: '127.0.0.1:8080', page: undefined, site: undefined },
};
const REMOTE: RequestOrigin = { ...LOCAL, remote: '192.0.2.7', local: '192.0.2.1', host: 'recorder.example' };

function ask(changes: Partial<Asked> = {}, config: AccessConfig = CONFIG): Decision {
  const asked = { appId: 'demo', channel: 'room', uid: '7', origin: LOCAL, authorization: undefined, ...changes };
  return decide(config, asked, ['join'], Date.now());
}

/** `403 forbidden`, or `ok`. */
function answer(decision: Decision): string {
  return decision.ok ? 'ok' : `${decision.refusal.status} ${decision.refusal.code}`;
}

describe('names', () => {
  test('of channels have up to 63 of 89 characters', () => {
    const all = '!#$%&()+-:;<=.>?@[]^_{}|~, ';
    for (const channel of ['a', all, 'x'.repeat(63)]) assert.equal(answer(ask({ channel })), 'ok', channel);
    for (const channel of ['', 'x'.repeat(64), 'a/b', 'a\\b', 'ä', 'a"b', 'a\n', "a'b", '`']) {
      assert.equal(answer(ask({ channel })), '400 channel_name_invalid', channel);
    }
  });

  test('of users are integers from 1 to 2^32-1', () => {
    for (const uid of ['1', '4294967295']) assert.ok(isUid(uid), uid);
    for (const uid of ['', '0', '01', '-1', '1.0', '4294967296', '1e3', 'bob', '99999999999', ' 1']) {
      assert.equal(answer(ask({ uid })), '400 uid_invalid', uid);
    }
  });

  test('of apps may be limited', () => {
    const limited = { ...CONFIG, appIds: ['demo'] };
    assert.equal(answer(ask({}, limited)), 'ok');
    assert.equal(answer(ask({ appId: 'other' }, limited)), '400 app_id_invalid');
    assert.equal(answer(ask({ appId: 'a b' })), '400 app_id_invalid');
  });

  test('of apps whose channels are elsewhere are told so', () => {
    assert.equal(answer(ask({ appId: 'away' })), '404 channel_elsewhere');
  });
});

describe('with a certificate', () => {
  const app = { appId: 'signed', origin: { ...REMOTE, page: 'https://anywhere.example', site: 'cross-site' } };
  const token = buildToken({ appId: 'signed', certificate: CERTIFICATE, channel: 'room' });

  test('a token opens the door, from anywhere', () => {
    const decision = ask({ ...app, authorization: `Bearer ${token}` });
    assert.ok(decision.ok && decision.expiresMs !== null && decision.expiresMs > Date.now());
    assert.equal(answer(ask({ ...app, authorization: `bearer  ${token} ` })), 'ok');
  });

  test('nothing else does', () => {
    for (const authorization of [undefined, '', 'Bearer', 'Bearer ', `Basic ${token}`, token, `Bearer x${token}`]) {
      assert.equal(answer(ask({ ...app, authorization })), '401 token_invalid', String(authorization));
      assert.equal(answer(ask({ ...app, origin: LOCAL, authorization })), '401 token_invalid', String(authorization));
    }
  });

  test('an expired one is told from a wrong one', () => {
    const late = buildToken({ appId: 'signed', certificate: CERTIFICATE, channel: 'room', issuedS: 1, lifeS: 60 });
    assert.equal(answer(ask({ ...app, authorization: `Bearer ${late}` })), '401 token_expired');
  });
});

describe('without a certificate', () => {
  for (const remote of ['127.0.0.1', '127.3.2.1', '::1', '::ffff:127.0.0.1']) {
    test(`${remote} may join`, () => assert.equal(answer(ask({ origin: { ...LOCAL, remote } })), 'ok'));
  }

  test('so may this machine by another of its own addresses', () => {
    for (const [address, host] of [
      ['192.0.2.1', '192.0.2.1:8080'],
      ['::ffff:192.0.2.1', '192.0.2.1'],
      ['2001:db8::1', '[2001:db8::1]:8080'],
    ] as const) {
      assert.equal(answer(ask({ origin: { ...LOCAL, remote: address, local: address, host } })), 'ok', host);
    }
  });

  const strangers: Record<string, Partial<RequestOrigin>> = {
    'another machine': { remote: '192.0.2.7' },
    'another machine that names this one': { remote: '192.0.2.7', local: '192.0.2.1', host: 'localhost' },
    'somebody behind a proxy': { forwarded: true },
    'a name that was pointed here': { host: 'rebinding.example:8080' },
    'a name that was pointed here, with its page': { host: 'rebinding.example', page: 'http://rebinding.example' },
    'a request without a host': { host: undefined },
    'a page of another site': { page: 'https://anywhere.example' },
    'a page without a place': { page: 'null' },
    'an image or a link of another site': { site: 'cross-site' },
  };
  for (const [name, changes] of Object.entries(strangers)) {
    test(`${name} may not join`, () => {
      assert.equal(answer(ask({ origin: { ...LOCAL, ...changes } })), '403 forbidden');
    });
  }

  test('pages of this machine may join', () => {
    for (const page of ['http://127.0.0.1:8080', 'http://localhost:3000', 'https://[::1]']) {
      assert.equal(answer(ask({ origin: { ...LOCAL, page, site: 'cross-site' } })), 'ok', page);
    }
  });

  test('where channels are open, other machines may join, but no pages of other sites', () => {
    const open = { ...CONFIG, openChannels: true };
    const own = { ...REMOTE, page: 'https://recorder.example', site: 'same-origin' };
    assert.equal(answer(ask({ origin: REMOTE }, open)), 'ok');
    assert.equal(answer(ask({ origin: own }, open)), 'ok');
    assert.equal(answer(ask({ origin: { ...own, page: 'https://anywhere.example' } }, open)), '403 forbidden');
    assert.equal(answer(ask({ appId: 'signed', origin: own }, open)), '401 token_invalid');
  });
});
