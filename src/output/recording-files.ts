import { existsSync } from 'node:fs';
import { mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, RecorderError } from '../errors.ts';
import type { ReadyFile } from '../recording/link.ts';
import type { FilesPlan, MediaPlan } from '../recording/plan.ts';
import type { RecordedFile } from '../recording/status.ts';
import { AppendFile } from './append-file.ts';
import type { OpenSlice, Slice } from './journal.ts';
import { mp4Name, playlistName } from './names.ts';
import { Parts } from './parts.ts';
import { buildPlaylist } from './playlist.ts';
import { Reserve } from './reserve.ts';
import { Slicer, type SlicerPast } from './slicer.ts';
import { Slices, type Sums } from './slices.ts';
import type { TimedFrame } from './take.ts';
import { tracksOf } from './tracks.ts';
import { TICKS_PER_SECOND } from './transport-stream.ts';

export interface RecordingFilesOptions {
  readonly plan: FilesPlan;
  readonly media: MediaPlan;
  /** @param discontinueMs when the slice begins, UTC ms; after an interruption, when the one before it ended */
  readonly onSliceOpened: (slice: OpenSlice, discontinueMs: number) => void;
  readonly onSliceClosed: () => void;
  /** A file is whole and on the disk; a playlist is told at each change. Slices only if the plan keeps them. */
  readonly onReady: (file: ReadyFile) => void;
  /** Called once, when the disk takes no more. What is on it stays. */
  readonly onError: (error: RecorderError) => void;
}

/**
 * The folder of a recording. While it runs, everything goes into slices, which lose nothing when a process dies; playlist
 * and MP4 are made from them. The order is always: slice, journal, playlist.
 */
export class RecordingFiles {
  readonly #options: RecordingFilesOptions;
  readonly #reserve: Reserve;
  readonly #slices: Slices;
  readonly #slicer: Slicer;
  readonly #parts: Parts;
  #current: AppendFile | null = null;
  #chain: Promise<void> = Promise.resolve();
  #failed = false;
  /** The last one that was closed. */
  #latest: Slice | null;
  /** What went wrong before it was taken up. */
  #problems: readonly unknown[] = [];
  #bytes: number;

