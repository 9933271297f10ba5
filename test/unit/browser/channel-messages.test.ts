import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFromPage } from '../../../src/browser/channel-messages.ts';
import type { FromChannelPage } from '../../../src/recording/channel.ts';

const USER = { uid: '7', role: 'host', audio: true, video: false } as const;
const STREAM = { type: 'stream', uid: '7', kind: 'audio', receiving: true, atMs: 1.5 } as const;

const MESSAGES: readonly FromChannelPage[] = [
  { type: 'hello' },
  { type: 'done', id: 3 },
  { type: 'joined', joined: false },
  { type: 'refused', reason: 'uid_taken', detail: 'another recorder' },
  { type: 'users', users: [] },
  { type: 'users', users: [USER, { ...USER, uid: '8', role: 'audience' }] },
  STREAM,
  { type: 'note', text: 'a word' },
];

test('every message comes through as it was sent, without what does not belong to it', () => {
  for (const message of MESSAGES) {
    assert.deepEqual(parseFromPage(JSON.stringify(message)), message);
    assert.deepEqual(parseFromPage(JSON.stringify({ ...message, more: 1 })), message);
  }
  const strange = { ...USER, name: 'x' };
  assert.deepEqual(parseFromPage(JSON.stringify({ type: 'users', users: [strange] })), {
    type: 'users',
    users: [USER],
  });
});

test('what is no message is none', () => {
  const wrong: readonly unknown[] = [
    ...[
      null,
      1,
      'hello',
      [],
      {},
      { type: 'other' },
      { type: 'done' },
      { type: 'done', id: 1.5 },
      { type: 'done', id: '1' },
    ],
    ...[{ type: 'joined' }, { type: 'joined', joined: 1 }, { type: 'note' }, { type: 'note', text: {} }],
    ...[
      { type: 'refused', reason: 'requested', detail: '' },
      { type: 'refused', reason: 'uid_taken' },
    ],
    ...[{ type: 'users' }, { type: 'users', users: {} }, { type: 'users', users: [USER, null] }],
    ...['uid', 'role', 'audio', 'video'].map((name) => ({ type: 'users', users: [{ ...USER, [name]: undefined }] })),
    ...['uid', 'kind', 'receiving', 'atMs'].map((name) => ({ ...STREAM, [name]: undefined })),
    ...[
      { ...STREAM, uid: '' },
      { ...STREAM, uid: 7 },
      { ...STREAM, uid: 'x'.repeat(256) },
      { ...STREAM, kind: 'data' },
    ],
  ];
  for (const one of wrong) assert.equal(parseFromPage(JSON.stringify(one)), null, JSON.stringify(one));
  for (const text of ['', '{', 'hello', JSON.stringify({ type: 'note', text: 'x'.repeat(2_000_000) })])
    assert.equal(parseFromPage(text), null);
});

test('of a long text the beginning is taken', () => {
  const text = 'x'.repeat(10_000);
  assert.deepEqual(parseFromPage(JSON.stringify({ type: 'note', text })), { type: 'note', text: text.slice(0, 500) });
});
