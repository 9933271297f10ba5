import { existsSync } from 'node:fs';
import { mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, RecorderError } from '../errors.ts';
import type { FilesPlan, PicturePlan } from '../recording/plan.ts';
import type { RecordedFile } from '../recording/status.ts';
import { AppendFile } from './append-file.ts';
import { Journal, type OpenSlice, type Slice } from './journal.ts';
import { mendSlice } from './measure-slice.ts';
import { assembleMp4 } from './mp4.ts';
import { mp4Name, playlistName } from './names.ts';
import { buildPlaylist } from './playlist.ts';
import { Reserve } from './reserve.ts';
import { Slicer } from './slicer.ts';
import type { TimedFrame } from './take.ts';
import { TICKS_PER_SECOND } from './transport-stream.ts';

export interface RecordingFilesOptions {
  readonly plan: FilesPlan;
  readonly picture: PicturePlan;
  readonly onSliceOpened: (slice: OpenSlice) => void;
  readonly onSliceClosed: () => void;
  /** Called once, when the disk takes no more. What is on it stays. */
  readonly onError: (error: RecorderError) => void;
}

/**
 * The folder of a recording. While it runs, everything goes into slices, which lose nothing when a process dies; playlist
 * and MP4 are made from them. The order is always: slice, journal, playlist.
 */
export class RecordingFiles {
  readonly #options: RecordingFilesOptions;
  readonly #journal: Journal;
  readonly #reserve: Reserve;
  readonly #slicer: Slicer;
  readonly #slices: Slice[] = [];
  readonly #parts = new Map<number, Promise<RecorderError | null>>();
  #current: AppendFile | null = null;
  /** Begun, and not known to be whole. */
  #unfinished: OpenSlice[] = [];
  #chain: Promise<void> = Promise.resolve();
  #failed = false;
  #startMs = 0;
  #bytes = 0;