  private constructor(options: RecordingFilesOptions, slices: Slices, past?: SlicerPast) {
    const { plan, media } = options;
    this.#options = options;
    this.#slices = slices;
    this.#latest = slices.whole.at(-1) ?? null;
    this.#bytes = slices.sums.bytes;
    this.#reserve = reserveOf(plan);
    this.#parts = new Parts(plan, slices, (name, part) => options.onReady({ name, kind: 'mp4', part }));
    this.#slicer = new Slicer({
      stem: plan.stem,
      tracks: tracksOf(media),
      maxPartTicks: ((plan.mp4?.maxDurationMs ?? Number.POSITIVE_INFINITY) / 1000) * TICKS_PER_SECOND,
      maxPartBytes: plan.mp4?.maxBytes ?? Number.POSITIVE_INFINITY,
      ...(past && { past }),
      onOpen: (slice) => this.#opened(slice),
      onBytes: (bytes) => this.#append(bytes),
      onClose: (slice) => this.#closed(slice),
    });
  }

  static async create(options: RecordingFilesOptions): Promise<RecordingFiles> {
    await mkdir(options.plan.folder, { recursive: true });
    const slices = slicesOf(options);
    await slices.forget();
    const files = new RecordingFiles(options, slices);
    await files.#reserve.fill();
    return files;
  }

  /**
   * Goes on with the folder of a recording whose process died: what comes is added to what is there, which is told by
   * `onReady` once more. Without a journal it begins anew.
   */
  static async resume(options: RecordingFilesOptions): Promise<RecordingFiles> {
    await mkdir(options.plan.folder, { recursive: true });
    const { slices, problems } = await takeUp(options);
    if (problems.length > 0) throw diskError(problems[0], options.plan.folder);
    const files = new RecordingFiles(options, slices, await slices.past());
    await files.#reserve.fill();
    files.#tellAll();
    if (slices.whole.length > 0) await files.#writePlaylist(false);
    files.#parts.completeBefore(slices.part);
    return files;
  }

  /** Takes up the folder of a recording whose process died, only to `finish` it. */
  static async reopen(
    plan: FilesPlan,
    media: MediaPlan,
    onReady: RecordingFilesOptions['onReady'] = () => {},
  ): Promise<RecordingFiles> {
    const nothing = () => {};
    const options = { plan, media, onReady, onSliceOpened: nothing, onSliceClosed: nothing, onError: nothing };
    const { slices, problems } = await takeUp(options);
    const files = new RecordingFiles(options, slices);
    files.#problems = problems;
    files.#tellAll();
    return files;
  }

  get sliceCount(): number {
    return this.#slices.whole.length;
  }

  /** Bytes recorded so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Wall time of the first frame; null before there is one. */
  get startMs(): number | null {
    return this.#slices.startMs() || null;
  }

  /** Media time at which the last whole slice ends; null before there is one. */
  get mediaEnd(): number | null {
    return this.#slices.mediaEnd;
  }

  /** What whole slices hold. */
  get sums(): Sums {
    return this.#slices.sums;
  }

  /** What is, or will be, there: known from the first moment. */
  get list(): RecordedFile[] {
    const { stem, hls, mp4 } = this.#options.plan;
    const parts = mp4 ? Array.from({ length: this.#slices.part + 1 }, (_, part) => part) : [];
    return [
      ...(hls ? [{ name: playlistName(stem), kind: 'playlist' as const, sliceStartMs: this.#slices.startMs() }] : []),
      ...parts.map((part) => ({
        name: mp4Name(stem, part),
        kind: 'mp4' as const,
        sliceStartMs: this.#slices.startMs(part),
      })),
    ];
  }

  set tables(tables: Buffer) {
    this.#slicer.tables = tables;
  }

  push(frame: TimedFrame): void {
    if (!this.#failed) this.#slicer.push(frame);
  }

  /** A hold, or a stretch without page or encoder: what follows begins a new slice, marked as discontinuous. @param mediaEnd where what was ends */
  breakHere(mediaEnd?: number): void {
    this.#slicer.breakHere(mediaEnd);
  }

  /**
   * Completes everything that can be completed: last slice, playlist, MP4. Never throws: @returns what went wrong; then
   * the slices and the journal stay, so that it can be tried again.
   *
   * @param goesOn they stay in any case, and the last MP4 will be made again: somebody else will take the recording up.
   */
  async finish({ goesOn = false } = {}): Promise<readonly RecorderError[]> {
    this.#slicer.close();
    await this.#chain;
    await this.#reserve.release();
    const problems = [...this.#problems];
    if (this.#failed) problems.push(...(await this.#slices.mend()));
    if (this.sliceCount > 0) await this.#writePlaylist(true).catch((error: unknown) => problems.push(error));
    problems.push(...(await this.#parts.completeAll(goesOn)));
    if (problems.length === 0 && !goesOn) await this.#tidy();
    return problems.map((error) => diskError(error, this.#options.plan.folder));
  }

  #path(name: string): string {
    return join(this.#options.plan.folder, name);
  }

  #opened(slice: OpenSlice): void {
    this.#slices.opened(slice);
    const written = this.#then(() => this.#slices.writeOpened(slice));
    this.#current = new AppendFile(this.#path(slice.name), written, (error) => this.#fail(error));
    if (slice.part > 0) void this.#then(async () => this.#parts.completeBefore(slice.part));
    const after = slice.discontinuity ? this.#latest : null;
    this.#options.onSliceOpened(slice, after ? endMsOf(after) : slice.startMs);
  }

  #append(bytes: Buffer): void {
    this.#bytes += bytes.length;
    this.#current?.append(bytes);
  }

  #closed(slice: Slice): void {
    const file = this.#current;
    this.#current = null;
    this.#latest = slice;
    void this.#then(async () => {
      await file?.close();
      if (this.#failed) return;
      await this.#slices.closed(slice);
      this.#tell(slice);
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

  #tell({ name, part }: Slice): void {
    if (this.#options.plan.hls) this.#options.onReady({ name, kind: 'slice', part });
  }

  /** Whoever listened before may not have heard of all that is there. */
  #tellAll(): void {
    for (const slice of this.#slices.whole) if (existsSync(this.#slices.pathOf(slice))) this.#tell(slice);
    for (const part of this.#slices.assembled) {
      const name = mp4Name(this.#options.plan.stem, part);
      if (existsSync(this.#path(name))) this.#options.onReady({ name, kind: 'mp4', part });
    }
  }

  async #writePlaylist(ended: boolean): Promise<void> {
    const { plan, media, onReady } = this.#options;
    if (!plan.hls) return;
    const name = playlistName(plan.stem);
    const text = buildPlaylist(this.#slices.whole, { ended, picture: media.picture, sound: media.sound !== null });
    // Renamed into place, so that a reader never sees half a playlist.
    await writeFile(this.#path(`${name}.part`), text);
    await rename(this.#path(`${name}.part`), this.#path(name));
    onReady({ name, kind: 'playlist', part: 0 });
  }

  async #tidy(): Promise<void> {
    const { plan } = this.#options;
    if (!plan.hls) for (const slice of this.#slices.whole) await rm(this.#slices.pathOf(slice), { force: true });
    await this.#slices.forget();
    // Nothing was recorded: no empty folder stays. One that holds something else does.
    if (this.sliceCount === 0) await rmdir(plan.folder).catch(() => {});
  }
}

/** Reads what a dead process left, and makes whole what it was writing. */
async function takeUp(options: RecordingFilesOptions): Promise<{ slices: Slices; problems: unknown[] }> {
  const slices = slicesOf(options);
  await slices.read();
  // With a full disk this makes the room that mending needs.
  await reserveOf(options.plan).release();
  return { slices, problems: await slices.mend() };
}

function slicesOf({ plan, media }: RecordingFilesOptions): Slices {
  return new Slices(plan, tracksOf(media));
}

/** Wall time: within a slice nothing is left out. */
function endMsOf({ startMs, mediaStart, mediaEnd }: Slice): number {
  return startMs + ((mediaEnd - mediaStart) / TICKS_PER_SECOND) * 1000;
}

function reserveOf({ folder, stem }: FilesPlan): Reserve {
  return new Reserve(join(folder, `${stem}.reserve`));
}

function diskError(error: unknown, folder: string): RecorderError {
  if (error instanceof RecorderError) return error;
  const full = (error as NodeJS.ErrnoException).code === 'ENOSPC';
  const text = full
    ? `expected room in ${folder}, the disk is full`
    : `expected to write to ${folder}: ${messageOf(error)}`;
  return new RecorderError(full ? 'disk_full' : 'internal', text, { cause: error });
}
