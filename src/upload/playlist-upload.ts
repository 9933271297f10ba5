import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { playlistName } from '../output/names.ts';
import { bytesOf, type LocalCopies } from './local-copies.ts';
import { namedSlices, playlistUpTo, type StoredPlaylist } from './playlist-up-to.ts';
import type { Spool, SpooledJob, SpooledObject } from './spool.ts';
import type { Target } from './target.ts';
import type { UploadTiming } from './timing.ts';
import { type Parcel, SourceError, sendText } from './transfer.ts';

export interface PlaylistUploadParts {
  readonly spool: Spool;
  readonly copies: LocalCopies;
  readonly timing: UploadTiming;
  readonly now: () => number;
}

/** The playlist in the store: grows with the slices that are stored, and never names another. */
export class PlaylistUpload {
  readonly #parts: PlaylistUploadParts;
  /** What it should say may have changed. */
  #due = true;
  /** Counts the versions of the local one. */
  #version = 0;
  #digest = '';
  #sentAt = Number.NEGATIVE_INFINITY;
  #notBefore = 0;

  constructor(parts: PlaylistUploadParts) {
    this.#parts = parts;
  }

  /** Overdue: it goes before slices. */
  get overdue(): boolean {
    return this.#parts.now() >= this.#sentAt + this.#parts.timing.playlistEveryMs;
  }

  /** The local one has changed. */
  changed(): void {
    this.#version += 1;
    this.#due = true;
  }

  slicesStored(): void {
    this.#due = true;
  }

  retryAt(ms: number): void {
    this.#notBefore = ms;
    this.#due = true;
  }

  /** The playlist, if there is something to do for it. */
  due({ sid, stem }: SpooledJob): SpooledObject | null {
    if (!this.#due || this.#parts.now() < this.#notBefore) return null;
    const object = this.#parts.spool.object(sid, playlistName(stem));
    return object === null || object.inStore || !object.onDisk ? null : object;
  }

  /**
   * @returns false when the store has that text already
   * @throws StoreError, SourceError
   */
  async send(
    job: SpooledJob,
    object: SpooledObject,
    key: string,
    target: Target,
    signal: AbortSignal,
  ): Promise<boolean> {
    const version = this.#version;
    this.#due = false;
    const { text, whole } = this.#readable(job, object);
    const digest = createHash('sha256').update(text).digest('base64');
    const news = text !== '' && digest !== this.#digest;
    const parcel: Parcel = { kind: 'playlist', key };
    if (news) await sendText(text, parcel, target, signal);
    this.#digest = digest;
    this.#sentAt = this.#parts.now();
    // Otherwise it has changed in the meantime, and is sent again.
    if (whole && version === this.#version) this.#parts.spool.stored(object, object.bytes);
    return news;
  }

  #readable(job: SpooledJob, object: SpooledObject): StoredPlaylist {
    const local = readText(this.#parts.copies.path(object.name));
    let strange = false;
    const isStored = (slice: string) => {
      const stored = this.#parts.spool.inStore(job.sid, slice);
      strange ||= stored === null;
      return stored === true;
    };
    const upTo = playlistUpTo(local, isStored, job.finished);
    if (strange) this.#takeUp(job.sid, local);
    return upTo;
  }

  /** A playlist names whole slices only. One that was never told came while the service or the session died. */
  #takeUp(sid: string, playlist: string): void {
    const { spool, copies, now } = this.#parts;
    for (const name of namedSlices(playlist)) {
      if (spool.inStore(sid, name) !== null) continue;
      spool.add(sid, { name, kind: 'slice', part: null, bytes: bytesOf(copies.path(name)) ?? 0 }, now());
    }
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SourceError(`expected ${path} to be stored; it cannot be read`, { cause });
  }
}
