// @ts-check

const LATE_S = 0.0053;
const FADE_IN_S = 0.01;
/** So many samples of exact silence in a row are an edge; a gap in a signal that crosses zero is shorter. */
const SILENCE = 32;

/**
 * Takes the clicks off one user's sound: where it sets in it fades in, and where it breaks off it fades out, whatever the
 * reason (joining, leaving, muting, an unsubscription, a gap in the stream). To know of a break before it comes, everything goes
 * through late by `delay` samples. In between, the sound passes bit by bit.
 */
export class Edges {
  /** How much later a sample comes out, in samples. */
  delay;
  #left;
  #right;
  #place = 0;
  #rising;
  #falling;
  /** Samples of silence in a row, and samples since the sound has set in. */
  #silent;
  #risen;

  /** @param {number} rate samples per second */
  constructor(rate) {
    const size = Math.round(rate * LATE_S);
    this.delay = size - 1;
    this.#left = new Float32Array(size);
    this.#right = new Float32Array(size);
    this.#rising = slope(Math.round(rate * FADE_IN_S));
    this.#falling = slope(size - SILENCE);
    this.#silent = size;
    this.#risen = this.#rising.length;
  }

  /**
   * Adds the sound to what is there already.
   * @param {Float32Array | undefined} fromLeft undefined: silence
   * @param {Float32Array | undefined} fromRight
   * @param {Float32Array} left
   * @param {Float32Array} right
   */
  addTo(fromLeft, fromRight, left, right) {
    if (!fromLeft && this.#silent > this.#left.length) return;
    for (let i = 0; i < left.length; i += 1) {
      this.#take(fromLeft?.[i] ?? 0, fromRight?.[i] ?? 0);
      // The oldest is where the next one will be written.
      left[i] = (left[i] ?? 0) + (this.#left[this.#place] ?? 0);
      right[i] = (right[i] ?? 0) + (this.#right[this.#place] ?? 0);
    }
  }

  /**
   * @param {number} left
   * @param {number} right
   */
  #take(left, right) {
    if (left === 0 && right === 0) this.#silent += 1;
    else {
      if (this.#silent >= SILENCE) this.#risen = 0;
      this.#silent = 0;
    }
    const gain = this.#risen < this.#rising.length ? (this.#rising[this.#risen++] ?? 1) : 1;
    this.#left[this.#place] = left * gain;
    this.#right[this.#place] = right * gain;
    if (this.#silent === SILENCE) this.#fall();
    this.#place = this.#place + 1 === this.#left.length ? 0 : this.#place + 1;
  }

  /** Fades out what came before the silence, as far as it has not been given out. */
  #fall() {
    const size = this.#left.length;
    for (const [i, gain] of this.#falling.entries()) {
      const place = (this.#place - SILENCE - i + 2 * size) % size;
      this.#left[place] = (this.#left[place] ?? 0) * gain;
      this.#right[place] = (this.#right[place] ?? 0) * gain;
    }
  }
}

/**
 * From almost nothing to almost all.
 * @param {number} length
 */
function slope(length) {
  return Float32Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((Math.PI * (i + 1)) / (length + 1)));
}
