/** Where the files of a recording are to be stored: `storageConfig` of the API without its prefix. Holds secrets. */
export interface StorageOrder {
  /** Number of the API: 0 Qiniu, 1 Amazon S3, ... 11 any S3-compatible store. */
  readonly vendor: number;
  readonly region: number;
  readonly bucket: string;
  /** Azure: name of the account. */
  readonly accessKey: string;
  /** Azure: key of the account. */
  readonly secretKey: string;
  readonly stsToken: string | null;
  /** Vendor 11: host, with or without scheme, port and path. Vendor 5: the same, in the place of Azure's own. Else ignored. */
  readonly endpoint: string | null;
  /** Encryption by the store itself. */
  readonly sse: 'kms' | 'aes256' | null;
  /** `k=v&k2=v2`, URL-encoded, as in S3's tagging header. */
  readonly tag: string | null;
}

/** What is stored of a recording, and where to. */
export interface UploadJob {
  readonly sid: string;
  /** Folder that the files appear in; absolute path. */
  readonly folder: string;
  /** Start of every file name. */
  readonly stem: string;
  /** Stands before each name in the store, joined by `/`; empty for none. */
  readonly prefix: string;
  readonly hls: boolean;
  readonly mp4: boolean;
  readonly storage: StorageOrder;
}

/** `uploaded`: all is stored. `backuped`: something is still on this machine, or in the backup store. `unknown`: it cannot be stored as configured. */
export type UploadingStatus = 'uploaded' | 'backuped' | 'unknown';

/** What happens to the files of a recording on their way to the store. */
export type UploadEvent =
  | { readonly name: 'uploader_started' }
  /** The playlist is stored for the first time. */
  | { readonly name: 'playlist_stored'; readonly file: string }
  /** 0 to 10000: bytes stored of those recorded; each minute. */
  | { readonly name: 'progress'; readonly progress: number }
  /** A file was stored after a failure: by the user's store (31), by the backup store (32). */
  | { readonly name: 'warning'; readonly code: 31 | 32; readonly file: string }
  /** 32: bucket or key are wrong; 47: the store refuses; 50: not all was stored in time when the recording ended. */
  | { readonly name: 'error'; readonly code: 32 | 47 | 50; readonly message: string }
  /** The recording is over and everything is stored. */
  | { readonly name: 'uploaded' }
  /** The recording is over and everything is safe, but not all of it in the user's store. */
  | { readonly name: 'backuped' };

/** The state of a recording's uploads, for answers and operators. */
export interface UploadView {
  readonly status: UploadingStatus;
  readonly storedFiles: number;
  readonly pendingFiles: number;
  /** In the backup store, waiting to be handed over. */
  readonly backupFiles: number;
  readonly storedBytes: number;
  readonly pendingBytes: number;
  /** Age of the oldest file that is not stored, ms; 0 when all are. */
  readonly lagMs: number;
  /** Why the last attempt failed, without secrets; null when it did not. */
  readonly problem: string | null;
}
