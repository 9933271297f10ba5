import type { RecordingStatus } from '../recording/status.ts';
import type { UploadView } from '../recording/storage.ts';
import type { RecordingRecord } from './records.ts';

/** A recording with what is known of it at this moment, for operators. */
export interface Known {
  readonly record: RecordingRecord;
  /** The latest. */
  readonly status: RecordingStatus;
  readonly upload: UploadView | null;
}
