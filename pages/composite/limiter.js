// @ts-check

/** One decibel below full scale: what is encoded with loss comes out a little louder in places. */
export const CEILING = 10 ** (-1 / 20);
const LOOK_AHEAD_S = 0.005;
/** In this time two thirds of what was taken away come back. */
const RELEASE_S = 0.1;
/** Anything louder is no sound but a fault. */
const ABSURD = 1e4;
/** Gains are multiples of this, so that their running sum is exact and a gain of one comes back to be exactly one. */
const STEP = 2 ** -24;
const LEAST_RELEASE = 2 ** -20;

/**
 * Keeps a stereo sound at or below the ceiling, without clipping: it looks ahead, and is quieter by the time the peak comes. What
 * is quiet enough passes bit by bit, late by `delay` samples.
 *
 * The gain that each sample needs is held over the look-ahead (a sliding minimum), let go slowly, and averaged over the
 * look-ahead. Each average that reaches a sample is made of gains that hold for this very sample, so it is low enough.
 */
export class Limiter {
  /** How much later a sample comes out, in samples. */
  delay;
  #span;
  #release;
  /** Ring buffers over the look-ahead, all with the same place. */
  #left;
  #right;
  #gains;
  #place = 0;
  #sum;
  #held = 1;
  /** The sliding minimum: places in time with their gains, each larger than the one before. A ring, too. */
  #minima;
  #minimumTimes;
  #first = 0;
  #count = 0;
  #time = 0;

  /** @param {number} rate samples per second */
  constructor(rate) {
    const span = Math.round(rate * LOOK_AHEAD_S);
    this.delay = span - 1;
    this.#span = span;
    this.#release = 1 / (rate * RELEASE_S);
    this.#left = new Float32Array(span);
    this.#right = new Float32Array(span);
    this.#gains = new Float64Array(span).fill(1);
    this.#sum = span;
    this.#minima = new Float64Array(span);
    this.#minimumTimes = new Float64Array(span);
  }

  /**
   * In place.
   * @param {Float32Array} left
   * @param {Float32Array} right
   */
  process(left, right) {
    for (let i = 0; i < left.length; i += 1) {
      const peak = Math.max(Math.abs(at(left, i)), Math.abs(at(right, i)));
      // Written so that it holds for what is not a number, too.
      const sound = peak < ABSURD;
      const gain = this.#gainFor(sound && peak > CEILING ? CEILING / peak : 1);
      const place = this.#place;
      this.#left[place] = sound ? at(left, i) : 0;
      this.#right[place] = sound ? at(right, i) : 0;
      this.#place = place + 1 === this.#span ? 0 : place + 1;
      left[i] = at(this.#left, this.#place) * gain;
      right[i] = at(this.#right, this.#place) * gain;
    }
  }

  /** @param {number} wanted gain of the latest sample @returns {number} gain of the sample that is due */
  #gainFor(wanted) {
    const least = this.#least(wanted);
    const released = this.#held + Math.max((1 - this.#held) * this.#release, LEAST_RELEASE);
    this.#held = Math.floor(Math.min(least, released) / STEP) * STEP;
    this.#sum += this.#held - at(this.#gains, this.#place);
    this.#gains[this.#place] = this.#held;
    return this.#sum / this.#span;
  }

  /** @param {number} gain @returns {number} the smallest of the latest `span` gains */
  #least(gain) {
    const span = this.#span;
    while (this.#count > 0 && at(this.#minima, (this.#first + this.#count - 1) % span) >= gain) this.#count -= 1;
    if (this.#count > 0 && at(this.#minimumTimes, this.#first) <= this.#time - span) {
      this.#first = (this.#first + 1) % span;
      this.#count -= 1;
    }
    const last = (this.#first + this.#count) % span;
    this.#minima[last] = gain;
    this.#minimumTimes[last] = this.#time;
    this.#count += 1;
    this.#time += 1;
    return at(this.#minima, this.#first);
  }
}

/**
 * @param {Float32Array | Float64Array} samples
 * @param {number} i within them
 */
function at(samples, i) {
  return /** @type {number} */ (samples[i]);
}
