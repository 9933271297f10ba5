import type { Uploads } from '../../../src/controller/uploads.ts';
import type { StorageOrder, UploadJob, UploadView } from '../../../src/recording/storage.ts';

export function viewOf(change: Partial<UploadView>): UploadView {
  const nothing = { storedFiles: 0, pendingFiles: 0, backupFiles: 0, storedBytes: 0, pendingBytes: 0 };
  return { status: 'uploaded', ...nothing, lagMs: 0, problem: null, ...change };
}

/** Uploads without a store: the test says how they stand. */
export class FakeUploads implements Uploads {
  readonly jobs: UploadJob[] = [];
  readonly renewed: StorageOrder[] = [];
  /** How the uploads of every begun job stand. */
  state: UploadView = viewOf({});
  /** Milliseconds that callers were ready to wait. */
  readonly waits: number[] = [];

  begin(job: UploadJob): void {
    this.jobs.push(job);
  }

  renew(_sid: string, storage: StorageOrder): void {
    this.renewed.push(storage);
  }

  view(sid: string): UploadView | null {
    return this.jobs.some((job) => job.sid === sid) ? this.state : null;
  }

  async settled(sid: string, ms: number): Promise<UploadView | null> {
    this.waits.push(ms);
    return this.view(sid);
  }
}
