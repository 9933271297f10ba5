import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { type TokenDemand, verifyToken } from '../../../src/channel/access-token.ts';
import { buildToken, packService } from '../../support/access-tokens.ts';

/** Published with the reference builders: issued at second 1111111, for 600 s, with the privilege to join. */
const PUBLISHED = {
  appId: '970CA35de60c44645bbae8a215061b33',
  certificate: '5CFd2fd1755d40ecb72977518be15d3b',
  channel: '7d72365eb983485397e3e3f9d460bdda',
  uid: '2882341273',
  forOneUid:
    '007eJxTYBBbsMMnKq7p9Hf/HcIX5kce9b518kCiQgSr5Zrp4X1Tu6UUGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcwMk4yN3b8IMEQwMTAwMoAwBIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiVwMRhYWRsYmhkbmxgDCaiTj',
  forEveryUid:
    '007eJxTYLhzZP08Lxa1Pg57+TcXb/3cZ3wi4V6kbpbOog0G2dOYk20UGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcwMk4yN3b8IMEQwMTAwMoAwBIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiQwMADacImo=',
  /** All privileges of RTC, and a service of RTM behind it. */
  withRtm:
    '007eJxTYOAQsrQ5s3TfH+1tvy8zZZ46EpCc0V43JXdGd2jS8porKo4KDJbmBs6OxqYpqWYGySYmZiamSUmJqRaJRoamBmaGScbG7l8EGCKYGBgYGRgYmBgYGVgYGMF8JjDJDCZZwKQCg3mKuZGxmWlqkqWFsYmFqbGleapxqnGaZYqJmUFSSkoiF4ORhYWRsYmhkbkxyCyISZwMJanFJfGlxalFACKnKng=',
};
const SECOND_MS = 1000;

function demandOf(changes: Partial<TokenDemand> = {}): TokenDemand {
  const { appId, certificate, channel, uid } = PUBLISHED;
  return { appId, certificate, channel, uid, privileges: ['join'], nowMs: 1_111_112 * SECOND_MS, ...changes };
}

describe('published tokens', () => {
  test('the builder of the tests makes the same', () => {
    const { appId, certificate, channel, uid, forOneUid } = PUBLISHED;
    const made = { appId, certificate, channel, issuedS: 1_111_111, lifeS: 600, salt: 1, privileges: { 1: 600 } };
    assert.equal(buildToken({ ...made, uid }), forOneUid);
  });

  test('are good until 600 s after their issue', () => {
    const endMs = 1_111_711 * SECOND_MS;
    for (const token of [PUBLISHED.forOneUid, PUBLISHED.forEveryUid, PUBLISHED.withRtm]) {
      assert.deepEqual(verifyToken(token, demandOf({ nowMs: endMs - 1 })), { ok: true, expiresMs: endMs });
      const late = verifyToken(token, demandOf({ nowMs: endMs }));
      assert.equal(late.ok === false && late.code, 'token_expired');
    }
  });

  test('are for one uid, or for all', () => {
    assert.match(problemOf(PUBLISHED.forOneUid, { uid: '5' }), /token_invalid.*another uid/);
    assert.equal(verifyToken(PUBLISHED.forEveryUid, demandOf({ uid: '5' })).ok, true);
  });

  test('are for one app, one certificate, one channel', () => {
    assert.match(problemOf(PUBLISHED.forOneUid, { appId: 'other' }), /token_invalid.*another app id/);
    assert.match(problemOf(PUBLISHED.forOneUid, { certificate: 'a'.repeat(32) }), /token_invalid.*certificate/);
    assert.match(problemOf(PUBLISHED.forOneUid, { channel: 'other' }), /token_invalid.*another channel/);
  });

  test('allow what they hold', () => {
    assert.match(
      problemOf(PUBLISHED.forOneUid, { privileges: ['join', 'publish_audio'] }),
      /privilege to publish audio/,
    );
    const all = demandOf({ privileges: ['join', 'publish_audio', 'publish_video'] });
    assert.equal(verifyToken(PUBLISHED.withRtm, all).ok, true);
  });
});

describe('privileges', () => {
  const made = { ...PUBLISHED, issuedS: 1_111_111, lifeS: 600 };

  test('may end before the token', () => {
    const token = buildToken({ ...made, privileges: { 1: 600, 3: 60 } });
    assert.match(
      problemOf(token, { privileges: ['join', 'publish_video'], nowMs: 1_111_171 * SECOND_MS }),
      /token_expired.*publish video.*1970-01-13T20:39:31/,
    );
    const early = verifyToken(token, demandOf({ privileges: ['join', 'publish_video'] }));
    assert.deepEqual(early, { ok: true, expiresMs: 1_111_171 * SECOND_MS });
  });

  test('of 0 seconds last as long as the token', () => {
    const token = buildToken({ ...made, privileges: { 1: 0 } });
    assert.deepEqual(verifyToken(token, demandOf()), { ok: true, expiresMs: 1_111_711 * SECOND_MS });
  });

  test('of several channels in one token are kept apart', () => {
    const other = Buffer.concat([packService(1, { 1: 600, 2: 600 }), sized('other'), sized('')]);
    const token = buildToken({ ...made, privileges: { 1: 600 }, more: [other] });
    const privileges = ['join', 'publish_audio'] as const;
    assert.match(problemOf(token, { privileges }), /publish audio/);
    assert.equal(verifyToken(token, demandOf({ privileges, channel: 'other', uid: '9' })).ok, true);
  });
});

describe('what is no token', () => {
  const cut = (bytes: number): string => `007${deflateSync(Buffer.alloc(bytes, 1)).toString('base64')}`;
  const cases: Record<string, string> = {
    empty: '',
    'of an older version': `006${PUBLISHED.forOneUid.slice(3)}`,
    'not deflated': `007${Buffer.from('hello').toString('base64')}`,
    'cut off': PUBLISHED.forOneUid.slice(0, 60),
    'longer than what was written': cut(3),
    'a length beyond the end': cut(40),
    'a bomb': cut(10_000_000),
    'very long': `007${'A'.repeat(100_000)}`,
  };
  for (const [name, text] of Object.entries(cases)) {
    test(name, () => assert.match(problemOf(text), /token_invalid.*not a token of version 007/));
  }

  test('each byte counts', () => {
    const bytes = Buffer.from(PUBLISHED.forOneUid.slice(3), 'base64');
    for (let i = 0; i < bytes.length; i += 1) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] ?? 0) ^ 0x10;
      const verdict = verifyToken(`007${changed.toString('base64')}`, demandOf());
      assert.equal(verdict.ok, false, `byte ${i}`);
    }
  });
});

function problemOf(token: string, changes: Partial<TokenDemand> = {}): string {
  const verdict = verifyToken(token, demandOf(changes));
  return verdict.ok ? 'good' : `${verdict.code} ${verdict.reason}`;
}

function sized(text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length);
  return Buffer.concat([length, Buffer.from(text)]);
}
