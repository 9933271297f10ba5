// @ts-check
/** @import { ConnectionDisconnectedReason, IAgoraRTC, IAgoraRTCClient, IAgoraRTCRemoteUser } from 'agora-rtc-sdk-ng' */
/** @import { IRemoteAudioTrack, IRemoteVideoTrack, UID } from 'agora-rtc-sdk-ng' */
import { makeTrack } from './stand-in-tracks.js';

/**
 * Takes the place of Agora's SDK in tests, whose network cannot be reached: the methods and events that the adapter uses, held to
 * the SDK's own types. The functions at the end say what happens in the channel.
 *
 * @typedef {Pick<IAgoraRTCClient, 'remoteUsers' | 'join' | 'leave' | 'setClientRole' | 'setEncryptionConfig' | 'subscribe' |
 *   'unsubscribe' | 'setRemoteVideoStreamType' | 'on' | 'removeAllListeners'>} UsedClient
 * @typedef {{ -readonly [K in keyof IAgoraRTCRemoteUser]: IAgoraRTCRemoteUser[K] }} User
 */

/** @type {unknown[][]} what the adapter has called: name and arguments */
const calls = [];
/** @type {StandInClient[]} */
const clients = [];
/** @type {User[]} */
const present = [];
/** @type {Error | null} */
let refusal = null;

/** @implements {UsedClient} */
class StandInClient {
  /** @type {User[]} */
  remoteUsers = [];
  /** @type {Map<string, ((...args: any[]) => void)[]>} */
  listeners = new Map();

  /** @type {UsedClient['on']} */
  on = (/** @type {string} */ event, /** @type {(...args: any[]) => void} */ listener) => {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
  };

  removeAllListeners() {
    this.listeners.clear();
  }

  /**
   * @param {string} event
   * @param {...unknown} args
   */
  emit(event, ...args) {
    for (const listener of this.listeners.get(event) ?? []) listener(...args);
  }

  /** @type {UsedClient['join']} */
  async join(appId, channel, token, uid) {
    calls.push(['join', appId, channel, token, uid]);
    if (refusal) throw refusal;
    this.emit('connection-state-change', 'CONNECTED', 'CONNECTING');
    this.remoteUsers = present;
    return uid ?? 0;
  }

  async leave() {
    calls.push(['leave']);
    clients.splice(clients.indexOf(this), 1);
  }

  /** @type {UsedClient['setClientRole']} */
  async setClientRole(role) {
    calls.push(['setClientRole', role]);
  }

  /** @type {UsedClient['setEncryptionConfig']} */
  setEncryptionConfig(mode, secret, salt) {
    calls.push(['setEncryptionConfig', mode, secret, salt && [...salt]]);
  }

  /** @type {UsedClient['setRemoteVideoStreamType']} */
  async setRemoteVideoStreamType(uid, type) {
    calls.push(['setRemoteVideoStreamType', uid, type]);
  }

  /** @type {UsedClient['subscribe']} */
  subscribe = async (/** @type {IAgoraRTCRemoteUser | UID} */ user, /** @type {string} */ kind) => {
    const found = userOf(user);
    calls.push(['subscribe', found.uid, kind]);
    if (!(kind === 'audio' ? found.hasAudio : found.hasVideo)) throw new Error('REMOTE_USER_IS_NOT_PUBLISHED');
    await null;
    const track = makeRemoteTrack(kind === 'audio' ? 'audio' : 'video');
    if (kind === 'audio') found.audioTrack = track;
    else found.videoTrack = track;
    return track;
  };

  /** @type {UsedClient['unsubscribe']} */
  async unsubscribe(user, kind) {
    const found = userOf(user);
    calls.push(['unsubscribe', found.uid, kind]);
    if (kind !== 'video') delete found.audioTrack;
    if (kind !== 'audio') delete found.videoTrack;
  }
}

/** @param {IAgoraRTCRemoteUser | UID} user */
function userOf(user) {
  const uid = typeof user === 'object' ? user.uid : user;
  const found = present.find((one) => one.uid === uid);
  if (!found) throw new Error('INVALID_REMOTE_USER');
  return found;
}

/**
 * @param {'audio' | 'video'} kind
 * @returns {any} what the adapter uses of it
 */
function makeRemoteTrack(kind) {
  const track = makeTrack(kind);
  /** @type {Pick<IRemoteAudioTrack & IRemoteVideoTrack, 'getMediaStreamTrack' | 'on'>} */
  const remote = { getMediaStreamTrack: () => track, on: () => {} };
  return remote;
}

/** @type {Pick<IAgoraRTC, 'createClient' | 'setLogLevel'>} */
const StandIn = {
  createClient(config) {
    calls.push(['createClient', { ...config }]);
    const client = new StandInClient();
    clients.push(client);
    return /** @type {any} */ (client);
  },
  setLogLevel() {},
};
export default StandIn;

/**
 * @param {string} event
 * @param {...unknown} args
 */
function emit(event, ...args) {
  for (const client of [...clients]) client.emit(event, ...args);
}

/** @param {number} uid */
export function enter(uid) {
  const user = { uid, hasAudio: false, hasVideo: false };
  present.push(user);
  emit('user-joined', user);
}

/** @param {number} uid */
export function exit(uid) {
  const user = userOf(uid);
  present.splice(present.indexOf(user), 1);
  emit('user-left', user, 'Quit');
}

/**
 * @param {number} uid
 * @param {'audio' | 'video'} kind
 * @param {boolean} sending false: muted, or not published any more
 */
export function send(uid, kind, sending) {
  const user = userOf(uid);
  user[kind === 'audio' ? 'hasAudio' : 'hasVideo'] = sending;
  if (!sending) delete user[kind === 'audio' ? 'audioTrack' : 'videoTrack'];
  emit(sending ? 'user-published' : 'user-unpublished', user, kind);
}

/**
 * @param {'RECONNECTING' | 'CONNECTED' | 'DISCONNECTED'} state
 * @param {`${ConnectionDisconnectedReason}`} [reason]
 */
export function move(state, reason) {
  emit('connection-state-change', state, 'CONNECTED', reason);
}

export function expireToken() {
  emit('token-privilege-did-expire');
}

/**
 * How every try to join ends from now on.
 *
 * @param {{ code: string, message: string } | null} error null: well
 */
export function refuse(error) {
  refusal = error && Object.assign(new Error(`AgoraRTCError ${error.code}: ${error.message}`), { code: error.code });
}

/** @returns {unknown[][]} the calls since this was asked last */
export function takeCalls() {
  return calls.splice(0);
}

/** How many clients have not left. */
export function countClients() {
  return clients.length;
}
