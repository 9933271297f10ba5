// @ts-check
import { utcMs } from './clock.js';
import { Picture } from './picture.js';

/** How long the last frame stays of a user who has stopped sending. */
const LAST_FRAME_MS = 3_500;
/** What was under way when a user stopped has arrived by then. */
const UNDER_WAY_MS = 500;

/** @typedef {object} LivePictureEvents
 * @property {(element: HTMLVideoElement) => void} onElement put it into the document, unseen
 * @property {() => void} onChange what is to be seen has changed
 * @property {(receiving: boolean, atMs: number) => void} onReceiving it can be seen from this moment on, or not any more; UTC ms
 */

/**
 * What is seen of one user who sends, stops, and sends by another track. A track is shown from its first frame on; until then what
 * was there before stays, so that nothing black is ever seen.
 */
export class LivePicture {
  #events;
  /** @type {Picture | null} has had a frame that may be seen */
  #shown = null;
  /** @type {Picture | null} waits for one */
  #next = null;
  /** @type {MediaStreamTrack | null} */
  #track = null;
  #sending = false;
  #receiving = false;
  #stoppedMs = Number.NEGATIVE_INFINITY;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {LivePictureEvents} events */
  constructor(events) {
    this.#events = events;
  }

  /** The live picture or the last frame; null when there has been none. */
  get element() {
    return this.#shown?.element ?? null;
  }

  /** It has been the last frame for so long that something else is to be seen, if there is anything. */
  get isOver() {
    return !this.#receiving && performance.now() - this.#stoppedMs >= LAST_FRAME_MS;
  }

  /**
   * @param {MediaStreamTrack | null} track null: it cannot be had
   * @param {boolean} sending whether the user sends a picture at this time
   */
  set(track, sending) {
    if (track !== this.#track) this.#expect(track);
    this.#sending = sending && track !== null;
    if (this.#sending) this.#look();
    else this.#stop();
  }

  /** Nothing of it is left. */
  clear() {
    this.set(null, false);
    clearTimeout(this.#timer);
    this.#shown?.close();
    this.#shown = null;
    this.#stoppedMs = Number.NEGATIVE_INFINITY;
  }

  /** @param {MediaStreamTrack | null} track */
  #expect(track) {
    this.#track = track;
    this.#shown?.freeze();
    this.#next?.close();
    this.#next = null;
    if (!track) return;
    this.#next = new Picture(track, () => this.#look());
    this.#events.onElement(this.#next.element);
    this.#next.watch();
  }

  /** Shows what there is to be shown; otherwise waits for the next frame. */
  #look() {
    const picture = this.#next ?? this.#shown;
    if (!picture || (picture === this.#shown && this.#receiving)) return;
    // Of the track that has stopped, a frame counts only when it is not one of those that were under way then.
    const since = picture === this.#shown ? this.#stoppedMs + UNDER_WAY_MS : Number.NEGATIVE_INFINITY;
    if (this.#sending && picture.frameMs > since) this.#show(picture);
    else picture.watch();
  }

  /** @param {Picture} picture */
  #show(picture) {
    if (picture !== this.#shown) {
      this.#shown?.close();
      this.#shown = picture;
      this.#next = null;
    }
    clearTimeout(this.#timer);
    const starts = !this.#receiving;
    this.#receiving = true;
    this.#events.onChange();
    if (starts) this.#events.onReceiving(true, utcMs(picture.frameMs));
  }

  #stop() {
    if (!this.#receiving) return;
    this.#receiving = false;
    this.#stoppedMs = performance.now();
    this.#timer = setTimeout(this.#events.onChange, LAST_FRAME_MS);
    this.#look();
    this.#events.onReceiving(false, utcMs(this.#stoppedMs));
  }
}
