/**
 * Tells when something has been amiss at so many looks in a row. Looks are counted, not seconds: on a machine that stands
 * still, or has too much to do, the one who looks is late too, and nobody is blamed for it.
 */
export class Patience {
  readonly #looks: number;
  #amiss = 0;

  constructor(looks: number) {
    this.#looks = looks;
  }

  /** @returns true at the look with which patience ends; then it begins anew. */
  look(amiss: boolean): boolean {
    this.#amiss = amiss ? this.#amiss + 1 : 0;
    if (this.#amiss < this.#looks) return false;
    this.#amiss = 0;
    return true;
  }
}
