import type { Readable } from 'node:stream';

/** An object to be stored. The body is read once per attempt, from the disk or from another store. */
export interface StoredObject {
  /** Full key: prefix and file name, joined by `/`. */
  readonly key: string;
  readonly bytes: number;
  readonly contentType: string;
  /** A fresh stream at each call. */
  readonly open: () => Readable | Promise<Readable>;
}

/**
 * One bucket or container of one vendor, with its credentials. All methods throw `StoreError`, or the reason of a signal that
 * ended them; memory stays flat whatever the size of an object.
 */
export interface Store extends Disposable {
  /** `https://host/bucket`, for logs and errors: no secret in it. */
  readonly place: string;
  /**
   * Resolves once the store has confirmed. An earlier, unfinished upload of this key is given up first. What opening or reading
   * the body throws is thrown as it is; so is an Error when it is not as long as it says.
   */
  put(object: StoredObject, signal: AbortSignal): Promise<void>;
  /** Reading may pause for any time. The stream fails with a StoreError. */
  get(key: string, signal: AbortSignal): Promise<Readable>;
  /** An object that is not there counts as removed. */
  remove(key: string, signal: AbortSignal): Promise<void>;
  /** Finds out whether bucket and credentials are right, without leaving anything behind. */
  probe(signal: AbortSignal): Promise<void>;
}
