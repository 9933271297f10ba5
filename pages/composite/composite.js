// @ts-check
/** @import { ChannelPlan, ChannelUser, FromChannelPage, LayoutPlan, Subscription } from '../../src/recording/channel.ts' */
/** @import { Channel, ChannelEvents, Guest, OpenChannel } from '../types.ts' */
import { guestsOf, inOrder } from './guests.js';
import { Mixer } from './mixer.js';
import { withoutQueries } from './notes.js';
import { Stage } from './stage.js';

/** @typedef {import('./notes.js').Notes} Notes */
/** @typedef {Partial<Record<'audio' | 'video', MediaStreamTrack>>} Tracks */

/** A channel, as it is recorded: who is in it, and what of them is seen and heard. */
export class Composite {
  #plan;
  #tell;
  #notes;
  #stage;
  #mixer;
  #subscription;
  /** @type {Channel | null} */
  #channel = null;
  /** @type {readonly ChannelUser[]} */
  #users = [];
  /** @type {Map<string, Tracks>} what the channel has given us, by uid */
  #tracks = new Map();
  #wanted = '';

  /**
   * The background is there when this returns.
   * @param {ChannelPlan} plan
   * @param {{ readonly width: number, readonly height: number }} size
   * @param {(message: FromChannelPage) => void} tell
   * @param {Notes} notes
   */
  constructor(plan, size, tell, notes) {
    this.#plan = plan;
    this.#tell = tell;
    this.#notes = notes;
    this.#subscription = plan.subscription;
    /** @param {string} text */
    const onNote = (text) => notes.add(text);
    /** @param {'audio' | 'video'} kind */
    const teller =
      (kind) => (/** @type {string} */ uid, /** @type {boolean} */ receiving, /** @type {number} */ atMs) =>
        tell({ type: 'stream', uid, kind, receiving, atMs });
    this.#stage = new Stage(size, plan.layout, { onReceiving: teller('video'), onNote });
    this.#mixer = new Mixer(plan.maxUsers, { onReceiving: teller('audio'), onNote });
  }

  /** @param {OpenChannel} open */
  join(open) {
    this.#channel = open(this.#plan, this.#channelEvents());
    this.#channel.join();
    this.#apply();
  }

  /** @param {LayoutPlan} layout */
  setLayout(layout) {
    this.#stage.setLayout(layout);
  }

  /** @param {Subscription} subscription */
  setSubscription(subscription) {
    this.#subscription = subscription;
    this.#apply();
  }

  /** @returns {ChannelEvents} */
  #channelEvents() {
    return {
      onJoined: (joined) => this.#tell({ type: 'joined', joined }),
      onUsers: (users) => {
        this.#users = inOrder(this.#users, users);
        this.#tell({ type: 'users', users: this.#users });
        this.#apply();
      },
      onTrack: (uid, kind, track) => {
        this.#keep(uid, kind, track);
        this.#apply();
      },
      onRefused: (reason, detail) => this.#tell({ type: 'refused', reason, detail: withoutQueries(detail) }),
      onNote: (text) => this.#notes.add(text),
    };
  }

  /**
   * @param {string} uid
   * @param {'audio' | 'video'} kind
   * @param {MediaStreamTrack | null} track
   */
  #keep(uid, kind, track) {
    const tracks = { ...this.#tracks.get(uid) };
    if (track) tracks[kind] = track;
    else delete tracks[kind];
    if (tracks.audio || tracks.video) this.#tracks.set(uid, tracks);
    else this.#tracks.delete(uid);
  }

  /** Brings what is seen, what is heard and what is asked for in line with what is known; one that fails does not stop the others. */
  #apply() {
    const guests = guestsOf(this.#users, this.#subscription, this.#plan.maxUsers);
    this.#forgetOthers(guests);
    this.#notes.guard('picture', () => this.#stage.setGuests(guests, (uid) => this.#tracks.get(uid)?.video ?? null));
    this.#notes.guard('sound', () => this.#hear(guests));
    // Last: who is not wanted any more fades out while the sound is still there.
    this.#notes.guard('subscription', () => this.#subscribe(guests));
  }

  /** @param {readonly Guest[]} guests */
  #hear(guests) {
    const heard = guests.filter(({ wanted }) => wanted.audio);
    if (heard.length > 0) this.#mixer.prepare();
    this.#mixer.keep((uid) => heard.some(({ user }) => user.uid === uid));
    for (const { user } of heard) this.#mixer.set(user.uid, this.#tracks.get(user.uid)?.audio ?? null, user.audio);
  }

  /** @param {readonly Guest[]} guests */
  #subscribe(guests) {
    const wanted = guests.map(({ user, wanted }) => /** @type {const} */ ([user.uid, wanted]));
    const text = JSON.stringify(wanted);
    if (text === this.#wanted || !this.#channel) return;
    this.#wanted = text;
    this.#channel.subscribe(new Map(wanted));
  }

  /** Tracks of those who are not recorded come anew when they are. @param {readonly Guest[]} guests */
  #forgetOthers(guests) {
    const wanted = new Map(guests.map(({ user, wanted }) => [user.uid, wanted]));
    for (const uid of this.#tracks.keys()) {
      if (!wanted.get(uid)?.audio) this.#keep(uid, 'audio', null);
      if (!wanted.get(uid)?.video) this.#keep(uid, 'video', null);
    }
  }
}
