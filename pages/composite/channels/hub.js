// @ts-check
import { openE2ee } from '../../shared/e2ee.js';
import { RefusedError } from '../../shared/exchange.js';
import { followUsers } from '../../shared/hub-users.js';
import { keepTrying } from '../../shared/retries.js';
import { Publisher } from './hub-publisher.js';
import { Told } from './told.js';

/** @import { HubUser } from '../../../src/channel/hub.ts' */
/** @import { ChannelPlan, RefusalReason } from '../../../src/recording/channel.ts' */
/** @import { Channel, ChannelEvents, OpenChannel, Wanted } from '../../types.ts' */
/** @import { E2ee } from '../../shared/e2ee.js' */

/** @type {Readonly<Record<string, string>>} what the service ends a stay for, and no other try helps against */
const FINAL = {
  uid_taken: 'another one is in the channel with the uid of the recorder',
  token_expired: 'the token has expired',
};

/**
 * A channel of the hub of the service that this page is from.
 *
 * @type {OpenChannel}
 */
export const open = (plan, events) => new HubChannel(plan, events);

/** @implements {Channel} */
class HubChannel {
  #plan;
  #told;
  #base;
  #abort = new AbortController();
  /** @type {Promise<void> | undefined} */
  #stay;
  /** @type {ReadonlyMap<string, Wanted>} */
  #wanted = new Map();
  /** @type {readonly HubUser[]} */
  #users = [];
  /** @type {Map<string, Publisher>} */
  #publishers = new Map();
  /** @type {Promise<E2ee | void> | undefined} held for as long as it stays, so that one worker serves all publishers */
  #e2ee;

  /**
   * @param {ChannelPlan} plan
   * @param {ChannelEvents} events
   */
  constructor(plan, events) {
    this.#plan = plan;
    this.#told = new Told(events);
    const { appId, cname } = plan;
    this.#base = `${location.origin}/v1/apps/${encodeURIComponent(appId)}/channels/${encodeURIComponent(cname)}`;
  }

  join() {
    const { encryption } = this.#plan;
    if (encryption) {
      this.#e2ee = openE2ee(encryption, (text) => this.#told.note(text)).catch((error) =>
        this.#told.note(String(error)),
      );
    }
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
    this.#users = [];
    const open = [...this.#publishers.values()];
    this.#publishers.clear();
    await Promise.all([this.#stay, ...open.map((publisher) => publisher.close())]);
    (await this.#e2ee)?.close();
  }

  /** @param {() => void} onJoined */
  async #stayOnce(onJoined) {
    const { signal } = this.#abort;
    const { token, uid } = this.#plan;
    /** @param {readonly HubUser[]} users */
    const onUsers = (users) => {
      onJoined();
      this.#users = users;
      this.#told.joined(true);
      this.#told.users(users.map(({ uid, role, audio, video }) => ({ uid, role, audio, video })));
      this.#match();
    };
    const endpoint = `${this.#base}/users?uid=${uid}&role=recorder`;
    this.#end(await followUsers({ endpoint, token, signal, onUsers }));
  }

  #left() {
    if (!this.#abort.signal.aborted) this.#told.joined(false);
  }

  /** @param {string} why */
  #end(why) {
    const detail = FINAL[why];
    if (detail !== undefined) this.#refuse(/** @type {RefusalReason} */ (why), detail);
    else this.#told.note(`the list of users ended: ${why || 'the connection was closed'}`);
  }

  /** @param {unknown} error of a try to join, or to receive */
  #fail(error) {
    if (!(error instanceof RefusedError)) return this.#told.note(`the hub cannot be reached: ${error}`);
    if (error.status === 401) {
      return this.#refuse(error.code === 'token_expired' ? 'token_expired' : 'token_invalid', error.message);
    }
    // A publisher who left, of which the list of users will tell.
    if (error.status !== 404) this.#told.note(`the hub refused: ${error.message}`);
  }

  /**
   * @param {RefusalReason} reason
   * @param {string} detail
   */
  #refuse(reason, detail) {
    this.#told.refused(reason, detail);
    this.#abort.abort();
    this.#users = [];
    this.#match();
  }

  /** Receives those who are wanted and publish, and nobody else. */
  #match() {
    const publishing = new Map(this.#users.map((user) => [user.uid, user.publication]));
    for (const [uid, publisher] of this.#publishers) {
      if (isWanted(this.#wanted.get(uid)) && publishing.get(uid)) continue;
      this.#publishers.delete(uid);
      void publisher.close();
    }
    for (const [uid, publication] of publishing) {
      const wanted = this.#wanted.get(uid);
      if (isWanted(wanted) && publication) this.#publisherOf(uid).receive(publication, wanted);
    }
  }

  /** @param {string} uid */
  #publisherOf(uid) {
    const known = this.#publishers.get(uid);
    if (known) return known;
    const { token, encryption, lowStream } = this.#plan;
    const query = `uid=${this.#plan.uid}&role=recorder&layer=${lowStream ? 'low' : 'high'}`;
    const endpoint = `${this.#base}/whep/${uid}?${query}`;
    const onFailure = (/** @type {unknown} */ error) => this.#fail(error);
    const place = { endpoint, token, encryption, onFailure };
    const publisher = new Publisher(place, (kind, track) => this.#told.track(uid, kind, track));
    this.#publishers.set(uid, publisher);
    return publisher;
  }
}

/**
 * @param {Wanted | undefined} wanted
 * @returns {wanted is Wanted}
 */
function isWanted(wanted) {
  return wanted !== undefined && (wanted.audio || wanted.video);
}
