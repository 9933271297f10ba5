// @ts-check
import AgoraRTC from '/pages/vendor/agora-rtc-sdk.mjs';
import { keepTrying, pause } from '../../shared/retries.js';
import { KINDS, Told } from './told.js';

/** @import { ChannelPlan, RefusalReason } from '../../../src/recording/channel.ts' */
/** @import { ConnectionDisconnectedReason, IAgoraRTCClient, IAgoraRTCRemoteUser } from 'agora-rtc-sdk-ng' */
/** @import { Channel, ChannelEvents, OpenChannel, Wanted } from '../../types.ts' */
/** @import { Kind } from './told.js' */

const LOG_ERRORS = 3;
const LOW_STREAM = 1;
/** Between tries to subscribe. */
const RETRY_MS = 1_000;

/** After each of these everything is looked at anew: who is there, what they publish, what of it is subscribed to. */
const CHANGES = /** @type {const} */ (['user-joined', 'user-left', 'user-published', 'user-unpublished']);

/** @type {Readonly<Record<string, readonly [RefusalReason, string]>>} by reason of the end of a connection, or code of an error */
const FINAL = {
  UID_CONFLICT: ['uid_taken', 'another one is in the channel with the uid of the recorder'],
  TOKEN_EXPIRE: ['token_expired', 'the token has expired'],
  UID_BANNED: ['token_invalid', 'the uid of the recorder is banned'],
  IP_BANNED: ['token_invalid', 'the address of the recorder is banned'],
  CHANNEL_BANNED: ['token_invalid', 'the channel is banned'],
};

/**
 * A channel of Agora's network, with the app id, name, token and uid of the call.
 *
 * @type {OpenChannel}
 */
export const open = (plan, events) => new AgoraChannel(plan, events);

/** @implements {Channel} */
class AgoraChannel {
  #plan;
  #told;
  #abort = new AbortController();
  /** @type {Promise<void> | undefined} */
  #stay;
  /** @type {IAgoraRTCClient | null} */
  #client = null;
  /** @type {ReadonlyMap<string, Wanted>} */
  #wanted = new Map();
  /** @type {Set<string>} `uid kind` of those that are being subscribed to, or not any more */
  #changing = new Set();

  /**
   * @param {ChannelPlan} plan
   * @param {ChannelEvents} events
   */
  constructor(plan, events) {
    this.#plan = plan;
    this.#told = new Told(events);
  }

