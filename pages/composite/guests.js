// @ts-check
/** @import { ChannelUser, Subscription, UidFilter } from '../../src/recording/channel.ts' */
/** @import { Guest, Wanted } from '../types.ts' */

/**
 * Who is recorded: of the hosts that are subscribed to in one medium at least, the first ones. When one of them leaves, the
 * next comes in.
 * @param {readonly ChannelUser[]} users in the order in which they came
 * @param {Subscription} subscription
 * @param {number} most
 * @returns {Guest[]}
 */
export function guestsOf(users, subscription, most) {
  return users
    .filter(({ role }) => role === 'host')
    .map((user) => ({ user, wanted: wantedOf(user.uid, subscription) }))
    .filter(({ wanted }) => wanted.audio || wanted.video)
    .slice(0, most);
}

/**
 * Those who take a region: all whose picture is subscribed to, whether they send one or not.
 * @param {readonly Guest[]} guests
 */
export function uidsToShow(guests) {
  return guests.filter(({ wanted }) => wanted.video).map(({ user }) => user.uid);
}

/**
 * A channel that was lost and found again may list its users in another order; those who have been there keep their places.
 * @param {readonly ChannelUser[]} before
 * @param {readonly ChannelUser[]} now
 */
export function inOrder(before, now) {
  const places = new Map(before.map(({ uid }, place) => [uid, place]));
  /** @param {ChannelUser} user */
  const placeOf = ({ uid }) => places.get(uid) ?? before.length;
  return [...now].sort((a, b) => placeOf(a) - placeOf(b));
}

/**
 * @param {string} uid
 * @param {Subscription} subscription
 * @returns {Wanted}
 */
function wantedOf(uid, { audio, video }) {
  return { audio: admits(audio, uid), video: admits(video, uid) };
}

/**
 * @param {UidFilter} filter
 * @param {string} uid
 */
function admits({ kind, uids }, uid) {
  return uids.includes(uid) === (kind === 'only');
}
