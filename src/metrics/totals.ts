import type { Instruments } from './instruments.ts';

const BYTES_PER_MB = 1_000_000;

/** What is asked for at each scrape. Counts are since the start of the service. */
export interface Totals {
  readonly capacity: CapacityTotals;
  readonly uploads: UploadTotals;
  readonly callbacks: CallbackTotals;
}

export interface CapacityTotals {
  readonly totalCores: number;
  readonly usedCores: number;
  readonly totalMemoryMB: number;
  readonly usedMemoryMB: number;
}

export interface UploadTotals {
  readonly pendingFiles: number;
  readonly pendingBytes: number;
  /** In the backup store, waiting to be handed over. */
  readonly backupFiles: number;
  /** Age of the oldest file that is not stored, ms. */
  readonly lagMs: number;
  readonly storedFiles: number;
  readonly storedBytes: number;
  /** Failed attempts by what was wrong: `configuration`, `refused`, `unreachable`. */
  readonly failures: Readonly<Record<string, number>>;
}

export interface CallbackTotals {
  readonly pending: number;
  /** When the oldest pending message happened, UTC ms; null when none is pending. */
  readonly oldestMs: number | null;
  readonly givenUp: number;
  /** Attempts by how they ended: `delivered`, `failed`. */
  readonly attempts: Readonly<Record<string, number>>;
}

/** @param totals as they were asked for last. @param now UTC ms */
export function measureTotals(instruments: Instruments, totals: () => Totals, now: () => number): void {
  measureCapacity(instruments, () => totals().capacity);
  measureUploads(instruments, () => totals().uploads);
  measureCallbacks(instruments, () => totals().callbacks, now);
}

function measureCapacity(instruments: Instruments, capacity: () => Totals['capacity']): void {
  const all = { name: 'capacity_cores', help: 'CPU cores that recordings may fill.' };
  instruments.gauge(all, () => capacity().totalCores);
  const used = { name: 'capacity_used_cores', help: 'CPU cores that running recordings are charged with.' };
  instruments.gauge(used, () => capacity().usedCores);
  const memory = { name: 'capacity_memory_bytes', help: 'Memory that recordings may fill.' };
  instruments.gauge(memory, () => capacity().totalMemoryMB * BYTES_PER_MB);
  const usedMemory = { name: 'capacity_used_memory_bytes', help: 'Memory that running recordings are charged with.' };
  instruments.gauge(usedMemory, () => capacity().usedMemoryMB * BYTES_PER_MB);
}

function measureUploads(instruments: Instruments, uploads: () => UploadTotals): void {
  const pending = { name: 'upload_pending_files', help: 'Files that are to be stored.' };
  instruments.gauge(pending, () => uploads().pendingFiles);
  const bytes = { name: 'upload_pending_bytes', help: 'Bytes that are to be stored.' };
  instruments.gauge(bytes, () => uploads().pendingBytes);
  const backup = { name: 'upload_backup_files', help: 'Files in the backup store, to be handed over.' };
  instruments.gauge(backup, () => uploads().backupFiles);
  const lag = { name: 'upload_oldest_pending_seconds', help: 'Age of the oldest file that is not stored.' };
  instruments.gauge(lag, () => uploads().lagMs / 1000);
  const files = { name: 'upload_stored_files_total', help: 'Files that the stores have confirmed.' };
  instruments.count(files, () => uploads().storedFiles);
  const stored = { name: 'upload_stored_bytes_total', help: 'Bytes that the stores have confirmed.' };
  instruments.count(stored, () => uploads().storedBytes);
  const failures = { name: 'upload_failures_total', help: 'Attempts to store a file that failed, by kind.' };
  instruments.count(failures, () => uploads().failures, 'kind');
}

function measureCallbacks(instruments: Instruments, callbacks: () => CallbackTotals, now: () => number): void {
  const pending = { name: 'callbacks_pending', help: 'Callbacks that are to be delivered.' };
  instruments.gauge(pending, () => callbacks().pending);
  const oldest = { name: 'callbacks_oldest_pending_seconds', help: 'Age of the oldest pending callback.' };
  instruments.gauge(oldest, () => {
    const { oldestMs } = callbacks();
    return oldestMs === null ? 0 : Math.max(0, now() - oldestMs) / 1000;
  });
  const givenUp = { name: 'callbacks_given_up', help: 'Callbacks that no receiver took, as far as remembered.' };
  instruments.gauge(givenUp, () => callbacks().givenUp);
  const attempts = { name: 'callback_attempts_total', help: 'Attempts to deliver a callback, by result.' };
  instruments.count(attempts, () => callbacks().attempts, 'result');
}