  join() {
    AgoraRTC.setLogLevel(LOG_ERRORS);
    this.#stay = keepTrying(
      this.#abort.signal,
      (onJoined) => this.#stayOnce(onJoined),
      (error) => this.#fail(error),
      () => this.#left(),
    );
  }

  /** @param {ReadonlyMap<string, Wanted>} wanted */
  subscribe(wanted) {
    this.#wanted = wanted;
    this.#match();
  }

  async close() {
    this.#abort.abort();
    await this.#stay;
  }

  #left() {
    this.#told.onlyTracksOf(new Set());
    if (!this.#abort.signal.aborted) this.#told.joined(false);
  }

  /** @param {() => void} onJoined */
  async #stayOnce(onJoined) {
    const live = this.#plan.profile === 'live';
    const client = AgoraRTC.createClient({ mode: live ? 'live' : 'rtc', codec: 'vp8' });
    /** @type {PromiseWithResolvers<string>} */
    const over = Promise.withResolvers();
    const leave = () => over.resolve('LEAVE');
    this.#abort.signal.addEventListener('abort', leave);
    for (const change of CHANGES) client.on(change, () => this.#match());
    client.on('connection-state-change', (state, _, reason) => this.#move(state, reason, over.resolve));
    client.on('token-privilege-did-expire', () => over.resolve('TOKEN_EXPIRE'));
    client.on('crypt-error', () => this.#told.note('frames cannot be decrypted: another mode, secret or salt'));
    try {
      await Promise.race([this.#enter(client, live), over.promise]);
      if (this.#abort.signal.aborted) return;
      onJoined();
      this.#client = client;
      this.#changing = new Set();
      this.#told.joined(true);
      this.#match();
      this.#end(await over.promise);
    } finally {
      this.#abort.signal.removeEventListener('abort', leave);
      this.#client = null;
      client.removeAllListeners();
      await client.leave();
    }
  }

  /**
   * @param {IAgoraRTCClient} client
   * @param {boolean} live
   */
  async #enter(client, live) {
    const { appId, cname, token, uid, encryption } = this.#plan;
    if (live) await client.setClientRole('audience');
    if (encryption) {
      const salt = encryption.salt === null ? undefined : Uint8Array.from(atob(encryption.salt), byteOf);
      client.setEncryptionConfig(encryption.mode, encryption.secret, salt);
    }
    await client.join(appId, cname, token, Number(uid));
  }

  /**
   * @param {string} state
   * @param {ConnectionDisconnectedReason | undefined} reason
   * @param {(reason: string) => void} end
   */
  #move(state, reason, end) {
    if (state === 'DISCONNECTED') end(reason ?? 'UNKNOWN');
    if (this.#client) this.#told.joined(state === 'CONNECTED');
  }

  /** @param {string} reason */
  #end(reason) {
    if (this.#abort.signal.aborted) return;
    const final = FINAL[reason];
    if (final) this.#refuse(...final);
    else this.#told.note(`the channel was left: ${reason}`);
  }

  /** @param {unknown} error of a try to join */
  #fail(error) {
    const final = refusalOf(error);
    if (final) this.#refuse(...final);
    else this.#told.note(`Agora cannot be reached: ${messageOf(error)}`);
  }

  /**
   * @param {RefusalReason} reason
   * @param {string} detail
   */
  #refuse(reason, detail) {
    this.#told.refused(reason, detail);
    this.#abort.abort();
  }

  /** Tells who is there, and subscribes to what is wanted of them. */
  #match() {
    const client = this.#client;
    if (!client) return;
    // In the order in which they came; of a live channel only hosts.
    const users = client.remoteUsers;
    this.#told.users(
      users.map(({ uid, hasAudio: audio, hasVideo: video }) => {
        const role = this.#plan.profile === 'live' || audio || video ? 'host' : 'audience';
        return { uid: String(uid), role, audio, video };
      }),
    );
    this.#told.onlyTracksOf(new Set(users.map(({ uid }) => String(uid))));
    for (const user of users) for (const kind of KINDS) this.#matchKind(client, user, kind);
  }

  /**
   * @param {IAgoraRTCClient} client
   * @param {IAgoraRTCRemoteUser} user
   * @param {Kind} kind
   */
  #matchKind(client, user, kind) {
    const uid = String(user.uid);
    const published = kind === 'audio' ? user.hasAudio : user.hasVideo;
    const wanted = this.#wanted.get(uid)?.[kind] === true;
    const track = kind === 'audio' ? user.audioTrack : user.videoTrack;
    this.#told.track(uid, kind, (wanted && published && track?.getMediaStreamTrack()) || null);
    const name = `${uid} ${kind}`;
    if (!published || wanted === (track !== undefined) || this.#changing.has(name)) return;
    const changing = this.#changing.add(name);
    const change = wanted ? this.#receive(client, user, kind) : client.unsubscribe(user, kind);
    const { signal } = this.#abort;
    void change
      .catch(async (error) => {
        this.#told.note(`the ${kind} of user ${uid} cannot be had: ${messageOf(error)}`);
        await pause(RETRY_MS, signal);
      })
      .finally(() => {
        changing.delete(name);
        this.#match();
      });
  }

  /**
   * @param {IAgoraRTCClient} client
   * @param {IAgoraRTCRemoteUser} user
   * @param {Kind} kind
   */
  async #receive(client, user, kind) {
    if (kind === 'audio') return void (await client.subscribe(user, 'audio'));
    if (this.#plan.lowStream) await client.setRemoteVideoStreamType(user.uid, LOW_STREAM);
    const track = await client.subscribe(user, 'video');
    // Another one after a reconnection.
    track.on('track-updated', () => this.#match());
  }
}

/**
 * @param {unknown} error
 * @returns {readonly [RefusalReason, string] | undefined}
 */
function refusalOf(error) {
  const { code = '' } = /** @type {{ code?: string }} */ (error);
  if (FINAL[code]) return FINAL[code];
  const message = messageOf(error);
  if (/dynamic key (expired|or token timeout)/i.test(message)) return ['token_expired', message];
  if (/invalid token|static key|use dynamic key|invalid vendor key/i.test(message)) return ['token_invalid', message];
  return undefined;
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {string} character */
function byteOf(character) {
  return character.charCodeAt(0);
}
