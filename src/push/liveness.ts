/** A server that takes nothing, or answers nothing, for so long is lost, whatever its connection says. */
const SILENT_MS = 10_000;
const ASK_MS = 5000;

/**
 * Whether the server is still there. One that hangs, and a network that swallows everything, close nothing; what is sent
 * goes into the buffers of both machines. A stream of few bits takes minutes to fill them, so the server is asked too
 * ("ping"). Publishers are not bound to ask, nor servers to answer them: one that leaves the first question unanswered is
 * not asked again, and judged by what it takes.
 *
 * All times are of one monotonic clock, in milliseconds.
 */
export class Liveness {
  /** Bytes that the system has not taken yet. */
  #waiting = 0;
  /** When it took some, or there was nothing to take. */
  #takenMs: number;
  /** When anything came from the server. */
  #heardMs: number;
  #askedMs = Number.NEGATIVE_INFINITY;
  #asked = 0;
  #answered = 0;

  constructor(nowMs: number) {
    this.#takenMs = nowMs;
    this.#heardMs = nowMs;
  }

  waits(bytes: number, nowMs: number): void {
    if (this.#waiting === 0) this.#takenMs = nowMs;
    this.#waiting += bytes;
  }

  takes(bytes: number, nowMs: number): void {
    this.#waiting -= bytes;
    this.#takenMs = nowMs;
  }

  hears(nowMs: number): void {
    this.#heardMs = nowMs;
  }

  asks(nowMs: number): void {
    this.#asked += 1;
    this.#askedMs = nowMs;
  }

  answers(): void {
    this.#answered = this.#asked;
  }

  /** It is time to ask. */
  isDue(nowMs: number): boolean {
    return this.#answered === this.#asked && nowMs - this.#askedMs >= ASK_MS;
  }

  /** @returns why the server must be taken for lost, or null. */
  verdict(nowMs: number): string | null {
    const seconds = SILENT_MS / 1000;
    // As long as a server takes something, however slowly, a question waits its turn behind the media.
    if (this.#waiting > 0) {
      return nowMs - this.#takenMs > SILENT_MS ? `it has taken nothing for ${seconds} s` : null;
    }
    const unanswered = this.#answered > 0 && this.#answered < this.#asked;
    const sinceMs = Math.max(this.#askedMs, this.#heardMs);
    return unanswered && nowMs - sinceMs > SILENT_MS ? `it has answered nothing for ${seconds} s` : null;
  }
}
