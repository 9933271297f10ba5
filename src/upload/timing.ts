/** All times of the uploads, in milliseconds, and how many run at once. */
export interface UploadTiming {
  /** Uploads at the same time, over all recordings. */
  readonly inAll: number;
  readonly perRecording: number;
  /** MP4s among them: each takes long, goes up in parts side by side, and holds some 50 MB in memory. */
  readonly mp4s: number;
  /** First wait after a failure; it doubles with each further one, up to the longest. */
  readonly retryFirstMs: number;
  readonly retryLongestMs: number;
  /** Wait after a failure that only other settings can mend. */
  readonly retryConfigurationMs: number;
  /** A store that takes nothing for this long is told to the caller (error 47). */
  readonly reportAfterMs: number;
  readonly progressEveryMs: number;
  /** Shortest time between two uploads of a playlist while slices are waiting. */
  readonly playlistEveryMs: number;
  /** How often recordings that have nothing to do are looked at again. */
  readonly tickMs: number;
}

export const UPLOAD_TIMING: UploadTiming = {
  inAll: 8,
  perRecording: 4,
  mp4s: 2,
  retryFirstMs: 1_000,
  retryLongestMs: 60_000,
  retryConfigurationMs: 300_000,
  reportAfterMs: 60_000,
  progressEveryMs: 60_000,
  playlistEveryMs: 5_000,
  tickMs: 1_000,
};

/** Wait after so many failures in a row: doubling, with up to half taken off by chance, so that not all come back at once. */
export function retryWait({ retryFirstMs, retryLongestMs }: UploadTiming, failures: number): number {
  const full = Math.min(retryLongestMs, retryFirstMs * 2 ** (failures - 1));
  return full * (1 - Math.random() / 2);
}
