// @ts-check
import { Mix } from './mix.js';
import { Voice } from './voice.js';

const RETRY_MS = 1_000;
/** Inputs per user: one for the present track, one for what is left of the track before. */
const INPUTS_PER_USER = 2;
/** So many voices that are gone a mix carries along before another one takes over; in the middle of sound, and in a pause. */
const MOST_GONE = 100;
const MOST_GONE_IN_PAUSE = 8;

/** @typedef {object} MixerEvents
 * @property {(uid: string, receiving: boolean, atMs: number) => void} onReceiving this user is heard, or not any more; UTC ms
 * @property {(text: string) => void} onNote
 */

/**
 * All that is heard: the sum of all users, without clicks when somebody comes or goes (`edges.js`) and without clipping
 * (`limiter.js`).
 *
 * Chromium keeps each node that has ever played a stream for as long as its AudioContext lives. So the context is changed for
 * another one from time to time.
 */
export class Mixer {
  #events;
  #inputs;
  /** Inputs that nobody uses; the one that has been free for the longest time first. */
  #free;
  /** @type {Map<string, Voice>} */
  #voices = new Map();
  /** @type {Mix | null} */
  #mix = null;
  #isOpening = false;
  #gone = 0;

  /**
   * @param {number} most users at a time
   * @param {MixerEvents} events
   */
  constructor(most, events) {
    this.#events = events;
    this.#inputs = most * INPUTS_PER_USER;
    this.#free = Array.from({ length: this.#inputs }, (_, input) => input);
  }

  /** Gets ready for the first voice, who would have to wait otherwise. */
  prepare() {
    if (!this.#mix) void this.#renew();
  }

  /**
   * @param {string} uid
   * @param {MediaStreamTrack | null} track takes the place of the one before
   * @param {boolean} sending whether the user sends sound at this time
   */
  set(uid, track, sending) {
    if ((this.#voices.get(uid)?.track ?? null) !== track) this.#replace(uid, track);
    this.#voices.get(uid)?.setSending(sending);
  }

  /** @param {(uid: string) => boolean} isWanted all others are not heard any more */
  keep(isWanted) {
    for (const uid of this.#voices.keys()) if (!isWanted(uid)) this.#replace(uid, null);
  }

  /**
   * @param {string} uid
   * @param {MediaStreamTrack | null} track
   */
  #replace(uid, track) {
    const before = this.#voices.get(uid);
    if (before) this.#remove(uid, before);
    const input = track ? this.#free.shift() : undefined;
    if (!track || input === undefined) return;
    const voice = new Voice(track, input, (receiving, atMs) => this.#events.onReceiving(uid, receiving, atMs));
    this.#voices.set(uid, voice);
    if (this.#mix) voice.playTo(this.#mix);
    else this.prepare();
  }

  /**
   * @param {string} uid
   * @param {Voice} voice
   */
  #remove(uid, voice) {
    this.#voices.delete(uid);
    voice.close();
    this.#free.push(voice.input);
    this.#gone += 1;
    if (this.#gone >= (this.#voices.size > 0 ? MOST_GONE : MOST_GONE_IN_PAUSE)) void this.#renew();
  }

  /** Another mix in the place of the one there is. */
  async #renew() {
    if (this.#isOpening) return;
    this.#isOpening = true;
    const mix = await this.#open();
    this.#isOpening = false;
    void this.#mix?.retire();
    this.#mix = mix;
    this.#gone = 0;
    for (const voice of this.#voices.values()) voice.playTo(mix);
  }

  async #open() {
    for (;;) {
      try {
        return await Mix.open(this.#inputs, (what) => this.#failed(what));
      } catch (error) {
        this.#events.onNote(`the mixer cannot be loaded: ${error}`);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** @param {string} what */
  #failed(what) {
    this.#events.onNote(what);
    setTimeout(() => void this.#renew(), RETRY_MS);
  }
}
