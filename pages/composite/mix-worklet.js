// @ts-check
import { Edges } from './edges.js';
import { Limiter } from './limiter.js';

/**
 * Runs on Chromium's audio thread: the sum of all inputs, without clicks and without clipping. One input per user, in stereo.
 * Any message ends it, and is answered.
 */
class Mix extends AudioWorkletProcessor {
  #limiter = new Limiter(sampleRate);
  /** @type {Edges[]} */
  #users;
  #ends = false;

  /** @param {AudioWorkletNodeOptions} options */
  constructor(options) {
    super();
    this.port.onmessage = () => {
      this.#ends = true;
      this.port.postMessage('ended');
    };
    this.#users = Array.from({ length: options.numberOfInputs ?? 0 }, () => new Edges(sampleRate));
  }

  /**
   * @param {Float32Array[][]} inputs
   * @param {Float32Array[][]} outputs one, in stereo, silent
   */
  process(inputs, outputs) {
    const left = outputs[0]?.[0];
    const right = outputs[0]?.[1];
    if (this.#ends || !left || !right) return !this.#ends;
    // Iterators would leave garbage to collect on this thread.
    for (let i = 0; i < this.#users.length; i += 1) this.#users[i]?.addTo(inputs[i]?.[0], inputs[i]?.[1], left, right);
    this.#limiter.process(left, right);
    return true;
  }
}

registerProcessor('mix', Mix);
