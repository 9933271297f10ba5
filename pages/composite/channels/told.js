// @ts-check
/** @import { ChannelUser, RefusalReason } from '../../../src/recording/channel.ts' */
/** @import { ChannelEvents } from '../../types.ts' */

/** @typedef {'audio' | 'video'} Kind */

/** @type {readonly Kind[]} */
export const KINDS = ['audio', 'video'];

/** What a channel has told: what is told again is left out, and after a refusal everything. */
export class Told {
  #events;
  #joined = false;
  #refused = false;
  #users = '[]';
  #note = '';
  /** @type {Map<string, Partial<Record<Kind, MediaStreamTrack>>>} */
  #tracks = new Map();

  /** @param {ChannelEvents} events */
  constructor(events) {
    this.#events = events;
  }

  /** @param {boolean} joined */
  joined(joined) {
    if (joined === this.#joined || this.#refused) return;
    this.#joined = joined;
    this.#events.onJoined(joined);
  }

  /** @param {readonly ChannelUser[]} users */
  users(users) {
    const text = JSON.stringify(users);
    if (text === this.#users || this.#refused) return;
    this.#users = text;
    this.#events.onUsers(users);
  }

  /**
   * @param {string} uid
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track
   */
  track(uid, kind, track) {
    const tracks = this.#tracks.get(uid) ?? {};
    if ((tracks[kind] ?? null) === track) return;
    if (track) tracks[kind] = track;
    else delete tracks[kind];
    if (KINDS.some((one) => tracks[one])) this.#tracks.set(uid, tracks);
    else this.#tracks.delete(uid);
    this.#events.onTrack(uid, kind, track);
  }

  /**
   * All tracks of other users are gone.
   *
   * @param {ReadonlySet<string>} uids
   */
  onlyTracksOf(uids) {
    for (const uid of [...this.#tracks.keys()]) {
      if (!uids.has(uid)) for (const kind of KINDS) this.track(uid, kind, null);
    }
  }

  /**
   * @param {RefusalReason} reason
   * @param {string} detail
   */
  refused(reason, detail) {
    if (this.#refused) return;
    this.joined(false);
    this.#refused = true;
    this.#events.onRefused(reason, detail);
  }

  /** @param {string} text */
  note(text) {
    if (text === this.#note) return;
    this.#note = text;
    this.#events.onNote(text);
  }
}
