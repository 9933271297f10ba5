import { classify } from './classify.ts';
import { StoreError } from './store-error.ts';

/** The calls of one store: each ends with the caller's signal or with the store, and fails as a StoreError. */
export class Calls implements Disposable {
  readonly #place: string;
  readonly #closed = new AbortController();

  constructor(place: string) {
    this.#place = place;
  }

  /** @throws StoreError; the signal's reason when that ended it */
  async run<T>(signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return await this.#run(signal, call, false);
  }

  /** The same for the first call of a store: what fails has never worked. */
  async probe<T>(signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return await this.#run(signal, call, true);
  }

  [Symbol.dispose](): void {
    this.#closed.abort(new StoreError('unreachable', `${this.#place} is no longer used`));
  }

  async #run<T>(signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>, probing: boolean): Promise<T> {
    const ended = AbortSignal.any([signal, this.#closed.signal]);
    try {
      ended.throwIfAborted();
      return await call(ended);
    } catch (error) {
      ended.throwIfAborted();
      if (error instanceof StoreError) throw error;
      throw classify(error, { place: this.#place, probing });
    }
  }
}
