import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { until } from '../../../src/kit/deadline.ts';
import type { StorageOrder, UploadEvent } from '../../../src/recording/storage.ts';
import type { Store } from '../../../src/store/store.ts';
import { namedSlices } from '../../../src/upload/playlist-up-to.ts';
import type { Spool } from '../../../src/upload/spool.ts';
import { openSqliteSpool } from '../../../src/upload/spool-sqlite.ts';
import { UPLOAD_TIMING, type UploadTiming } from '../../../src/upload/timing.ts';
import { Uploader } from '../../../src/upload/uploader.ts';
import { Vault } from '../../../src/vault/vault.ts';
import { FakeSession } from '../../support/fake-session.ts';
import { MemoryBucket } from '../../support/memory-store.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const QUICK: UploadTiming = {
  ...UPLOAD_TIMING,
  retryFirstMs: 10,
  retryLongestMs: 40,
  retryConfigurationMs: 60_000,
  reportAfterMs: 60_000,
  playlistEveryMs: 0,
  tickMs: 10,
};

export const VAULT = new Vault(Buffer.alloc(32, 7));

export function orderOf(bucket: string, secretKey = 'very-secret'): StorageOrder {
  const none = { stsToken: null, endpoint: null, sse: null, tag: null };
  return { vendor: 11, region: 0, bucket, accessKey: 'key', secretKey, ...none };
}

export interface RigOptions {
  readonly timing?: Partial<UploadTiming>;
  /** Milliseconds after which the backup store takes over; left out: there is none. */
  readonly backupAfterMs?: number;
}

/** An uploader with its spool, and the buckets `user` and `backup`. It can be ended and made anew on the same spool. */
export class Rig implements AsyncDisposable {
  readonly folder: TempFolder;
  readonly user = new MemoryBucket('memory://user');
  readonly backup = new MemoryBucket('memory://backup');
  readonly events: { sid: string; event: UploadEvent }[] = [];
  readonly logged: string[] = [];
  uploader: Uploader;
  spool: Spool;
  /** Credentials that a store was opened with, in order. */
  readonly opened: string[] = [];
  readonly #options: RigOptions;

  private constructor(folder: TempFolder, options: RigOptions) {
    this.folder = folder;
    this.#options = options;
    this.spool = this.#openSpool();
    this.uploader = this.#newUploader();
  }

  static async create(options: RigOptions = {}): Promise<Rig> {
    return new Rig(await makeTempFolder(), options);
  }

  /** Ends the uploader and makes a new one, as a restart of the service does. */
  async restart(live: readonly Recorded[] = []): Promise<void> {
    await this.#close();
    this.spool = this.#openSpool();
    this.uploader = this.#newUploader();
    this.uploader.resume(new Set(live.map(({ sid }) => sid)));
  }

  record(options: Partial<RecordedOptions> = {}): Recorded {
    return new Recorded(this, { mp4: false, prefix: 'a/b', ...options });
  }

  names(sid: string): string[] {
    return this.events.filter((one) => one.sid === sid).map(({ event }) => nameOf(event));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await this.folder[Symbol.asyncDispose]();
  }

  async #close(): Promise<void> {
    await this.uploader[Symbol.asyncDispose]();
    this.spool[Symbol.dispose]();
    assert.equal(this.user.open + this.backup.open, 0, 'a store was left open');
  }

  #openSpool(): Spool {
    return openSqliteSpool(this.folder.file('spool.sqlite'), VAULT, (aside) => this.logged.push(`aside ${aside}`));
  }

  #newUploader(): Uploader {
    const { timing, backupAfterMs } = this.#options;
    return new Uploader({
      spool: this.spool,
      openStore: (order) => this.#openStore(order),
      backup: backupAfterMs === undefined ? null : { order: orderOf('backup'), prefix: 'kept' },
      backupAfterMs: backupAfterMs ?? 0,
      log: pino({ level: 'info' }, { write: (line) => this.logged.push(line) }),
      onEvent: (sid, event) => this.events.push({ sid, event }),
      timing: { ...QUICK, ...timing },
    });
  }

  #openStore({ bucket, secretKey }: StorageOrder): Store {
    this.opened.push(secretKey);
    return (bucket === 'backup' ? this.backup : this.user).openStore();
  }
}

interface RecordedOptions {
  readonly mp4: boolean;
  readonly prefix: string;
}

/** A recording whose session is this test. */
export class Recorded extends FakeSession {
  readonly #rig: Rig;

  constructor(rig: Rig, { mp4, prefix }: RecordedOptions) {
    const sid = randomBytes(4).toString('hex');
    const recordings = rig.folder.file('recordings');
    super({ sid, recordings, prefix, onReady: (file) => rig.uploader.fileReady(sid, file) });
    this.#rig = rig;
    rig.uploader.begin(this.job(orderOf('user'), mp4));
  }

  finish(): void {
    this.#rig.uploader.finish(this.sid);
  }

  /** Names of slices in the stored playlist. */
  get listed(): string[] {
    return namedSlices(this.#rig.user.text(this.playlistKey) ?? '');
  }

  /** Everything that was written is in the bucket, byte for byte, and nothing else is. */
  assertStored(): void {
    const { objects } = this.#rig.user;
    const mine = [...objects.keys()].filter((key) => key.includes(this.sid));
    assert.deepEqual(mine.sort(), [...this.bytes.keys()].map((name) => this.key(name)).sort());
    for (const [name, bytes] of this.bytes) assert.ok(objects.get(this.key(name))?.equals(bytes), `${name} differs`);
  }
}

export async function reaches(probe: () => boolean): Promise<void> {
  assert.ok(await until(20_000, 5, probe), 'what was waited for did not come');
}

/** `warning 31`, `uploaded`, ... */
function nameOf(event: UploadEvent): string {
  return 'code' in event ? `${event.name} ${event.code}` : event.name;
}
