// @ts-check

const MOST_PER_MINUTE = 30;
const MINUTE_MS = 60_000;

/** Lines for the log, without secrets, and not too many. */
export class Notes {
  #tell;
  #minute = 0;
  #count = 0;

  /** @param {(text: string) => void} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  /** @param {string} text */
  add(text) {
    const minute = Math.floor(performance.now() / MINUTE_MS);
    if (minute !== this.#minute) this.#count = 0;
    this.#minute = minute;
    this.#count += 1;
    if (this.#count <= MOST_PER_MINUTE) this.#tell(withoutQueries(text));
  }

  /**
   * What fails is told, and nothing else fails with it.
   * @param {string} what
   * @param {() => unknown} act
   */
  guard(what, act) {
    try {
      act();
    } catch (error) {
      this.add(`${what}: ${error}`);
    }
  }
}

/**
 * Addresses keep nothing that may be secret: no user, no password, no query.
 * @param {string} text
 */
export function withoutQueries(text) {
  return text.replace(/\b([a-z][a-z+.-]*:\/\/)(?:[^\s/?#@]*@)?([^\s?#]*)[^\s]*/gi, '$1$2');
}
