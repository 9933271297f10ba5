/** A timer of Node's runs 24.8 days at most, a recording 30. */
const LONGEST_MS = 2 ** 30;

/** Calls once at a moment, however far away. */
export class Alarm {
  #timer: NodeJS.Timeout | undefined;

  /** @param ms UTC; Infinity: never. */
  at(ms: number, call: () => void): void {
    this.clear();
    const left = ms - Date.now();
    this.#timer =
      left > LONGEST_MS ? setTimeout(() => this.at(ms, call), LONGEST_MS) : setTimeout(call, Math.max(0, left));
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
