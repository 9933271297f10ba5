import type { Stopped } from '../controller/orders.ts';
import type { UploadView } from '../recording/storage.ts';
import type { UploadPayload } from './schema-answers.ts';

/** All that is known of the uploads. */
export function uploadPayload({ status, ...rest }: UploadView): UploadPayload {
  return { uploadingStatus: status, ...rest };
}

/** At a stop. Files that stay on this machine are where they belong once all are complete. */
export function stoppedUpload({ end, upload }: Stopped): UploadPayload {
  if (upload !== null) return uploadPayload(upload);
  return { uploadingStatus: end?.outcome === 'complete' ? 'uploaded' : 'unknown' };
}
