import type { ReadyFile } from '../recording/link.ts';
import type { StorageOrder, UploadJob } from '../recording/storage.ts';

/** A recording whose files are to be stored, as it is kept. Its `StorageOrder` is kept sealed, and read apart. */
export interface SpooledJob extends Omit<UploadJob, 'storage'> {
  /** The recording is over: no further file will come. */
  readonly finished: boolean;
  /** All is stored, and nothing is left to do. */
  readonly done: boolean;
}

/** A file that stands whole in the recording's folder. */
export interface WholeFile extends Omit<ReadyFile, 'part'> {
  /** Null: not known. */
  readonly part: number | null;
  readonly bytes: number;
}

/** A file, and where there are copies of it: in the user's store, in the backup store, on the local disk. */
export interface SpooledObject extends WholeFile {
  readonly id: number;
  readonly inStore: boolean;
  readonly inBackup: boolean;
  readonly onDisk: boolean;
  /** Attempts at the user's store that failed. */
  readonly failures: number;
  /** When the first of them did; null also while only wrong settings are to blame. */
  readonly failedMs: number | null;
}

/**
 * What can be done for an object: send it from the disk to the user's store, put it into the backup store, hand it over from
 * there to the user's store, remove it from the backup store.
 */
export type Step = 'send' | 'back_up' | 'hand_over' | 'forget';

/** `playlist`: the part of the playlist that can be read in the user's store is sent there. */
export interface Work {
  readonly step: Step | 'playlist';
  readonly object: SpooledObject;
}

export interface StepQuery {
  readonly now: number;
  /** MP4s may be among them. */
  readonly mp4: boolean;
  readonly limit: number;
  /** For `back_up`: what failed first before this, or was taken up before that. */
  readonly failedBefore: number;
  readonly addedBefore: number;
}

/** Sums over the objects of a recording. */
export interface SpoolCounts {
  readonly stored: number;
  /** In the backup store, not in the user's. */
  readonly backedUp: number;
  /** On this machine only. */
  readonly waiting: number;
  readonly storedBytes: number;
  /** Of all that is not in the user's store. */
  readonly openBytes: number;
  /** When the oldest of them was taken up; null when there is none. */
  readonly oldestMs: number | null;
  readonly localCopies: number;
  readonly backupCopies: number;
}

/**
 * The written memory of all uploads. Synchronous on purpose: what was asked for is on the disk before anything else happens.
 * Times are milliseconds of the service's clock.
 */
export interface Spool extends Disposable {
  begin(job: UploadJob, now: number): void;
  job(sid: string): SpooledJob | null;
  /** All that are not done, the oldest first. */
  openJobs(): SpooledJob[];
  /** @throws RecorderError when it was sealed with another key */
  storageOf(sid: string): StorageOrder;
  /** Other credentials: everything may be tried at once, and told anew when they are wrong. */
  renew(sid: string, storage: StorageOrder): void;
  /** Takes up a file. One that is known is taken up anew when its size has changed; a playlist always is. */
  add(sid: string, file: WholeFile, now: number): void;
  /** The recording is over, and left these files. */
  finish(sid: string, files: readonly WholeFile[], now: number): void;
  object(sid: string, name: string): SpooledObject | null;
  /** Is it in the user's store? Null: not known of. */
  inStore(sid: string, name: string): boolean | null;
  /**
   * Objects for which this can be done: those that failed least first, so that one that never succeeds does not hold up the
   * others, then the oldest. A playlist is backed up and handed over after all else; `send` leaves it out, since it is sent
   * again and again.
   */
  ready(sid: string, step: Step, query: StepQuery): SpooledObject[];
  /** It is in the user's store with so many bytes. Without effect when another size was added meanwhile. */
  stored(object: SpooledObject, bytes: number): void;
  /** Likewise for the backup store. */
  backedUp(object: SpooledObject, bytes: number): void;
  forgotten(id: number): void;
  /** @param failedMs since when the store is to blame; null when the settings are. @param retryMs not to be tried before. */
  failed(id: number, failedMs: number | null, retryMs: number): void;
  /** Not to be tried before this time, for a reason that the user's store has no part in. */
  postpone(id: number, retryMs: number): void;
  /** Everything may be tried at once. */
  retryAll(): void;
  /**
   * What is safe and not needed on the disk any more of one part, in the order in which it may be removed: slices of an MP4
   * when it is safe itself, and the MP4 after all of them.
   */
  spare(sid: string, part: number | null): SpooledObject[];
  /** Objects that have a local copy. */
  local(sid: string): SpooledObject[];
  removed(id: number): void;
  counts(sid: string): SpoolCounts;
  /** Was this said of the recording before? */
  told(sid: string, what: string): boolean;
  tell(sid: string, what: string): void;
  /** Nothing is left to do; the credentials are erased. */
  done(sid: string, now: number): void;
  /** Forgets what was done before this time. */
  prune(before: number): void;
}
