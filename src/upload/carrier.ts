import type { Backup } from './backup.ts';
import type { LocalCopies } from './local-copies.ts';
import type { News } from './news.ts';
import type { PlaylistUpload } from './playlist-upload.ts';
import type { Spool, SpooledJob, SpooledObject, Work } from './spool.ts';
import type { Target } from './target.ts';
import { handOver, SourceError, sendFile } from './transfer.ts';

export interface CarrierParts {
  readonly spool: Spool;
  readonly copies: LocalCopies;
  readonly news: News;
  readonly playlist: PlaylistUpload;
  readonly backup: Backup | null;
}

/** Brings the files of one recording from where they are to where they belong, and notes down where they are then. */
export class Carrier {
  readonly #parts: CarrierParts;

  constructor(parts: CarrierParts) {
    this.#parts = parts;
  }

  /** @throws StoreError of the target, or of the backup store where the step is about that; SourceError */
  async perform({ step, object }: Work, job: SpooledJob, target: Target, signal: AbortSignal): Promise<void> {
    switch (step) {
      case 'playlist':
        return await this.#sendPlaylist(object, job, target, signal);
      case 'send':
        return await this.#send(object, job, target, signal);
      case 'hand_over':
        return await this.#handOver(object, job, target, signal);
      case 'back_up':
        return await this.#backUp(object, job, signal);
      case 'forget':
        return await this.#forget(object, job, signal);
    }
  }

  async #sendPlaylist(object: SpooledObject, job: SpooledJob, target: Target, signal: AbortSignal): Promise<void> {
    const { playlist, news } = this.#parts;
    const sent = await playlist.send(job, object, keyOf(object, job), target, signal);
    if (!sent) return;
    news.succeeded();
    if (object.failures > 0) news.warning(31, object.name);
    news.tellOnce('playlist_stored', { name: 'playlist_stored', file: object.name });
  }

  async #send(object: SpooledObject, job: SpooledJob, target: Target, signal: AbortSignal): Promise<void> {
    const parcel = { kind: object.kind, key: keyOf(object, job) };
    this.#stored(object, await sendFile(this.#parts.copies.path(object.name), parcel, target, signal));
  }

  async #handOver(object: SpooledObject, job: SpooledJob, target: Target, signal: AbortSignal): Promise<void> {
    const backup = this.#requireBackup();
    const from = { target: backup.target, key: backupKeyOf(object, job, backup), bytes: object.bytes };
    await handOver(from, { kind: object.kind, key: keyOf(object, job) }, target, signal);
    this.#stored(object, object.bytes);
  }

  async #backUp(object: SpooledObject, job: SpooledJob, signal: AbortSignal): Promise<void> {
    const { spool, copies, news } = this.#parts;
    const backup = this.#requireBackup();
    const parcel = { kind: object.kind, key: backupKeyOf(object, job, backup) };
    const bytes = await sendFile(copies.path(object.name), parcel, backup.target, signal);
    spool.backedUp(object, bytes);
    news.warning(32, object.name);
    copies.removeSpare(object.part);
  }

  async #forget(object: SpooledObject, job: SpooledJob, signal: AbortSignal): Promise<void> {
    const backup = this.#requireBackup();
    await backup.target.use((store) => store.remove(backupKeyOf(object, job, backup), signal));
    this.#parts.spool.forgotten(object.id);
  }

  #stored(object: SpooledObject, bytes: number): void {
    const { spool, copies, news, playlist } = this.#parts;
    spool.stored(object, bytes);
    news.stored(bytes);
    playlist.slicesStored();
    if (object.failures > 0 || object.inBackup) news.warning(31, object.name);
    copies.removeSpare(object.part);
  }

  #requireBackup(): Backup {
    const { backup } = this.#parts;
    if (backup === null) throw new SourceError('expected a backup store, which holds the file; none is configured');
    return backup;
  }
}

function keyOf({ name }: SpooledObject, { prefix }: SpooledJob): string {
  return prefix === '' ? name : `${prefix}/${name}`;
}

function backupKeyOf(object: SpooledObject, job: SpooledJob, { prefix }: Backup): string {
  return `${prefix === '' ? '' : `${prefix}/`}${job.sid}/${keyOf(object, job)}`;
}
