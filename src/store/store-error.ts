/**
 * What a failure of a store means for the caller: `configuration`: bucket, key, region or address are wrong, trying again is of
 * no use until they are changed. `refused`: the store answers, but does not take it now (throttled, 5xx, 403 of a known key).
 * `unreachable`: no answer: name, connection, time.
 */
export type StoreFailure = 'configuration' | 'refused' | 'unreachable';

interface StoreErrorDetails {
  readonly status?: number | null;
  readonly code?: string;
}

export class StoreError extends Error {
  readonly failure: StoreFailure;
  /** HTTP status, when the store answered. */
  readonly status: number | null;
  /** The store's own word for it (`NoSuchBucket`), or the network's (`ECONNREFUSED`); empty when there is none. */
  readonly code: string;

  /** @param message one sentence without secrets: what was expected, what came. */
  constructor(failure: StoreFailure, message: string, options: ErrorOptions & StoreErrorDetails = {}) {
    super(message, options);
    this.name = 'StoreError';
    this.failure = failure;
    this.status = options.status ?? null;
    this.code = options.code ?? '';
  }
}
