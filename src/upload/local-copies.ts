import { readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Logger } from 'pino';
import { playlistName } from '../output/names.ts';
import type { Spool, SpooledJob, SpooledObject, WholeFile } from './spool.ts';

type Place = Pick<SpooledJob, 'sid' | 'folder' | 'stem' | 'hls'>;

/** The recording's own folder: what is in it, and how it is emptied. */
export class LocalCopies {
  readonly #place: Place;
  readonly #spool: Spool;
  readonly #log: Logger;

  constructor(place: Place, spool: Spool, log: Logger) {
    this.#place = place;
    this.#spool = spool;
    this.#log = log;
  }

  path(name: string): string {
    return join(this.#place.folder, name);
  }

  /** Whole files of a recording that is over; what its session or the MP4's muxer did not complete has other names. */
  found(): WholeFile[] {
    return namesIn(this.#place.folder).flatMap((name) => {
      const file = parseName(name, this.#place);
      const bytes = file === null ? null : bytesOf(this.path(name));
      return file === null || bytes === null ? [] : [{ ...file, bytes }];
    });
  }

  /** Removes what nobody needs any more of this part. */
  removeSpare(part: number | null): void {
    for (const object of this.#spool.spare(this.#place.sid, part)) this.#remove(object);
  }

  /** Removes all, and the folders that were made for the recording, as far as nothing else is in them. */
  removeAll(): void {
    for (const object of this.#spool.local(this.#place.sid)) this.#remove(object);
    removeFolders(this.#place);
  }

  #remove({ id, name }: SpooledObject): void {
    try {
      rmSync(this.path(name), { force: true });
    } catch (error) {
      this.#log.warn({ sid: this.#place.sid, err: error }, 'a local copy could not be removed');
    }
    this.#spool.removed(id);
  }
}

/** Size of a file; null when there is none. */
export function bytesOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

function removeFolders({ sid, folder }: Place): void {
  const below = folder.split('/').includes(sid);
  try {
    for (let path = folder; ; path = dirname(path)) {
      rmdirSync(path);
      if (!below || basename(path) === sid) return;
    }
  } catch {
    // It is gone already, or holds what is not ours.
  }
}

function parseName(name: string, { stem, hls }: Place): Omit<WholeFile, 'bytes'> | null {
  if (hls && name === playlistName(stem)) return { name, kind: 'playlist', part: null };
  if (!name.startsWith(`${stem}_`)) return null;
  const rest = name.slice(stem.length + 1);
  // Its name does not say which part a slice belongs to.
  if (hls && /^\d{17}\.ts$/.test(rest)) return { name, kind: 'slice', part: null };
  const [, part] = /^(\d+)\.mp4$/.exec(rest) ?? [];
  return part === undefined ? null : { name, kind: 'mp4', part: Number(part) };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    // Nothing was recorded: the folder is made with the first file.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
