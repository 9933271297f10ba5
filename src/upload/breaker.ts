/**
 * Keeps attempts away from what has just failed: none while it waits, then one at a time, until one succeeds. Times are those
 * of one clock, in milliseconds.
 */
export class Breaker {
  #failures = 0;
  #since: number | null = null;
  #closedUntil = 0;
  #trial = false;

  /** Since when nothing has succeeded; null: nothing has failed since the last success. */
  get failingSince(): number | null {
    return this.#since;
  }

  allows(now: number): boolean {
    return this.#failures === 0 || (!this.#trial && now >= this.#closedUntil);
  }

  /** An attempt begins; each is ended by `left`, after what it told. */
  entered(): void {
    this.#trial = this.#failures > 0;
  }

  left(): void {
    this.#trial = false;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#since = null;
  }

  /** @param waitAfter milliseconds to wait after so many failures in a row */
  failed(now: number, waitAfter: (failures: number) => number): void {
    // Attempts that ran side by side tell of one failure, not of several.
    if (this.#failures > 0 && now < this.#closedUntil) return;
    this.#failures += 1;
    this.#since ??= now;
    this.#closedUntil = now + waitAfter(this.#failures);
  }
}
