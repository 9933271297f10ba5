// @ts-check
/** @import { ChannelPlan } from '../../src/recording/channel.ts' */
/** @import { Channel, ChannelEvents, Wanted } from '../../pages/types.ts' */

/** Joins channels on behalf of a test, and writes down what they tell. */

/** @type {unknown[][]} */
const told = [];
/** @type {Channel | null} */
let channel = null;

/** @type {ChannelEvents} */
const events = {
  onJoined: (joined) => told.push(['joined', joined]),
  onUsers: (users) => told.push(['users', ...users.map(wordsOf)]),
  onTrack: (uid, kind, track) => told.push(['track', uid, kind, track?.readyState ?? null]),
  onRefused: (reason, detail) => told.push(['refused', reason, detail]),
  onNote: (text) => told.push(['note', text]),
};

/** @param {import('../../src/recording/channel.ts').ChannelUser} user */
function wordsOf({ uid, role, audio, video }) {
  return [uid, role, ...(audio ? ['audio'] : []), ...(video ? ['video'] : [])].join(' ');
}

/** @type {Set<unknown>} */
const timers = new Set();
const { setTimeout: set, clearTimeout: clear } = window;
window.setTimeout = /** @type {any} */ (
  (/** @type {() => void} */ run, /** @type {number} */ ms) => {
    const timer = set(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
    return timer;
  }
);
window.clearTimeout = (timer) => {
  timers.delete(timer);
  clear(timer);
};

/** How many timers have been set and neither run out nor been cleared. */
export function pendingTimers() {
  return timers.size;
}

/**
 * @param {string} module path of the adapter
 * @param {ChannelPlan} plan
 * @param {Record<string, Wanted>} wanted
 */
export async function join(module, plan, wanted) {
  channel = (await import(module)).open(plan, events);
  channel?.subscribe(new Map(Object.entries(wanted)));
  channel?.join();
}

/** @param {Record<string, Wanted>} wanted */
export function subscribe(wanted) {
  channel?.subscribe(new Map(Object.entries(wanted)));
}

export async function close() {
  await channel?.close();
  channel = null;
}

/** @returns {unknown[][]} what was told since this was asked last */
export function takeTold() {
  return told.splice(0);
}
