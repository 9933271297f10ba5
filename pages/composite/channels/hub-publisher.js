// @ts-check
import { Reception } from './hub-reception.js';
import { KINDS } from './told.js';

/** @import { Wanted } from '../../types.ts' */
/** @import { ReceptionOrder } from './hub-reception.js' */
/** @import { Kind } from './told.js' */

/** @typedef {Pick<ReceptionOrder, 'endpoint' | 'token' | 'encryption' | 'onFailure'>} PublisherPlace */

/** What is received of one publisher. While that changes, what was received before goes on until the other has come. */
export class Publisher {
  #place;
  #onTrack;
  #publication = '';
  /** @type {Wanted} */
  #wanted = { audio: false, video: false };
  /** @type {Reception | null} */
  #current = null;
  /** @type {Reception | null} */
  #next = null;

  /**
   * @param {PublisherPlace} place
   * @param {(kind: Kind, track: MediaStreamTrack | null) => void} onTrack
   */
  constructor(place, onTrack) {
    this.#place = place;
    this.#onTrack = onTrack;
  }

  /**
   * @param {string} publication another one: what was received is over
   * @param {Wanted} wanted sound, picture, or both
   */
  receive(publication, wanted) {
    const { audio, video } = this.#wanted;
    if (publication === this.#publication && wanted.audio === audio && wanted.video === video) return;
    this.#publication = publication;
    this.#wanted = wanted;
    for (const kind of KINDS) if (!wanted[kind]) this.#onTrack(kind, null);
    this.#current?.retire();
    void this.#next?.close();
    const onTracks = (/** @type {readonly MediaStreamTrack[]} */ tracks) => this.#take(next, tracks);
    const next = new Reception({ ...this.#place, wanted, takesOver: this.#current !== null, onTracks });
    this.#next = next;
    next.start();
  }

  /** @returns {Promise<void>} */
  async close() {
    const open = [this.#current, this.#next];
    this.#current = null;
    this.#next = null;
    for (const kind of KINDS) this.#onTrack(kind, null);
    await Promise.all(open.map((reception) => reception?.close()));
  }

  /**
   * @param {Reception} reception
   * @param {readonly MediaStreamTrack[]} tracks
   */
  #take(reception, tracks) {
    if (reception === this.#next) {
      void this.#current?.close();
      this.#current = reception;
      this.#next = null;
    }
    if (reception !== this.#current) return;
    for (const kind of KINDS) {
      this.#onTrack(kind, (this.#wanted[kind] && tracks.find((track) => track.kind === kind)) || null);
    }
  }
}
