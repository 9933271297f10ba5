import type { Store } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import { Breaker } from './breaker.ts';
import { retryWait, type UploadTiming } from './timing.ts';

export interface TargetOptions {
  /** @throws StoreError when the order names no store that there can be */
  readonly open: () => Store;
  /** Of all places of the service, by `Store.place`: a store that is down is down for every recording. */
  readonly places: Map<string, Breaker>;
  readonly timing: UploadTiming;
  readonly now: () => number;
}

/** A store as the uploads of one recording use it: opened when it is first wanted, and left alone for a while when it fails. */
export class Target {
  readonly #options: TargetOptions;
  readonly #own = new Breaker();
  #store: Store | null = null;
  #uses = 0;
  #retired = false;

  constructor(options: TargetOptions) {
    this.#options = options;
  }

  /** May something be tried? */
  get available(): boolean {
    const now = this.#options.now();
    return this.#own.allows(now) && (this.#breakerOfPlace()?.allows(now) ?? true);
  }

  /** Since when nothing has succeeded here; null when nothing is wrong. */
  get failingSince(): number | null {
    return this.#own.failingSince ?? this.#breakerOfPlace()?.failingSince ?? null;
  }

  /** Works with the store, and learns from it how the store is. Throws what `work` throws. */
  async use<T>(work: (store: Store) => Promise<T>): Promise<T> {
    this.#uses += 1;
    const breakers = [this.#own];
    try {
      const store = this.#opened();
      breakers.push(this.#place(store));
      for (const breaker of breakers) breaker.entered();
      const result = await work(store);
      for (const breaker of breakers) breaker.succeeded();
      return result;
    } catch (error) {
      if (error instanceof StoreError) this.#failed(error);
      throw error;
    } finally {
      for (const breaker of breakers) breaker.left();
      this.#uses -= 1;
      this.#closeIfRetired();
    }
  }

  /** Closes the store, now or when the last use of it is over. */
  retire(): void {
    this.#retired = true;
    this.#closeIfRetired();
  }

  #failed(error: StoreError): void {
    const { timing, now } = this.#options;
    const place = this.#breakerOfPlace();
    if (isOfPlace(error)) {
      (place ?? this.#own).failed(now(), (failures) => retryWait(timing, failures));
      return;
    }
    // Whatever it refuses, it has answered.
    place?.succeeded();
    this.#own.failed(now(), (failures) =>
      error.failure === 'configuration' ? timing.retryConfigurationMs : retryWait(timing, failures),
    );
  }

  #opened(): Store {
    this.#store ??= this.#options.open();
    return this.#store;
  }

  #breakerOfPlace(): Breaker | null {
    try {
      return this.#place(this.#opened());
    } catch {
      // Told by the next use.
      return null;
    }
  }

  #place({ place }: Store): Breaker {
    const known = this.#options.places.get(place);
    if (known !== undefined) return known;
    const breaker = new Breaker();
    this.#options.places.set(place, breaker);
    return breaker;
  }

  #closeIfRetired(): void {
    if (!this.#retired || this.#uses > 0) return;
    this.#store?.[Symbol.dispose]();
    this.#store = null;
  }
}

/** Not a matter of these credentials or this object: the store is away or has too much to do. */
function isOfPlace({ failure, status }: StoreError): boolean {
  return failure === 'unreachable' || status === 429 || (status !== null && status >= 500);
}
