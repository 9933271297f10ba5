// @ts-check
/** @import { Mix } from './mix.js' */
import { utcMs } from './clock.js';
import { Onset } from './onset.js';

/** One track that is heard. */
export class Voice {
  track;
  /** Of the mix. */
  input;
  #stream;
  #element;
  #onReceiving;
  /** @type {MediaStreamAudioSourceNode | null} */
  #source = null;
  #sending = false;
  #receiving = false;
  /** @type {Onset | null} */
  #onset = null;

  /**
   * @param {MediaStreamTrack} track
   * @param {number} input of the mix
   * @param {(receiving: boolean, atMs: number) => void} onReceiving it is heard from this moment on, or not any more; UTC ms
   */
  constructor(track, input, onReceiving) {
    this.track = track;
    this.input = input;
    this.#stream = new MediaStream([track]);
    this.#element = pulling(this.#stream);
    this.#onReceiving = onReceiving;
  }

  /** @param {Mix} mix takes the place of the one before, which fades by itself */
  playTo(mix) {
    this.#source = mix.connect(this.#stream, this.input);
    this.#listen();
  }

  /** @param {boolean} sending whether the user sends sound at this time */
  setSending(sending) {
    if (sending === this.#sending) return;
    this.#sending = sending;
    if (!sending) this.#set(false, performance.now());
    this.#listen();
  }

  close() {
    this.setSending(false);
    this.#source?.disconnect();
    this.#element.pause();
    this.#element.srcObject = null;
  }

  /** Waits for the first sound, if that is what is to be waited for. */
  #listen() {
    this.#onset?.close();
    const waits = this.#sending && !this.#receiving && this.#source;
    this.#onset = waits ? new Onset(waits, (ms) => this.#set(true, ms)) : null;
  }

  /**
   * @param {boolean} receiving
   * @param {number} ms
   */
  #set(receiving, ms) {
    if (receiving === this.#receiving) return;
    this.#receiving = receiving;
    this.#onReceiving(receiving, utcMs(ms));
  }
}

/**
 * Chromium gives out the sound of a peer connection only as long as a media element plays it; for an AudioContext alone it stays
 * silent. https://issues.chromium.org/issues/40094084
 * @param {MediaStream} stream
 */
function pulling(stream) {
  const element = new Audio();
  element.muted = true;
  element.srcObject = stream;
  // Refused when the element is closed meanwhile.
  element.play().catch(() => {});
  return element;
}
