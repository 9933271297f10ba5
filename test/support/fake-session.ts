import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Slice } from '../../src/output/journal.ts';
import { mp4Name, playlistName, sliceName } from '../../src/output/names.ts';
import { buildPlaylist } from '../../src/output/playlist.ts';
import type { ReadyFile } from '../../src/recording/link.ts';
import type { StorageOrder, UploadJob } from '../../src/recording/storage.ts';

const START_MS = Date.UTC(2026, 10, 22);
const SLICE_S = 15;

export interface FakeSessionOptions {
  readonly sid: string;
  /** The recording's files go to `<recordings>/<sid>/<prefix>`. */
  readonly recordings: string;
  /** Joined by `/`; empty for none. */
  readonly prefix: string;
  readonly onReady: (file: ReadyFile) => void;
}

/** Writes the files of a recording as a session does, with random bytes for media, and tells of them or not. */
export class FakeSession {
  readonly sid: string;
  readonly stem: string;
  readonly prefix: string;
  readonly folder: string;
  /** What was written, by name. */
  readonly bytes = new Map<string, Buffer>();
  readonly #onReady: (file: ReadyFile) => void;
  readonly #slices: Slice[] = [];

  constructor({ sid, recordings, prefix, onReady }: FakeSessionOptions) {
    this.sid = sid;
    this.stem = `${sid}_room`;
    this.prefix = prefix;
    this.folder = join(recordings, sid, ...prefix.split('/').filter((one) => one !== ''));
    this.#onReady = onReady;
  }

  job(storage: StorageOrder, mp4: boolean): UploadJob {
    const { sid, stem, prefix, folder } = this;
    return { sid, folder, stem, prefix, hls: true, mp4, storage };
  }

  /** Name that a slice has, by its number from 0. */
  nameOf(slice: number): string {
    return sliceName(this.stem, START_MS + slice * SLICE_S * 1000);
  }

  /** @returns its name */
  async slice(part = 0, told = true, bytes = 1000): Promise<string> {
    const number = this.#slices.length;
    const name = this.nameOf(number);
    await this.#write(name, randomBytes(bytes));
    const mediaStart = number * SLICE_S * 90_000;
    this.#slices.push({
      ...{ name, part, bytes, startMs: START_MS + number * SLICE_S * 1000, pictures: 1, missing: 0 },
      ...{ mediaStart, mediaEnd: mediaStart + SLICE_S * 90_000, discontinuity: number === 0 },
    });
    if (told) this.tell({ name, kind: 'slice', part });
    return name;
  }

  async playlist(ended = false, told = true): Promise<void> {
    const name = playlistName(this.stem);
    await this.#write(
      name,
      Buffer.from(buildPlaylist(this.#slices, { ended, picture: { width: 640, height: 360 }, sound: true })),
    );
    if (told) this.tell({ name, kind: 'playlist', part: 0 });
  }

  async mp4(part = 0, told = true, bytes = 5000): Promise<string> {
    const name = mp4Name(this.stem, part);
    await this.#write(name, randomBytes(bytes));
    if (told) this.tell({ name, kind: 'mp4', part });
    return name;
  }

  tell(file: ReadyFile): void {
    this.#onReady(file);
  }

  key(name: string): string {
    return this.prefix === '' ? name : `${this.prefix}/${name}`;
  }

  get playlistKey(): string {
    return this.key(playlistName(this.stem));
  }

  /** Names in its folder. */
  get local(): string[] {
    return existsSync(this.folder) ? readdirSync(this.folder).sort() : [];
  }

  async #write(name: string, bytes: Buffer): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const path = join(this.folder, name);
    await writeFile(`${path}.part`, bytes);
    await rename(`${path}.part`, path);
    this.bytes.set(name, bytes);
  }
}
