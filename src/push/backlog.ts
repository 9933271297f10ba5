import type { Sample } from './sample.ts';

/** What may wait for a slow server. */
const MOST_MS = 5000;
const MOST_BYTES = 16 << 20;

/**
 * What one server has not taken yet. It begins with a key frame; when too much waits, all before the latest key frame is left
 * out, so that a slow server loses frames and costs no memory.
 */
export class Backlog {
  #waiting: Sample[] = [];
  #bytes = 0;
  /** Nothing is taken before a key frame: it could not be decoded. */
  #begun = false;

  push(sample: Sample): void {
    this.#begun ||= sample.key;
    if (!this.#begun) return;
    this.#waiting.push(sample);
    this.#bytes += sample.body.length;
    if (this.#isFull()) this.#leaveOut();
  }

  shift(): Sample | null {
    const first = this.#waiting.shift() ?? null;
    this.#bytes -= first?.body.length ?? 0;
    return first;
  }

  /** For a new connection. */
  clear(): void {
    this.#waiting = [];
    this.#bytes = 0;
    this.#begun = false;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  #isFull(): boolean {
    const span = (this.#waiting.at(-1)?.ms ?? 0) - (this.#waiting[0]?.ms ?? 0);
    return span > MOST_MS || this.#bytes > MOST_BYTES;
  }

  #leaveOut(): void {
    const key = this.#waiting.findLastIndex((sample) => sample.key);
    if (key <= 0) {
      this.clear();
      return;
    }
    this.#waiting = this.#waiting.slice(key);
    this.#bytes = this.#waiting.reduce((sum, { body }) => sum + body.length, 0);
  }
}
