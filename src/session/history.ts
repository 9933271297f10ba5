import type { UtcMs } from '../types.ts';

/** Something that happened to a recording, for those who look into what went wrong. */
export interface HistoryEntry {
  readonly atMs: UtcMs;
  readonly text: string;
}

/** Enough for any recording that can be understood by reading; the first ones say how it began. */
const FIRST = 100;
const LAST = 400;

/** What happened, in order: the first and the last entries of a long list. */
export class History {
  readonly #first: HistoryEntry[] = [];
  readonly #last: HistoryEntry[] = [];

  note(text: string): void {
    const entry = { atMs: Date.now(), text };
    if (this.#first.length < FIRST) this.#first.push(entry);
    else this.#last.push(entry);
    if (this.#last.length > LAST) this.#last.shift();
  }

  get entries(): readonly HistoryEntry[] {
    return [...this.#first, ...this.#last];
  }
}
