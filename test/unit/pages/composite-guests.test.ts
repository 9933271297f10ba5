import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guestsOf, inOrder, uidsToShow } from '../../../pages/composite/guests.js';
import type { ChannelUser, UidFilter } from '../../../src/recording/channel.ts';
import { EVERYBODY, NOBODY } from '../../../src/recording/channel.ts';

function user(uid: number | string, role: ChannelUser['role'] = 'host'): ChannelUser {
  return { uid: String(uid), role, audio: true, video: true };
}

const only = (...uids: string[]): UidFilter => ({ kind: 'only', uids });
const except = (...uids: string[]): UidFilter => ({ kind: 'except', uids });
const all = { audio: EVERYBODY, video: EVERYBODY };
const uidsOf = (guests: readonly { readonly user: ChannelUser }[]) => guests.map((guest) => guest.user.uid);

test('records hosts, not the audience', () => {
  assert.deepEqual(uidsOf(guestsOf([user(1), user(2, 'audience'), user(3)], all, 17)), ['1', '3']);
});

test('records the first ones; when one leaves the next comes in', () => {
  const users = Array.from({ length: 20 }, (_, i) => user(i + 1));
  assert.deepEqual(uidsOf(guestsOf(users, all, 17)).at(-1), '17');
  const left = users.filter(({ uid }) => uid !== '4');
  assert.deepEqual(uidsOf(guestsOf(left, all, 17)).at(-1), '18');
});

test('those whom nobody subscribed to take up no place', () => {
  const subscription = { audio: except('1', '2'), video: except('1') };
  const guests = guestsOf([user(1), user(2), user(3)], subscription, 1);
  assert.deepEqual(uidsOf(guests), ['2']);
  assert.deepEqual(guests[0]?.wanted, { audio: false, video: true });
});

test('a whitelist names who is wanted in its medium', () => {
  const guests = guestsOf([user(1), user(2), user(3)], { audio: only('1', '3'), video: only('3') }, 17);
  assert.deepEqual(
    guests.map(({ user: { uid }, wanted }) => [uid, wanted.audio, wanted.video]),
    [
      ['1', true, false],
      ['3', true, true],
    ],
  );
  assert.deepEqual(uidsToShow(guests), ['3']);
});

test('who is only heard takes no region', () => {
  assert.deepEqual(uidsToShow(guestsOf([user(1), user(2)], { audio: EVERYBODY, video: NOBODY }, 17)), []);
});

test('a user without a picture takes a region', () => {
  const silent: ChannelUser = { ...user(1), audio: false, video: false };
  assert.deepEqual(uidsToShow(guestsOf([silent], all, 17)), ['1']);
});

test('users keep their order when the channel lists them in another, and newcomers come last', () => {
  const before = ['1', '2', '3'].map((uid) => user(uid));
  const now = ['4', '3', '5', '1'].map((uid) => user(uid));
  assert.deepEqual(
    inOrder(before, now).map(({ uid }) => uid),
    ['1', '3', '4', '5'],
  );
});
