import type { UploadView } from '../recording/storage.ts';
import type { SpoolCounts } from './spool.ts';

/** @param state what is wrong at the moment; null: not known of anything */
export function viewOf(
  counts: SpoolCounts,
  now: number,
  { stuck, problem }: { readonly stuck: boolean; readonly problem: { readonly message: string } | null },
): UploadView {
  const open = counts.waiting + counts.backedUp > 0;
  return {
    status: stuck ? 'unknown' : open ? 'backuped' : 'uploaded',
    storedFiles: counts.stored,
    pendingFiles: counts.waiting,
    backupFiles: counts.backedUp,
    storedBytes: counts.storedBytes,
    pendingBytes: counts.openBytes,
    lagMs: counts.oldestMs === null ? 0 : Math.max(0, Math.round(now - counts.oldestMs)),
    problem: problem?.message ?? null,
  };
}

/** Bytes stored of those recorded, 0 to 10000. */
export function progressOf({ storedBytes, openBytes }: SpoolCounts): number {
  const all = storedBytes + openBytes;
  return all === 0 ? 0 : Math.floor((storedBytes / all) * 10_000);
}
