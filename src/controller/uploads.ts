import type { StorageOrder, UploadJob, UploadView } from '../recording/storage.ts';

/** What the controller asks of whoever stores the files. */
export interface Uploads {
  /** The files of this recording are to be stored from now on. */
  begin(job: UploadJob): void;
  /** Other credentials for the same place; what failed is tried again at once. */
  renew(sid: string, storage: StorageOrder): void;
  /** Null when nothing of this recording is to be stored. */
  view(sid: string): UploadView | null;
  /** Waits until all of an ended recording is stored, at most this long. */
  settled(sid: string, ms: number): Promise<UploadView | null>;
}
