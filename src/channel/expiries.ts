/** The longest that a timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What is to end when tokens expire. */
export class Expiries implements Disposable {
  readonly #now: () => number;
  readonly #timers = new Map<string | symbol, NodeJS.Timeout>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * @param atMs UTC; null, like a time in some weeks, never comes
   * @param name for `forget`
   * @returns forgets it when disposed of
   */
  at(atMs: number | null, end: () => void, name: string | symbol = Symbol('expiry')): Disposable {
    const waitMs = atMs === null ? Number.POSITIVE_INFINITY : Math.max(0, atMs - this.#now());
    if (waitMs <= MAX_TIMER_MS) {
      const timer = setTimeout(() => {
        this.#timers.delete(name);
        end();
      }, waitMs);
      this.#timers.set(name, timer.unref());
    }
    return { [Symbol.dispose]: () => this.forget(name) };
  }

  forget(name: string | symbol): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  [Symbol.dispose](): void {
    for (const name of this.#timers.keys()) this.forget(name);
  }
}