  private constructor(options: RecordingFilesOptions) {
    const { plan, picture } = options;
    this.#options = options;
    this.#journal = new Journal(join(plan.folder, `${plan.stem}.journal`));
    this.#reserve = new Reserve(join(plan.folder, `${plan.stem}.reserve`));
    this.#slicer = new Slicer({
      stem: plan.stem,
      fps: picture.fps,
      maxPartTicks: ((plan.mp4?.maxDurationMs ?? Number.POSITIVE_INFINITY) / 1000) * TICKS_PER_SECOND,
      maxPartBytes: plan.mp4?.maxBytes ?? Number.POSITIVE_INFINITY,
      onOpen: (slice) => this.#opened(slice),
      onBytes: (bytes) => this.#append(bytes),
      onClose: (slice) => this.#closed(slice),
    });
  }

  static async create(options: RecordingFilesOptions): Promise<RecordingFiles> {
    await mkdir(options.plan.folder, { recursive: true });
    const files = new RecordingFiles(options);
    await files.#reserve.fill();
    return files;
  }

  /** Takes up the folder of a recording whose process died, only to `finish` it. */
  static async reopen(plan: FilesPlan, picture: PicturePlan): Promise<RecordingFiles> {
    const nothing = () => {};
    const files = new RecordingFiles({
      plan,
      picture,
      onSliceOpened: nothing,
      onSliceClosed: nothing,
      onError: nothing,
    });
    const { slices, open } = await files.#journal.read();
    files.#slices.push(...slices);
    if (open) files.#unfinished.push(open);
    files.#startMs = (slices[0] ?? open)?.startMs ?? 0;
    files.#failed = true;
    return files;
  }

  get sliceCount(): number {
    return this.#slices.length;
  }

  /** Bytes recorded so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What is, or will be, there: known from the first moment. */
  get list(): RecordedFile[] {
    const { stem, hls, mp4 } = this.#options.plan;
    const parts = mp4 ? Array.from({ length: this.#latest?.part ?? 0 }, (_, part) => part + 1) : [];
    return [
      ...(hls ? [{ name: playlistName(stem), kind: 'playlist' as const, sliceStartMs: this.#startMs }] : []),
      ...(mp4
        ? [0, ...parts].map((part) => ({
            name: mp4Name(stem, part),
            kind: 'mp4' as const,
            sliceStartMs: this.#partStart(part),
          }))
        : []),
    ];
  }

  /** Media recorded, in ms, over all complete slices. */
  get mediaMs(): number {
    return this.#slices.reduce(
      (sum, slice) => sum + ((slice.mediaEnd - slice.mediaStart) / TICKS_PER_SECOND) * 1000,
      0,
    );
  }

  set tables(tables: Buffer) {
    this.#slicer.tables = tables;
  }

  push(frame: TimedFrame): void {
    if (!this.#failed) this.#slicer.push(frame);
  }

  /** A hold, or a lost encoder: what follows begins a new slice, marked as discontinuous. */
  breakHere(): void {
    this.#slicer.breakHere();
  }

  /**
   * Completes everything that can be completed: last slice, playlist, MP4. Never throws: @returns what went wrong; then
   * the slices and the journal stay, so that it can be tried again.
   */
  async finish(): Promise<readonly RecorderError[]> {
    this.#slicer.close();
    await this.#chain;
    await this.#reserve.release();
    const problems = this.#failed ? await this.#mend() : [];
    if (this.#slices.length > 0) problems.push(...(await this.#attempt(() => this.#writePlaylist(true))));
    for (const part of new Set(this.#slices.map((slice) => slice.part))) this.#assemble(part);
    for (const problem of await Promise.all(this.#parts.values())) if (problem) problems.push(problem);
    if (problems.length === 0) await this.#tidy();
    return problems;
  }

  #partStart(part: number): number {
    return [...this.#slices, ...this.#unfinished].find((slice) => slice.part === part)?.startMs ?? 0;
  }

  get #latest(): OpenSlice | undefined {
    return this.#unfinished.at(-1) ?? this.#slices.at(-1);
  }

  #path(name: string): string {
    return join(this.#options.plan.folder, name);
  }

  #opened(slice: OpenSlice): void {
    if (this.#startMs === 0) this.#startMs = slice.startMs;
    this.#unfinished.push(slice);
    const journaled = this.#then(() => this.#journal.opened(slice));
    this.#current = new AppendFile(this.#path(slice.name), journaled, (error) => this.#fail(error));
    if (slice.part > 0 && !this.#parts.has(slice.part - 1)) void this.#then(async () => this.#assemble(slice.part - 1));
    this.#options.onSliceOpened(slice);
  }

  #append(bytes: Buffer): void {
    this.#bytes += bytes.length;
    this.#current?.append(bytes);
  }

  #closed(slice: Slice): void {
    const file = this.#current;
    this.#current = null;
    void this.#then(async () => {
      await file?.close();
      if (this.#failed) return;
      this.#slices.push(slice);
      this.#unfinished = this.#unfinished.filter(({ name }) => name !== slice.name);
      await this.#journal.closed(slice);
      await this.#writePlaylist(false);
      this.#options.onSliceClosed();
    });
  }

  /** One step after the other; the first that fails ends the recording, not the process. */
  #then(step: () => Promise<void>): Promise<void> {
    this.#chain = this.#chain.then(step).catch((error: Error) => this.#fail(error));
    return this.#chain;
  }

  #fail(error: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onError(diskError(error, this.#options.plan.folder));
  }

  /** Slices that were being written when writing failed. */
  async #mend(): Promise<RecorderError[]> {
    const problems: RecorderError[] = [];
    for (const open of this.#unfinished.splice(0)) {
      const step = async () => {
        const slice = await mendSlice(this.#path(open.name), open, this.#options.picture.fps);
        if (slice) this.#slices.push(slice);
        else await rm(this.#path(open.name), { force: true });
        if (slice) await this.#journal.closed(slice);
      };
      problems.push(...(await this.#attempt(step)));
    }
    return problems;
  }

  async #writePlaylist(ended: boolean): Promise<void> {
    const { plan, picture } = this.#options;
    if (!plan.hls) return;
    const path = this.#path(playlistName(plan.stem));
    // Renamed into place, so that a reader never sees half a playlist.
    await writeFile(
      `${path}.part`,
      buildPlaylist(this.#slices, { ended, width: picture.width, height: picture.height }),
    );
    await rename(`${path}.part`, path);
  }

  #assemble(part: number): void {
    const { plan } = this.#options;
    if (!plan.mp4 || this.#parts.has(part)) return;
    const path = this.#path(mp4Name(plan.stem, part));
    const slices = this.#slices.filter((slice) => slice.part === part).map((slice) => this.#path(slice.name));
    // An MP4 that has its name is complete, and slices may have been removed after it.
    if (existsSync(path) && !slices.every((slice) => existsSync(slice))) return;
    const done = assembleMp4(slices, path);
    this.#parts.set(
      part,
      done.then(
        () => null,
        (error) => diskError(error, plan.folder),
      ),
    );
  }

  async #tidy(): Promise<void> {
    const { plan } = this.#options;
    if (!plan.hls) for (const slice of this.#slices) await rm(this.#path(slice.name), { force: true });
    await rm(this.#path(`${plan.stem}.journal`), { force: true });
    // Nothing was recorded: no empty folder stays. One that holds something else does.
    if (this.#slices.length === 0) await rmdir(plan.folder).catch(() => {});
  }

  async #attempt(step: () => Promise<void>): Promise<RecorderError[]> {
    try {
      await step();
      return [];
    } catch (error) {
      return [diskError(error as Error, this.#options.plan.folder)];
    }
  }
}

function diskError(error: Error, folder: string): RecorderError {
  if (error instanceof RecorderError) return error;
  const full = (error as NodeJS.ErrnoException).code === 'ENOSPC';
  const text = full
    ? `expected room in ${folder}, the disk is full`
    : `expected to write to ${folder}: ${messageOf(error)}`;
  return new RecorderError(full ? 'disk_full' : 'internal', text, { cause: error });
}
