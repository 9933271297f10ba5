import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FilesPlan } from '../recording/plan.ts';
import { Journal, journalPath, type OpenSlice, type Slice } from './journal.ts';
import { countersOf, mendSlice } from './measure-slice.ts';
import type { SlicerPast } from './slicer.ts';
import type { Tracks } from './tracks.ts';
import { TICKS_PER_SECOND } from './transport-stream.ts';

/** What slices hold together. */
export interface Sums {
  readonly mediaMs: number;
  readonly bytes: number;
  readonly pictures: number;
  readonly missing: number;
}

/** The slices of a recording, as files and as lines of its journal: first the file, then the line. */
export class Slices {
  readonly #folder: string;
  readonly #tracks: Tracks;
  readonly #journal: Journal;
  readonly #journalPath: string;
  #whole: Slice[] = [];
  /** Begun, and not known to be whole. */
  #unfinished: OpenSlice[] = [];
  #assembled = new Set<number>();
  /** Wall time at which each part begins. Kept apart: a month has 170,000 slices. */
  readonly #partStarts = new Map<number, number>();

  constructor(plan: FilesPlan, tracks: Tracks) {
    this.#folder = plan.folder;
    this.#tracks = tracks;
    this.#journalPath = journalPath(plan);
    this.#journal = new Journal(this.#journalPath);
  }

  /** Whole slices in order. */
  get whole(): readonly Slice[] {
    return this.#whole;
  }

  /** Numbers of the MP4s that stand. */
  get assembled(): ReadonlySet<number> {
    return this.#assembled;
  }

  /** Number of the part that is recorded into. */
  get part(): number {
    return this.#latest?.part ?? 0;
  }

  /** Media time at which the last one ends; null before there is one. */
  get mediaEnd(): number | null {
    return this.#whole.at(-1)?.mediaEnd ?? null;
  }

  /** Wall time of the first frame, or of the first one of a part; 0 before there is one. */
  startMs(part = 0): number {
    return this.#partStarts.get(part) ?? 0;
  }

  ofPart(part: number): Slice[] {
    return this.#whole.filter((slice) => slice.part === part);
  }

  pathOf({ name }: Pick<Slice, 'name'>): string {
    return join(this.#folder, name);
  }

  /** What the recording consists of so far. */
  get sums(): Sums {
    const sum = (of: (slice: Slice) => number) => this.#whole.reduce((total, slice) => total + of(slice), 0);
    return {
      mediaMs: (sum(({ mediaStart, mediaEnd }) => mediaEnd - mediaStart) / TICKS_PER_SECOND) * 1000,
      bytes: sum(({ bytes }) => bytes),
      pictures: sum(({ pictures }) => pictures),
      missing: sum(({ missing }) => missing),
    };
  }

  /** Where a slicer that goes on begins. */
  async past(): Promise<SlicerPast> {
    const last = this.#whole.at(-1);
    // An MP4 that stands gets nothing more.
    const part = this.#assembled.has(this.part) ? this.part + 1 : this.part;
    const inPart = this.ofPart(part);
    return {
      part,
      partStart: inPart[0]?.mediaStart ?? 0,
      partBytes: inPart.reduce((sum, { bytes }) => sum + bytes, 0),
      counters: last ? await countersOf(this.pathOf(last)) : new Map(),
    };
  }

  /** Begins without a past: a journal of that name is of another recording. */
  async forget(): Promise<void> {
    await rm(this.#journalPath, { force: true });
  }

  /** Takes up what the journal tells. */
  async read(): Promise<void> {
    const { slices, open, assembled } = await this.#journal.read();
    this.#whole = slices;
    this.#unfinished = open ? [open] : [];
    this.#assembled = new Set(assembled);
    for (const slice of [...this.#whole, ...this.#unfinished]) this.#noteStart(slice);
  }

  opened(slice: OpenSlice): void {
    this.#unfinished.push(slice);
    this.#noteStart(slice);
  }

  async writeOpened(slice: OpenSlice): Promise<void> {
    await this.#journal.opened(slice);
  }

  async closed(slice: Slice): Promise<void> {
    this.#settle(slice, slice);
    await this.#journal.closed(slice);
  }

  async setAssembled(part: number): Promise<void> {
    await this.#journal.assembled(part);
    this.#assembled.add(part);
  }

  /** Makes whole, or removes, what was being written when writing failed. @returns what could not be mended. */
  async mend(): Promise<unknown[]> {
    const problems: unknown[] = [];
    for (const open of [...this.#unfinished]) await this.#mend(open).catch((error: unknown) => problems.push(error));
    return problems;
  }

  async #mend(open: OpenSlice): Promise<void> {
    const slice = await mendSlice(this.pathOf(open), open, this.#tracks);
    if (!slice) await this.#remove(open);
    this.#settle(open, slice);
    if (slice) await this.#journal.closed(slice);
  }

  async #remove(open: OpenSlice): Promise<void> {
    await rm(this.pathOf(open), { force: true });
    if (this.#partStarts.get(open.part) === open.startMs) this.#partStarts.delete(open.part);
  }

  #settle({ name }: OpenSlice, slice: Slice | null): void {
    this.#unfinished = this.#unfinished.filter((one) => one.name !== name);
    if (slice) this.#whole.push(slice);
  }

  #noteStart({ part, startMs }: OpenSlice): void {
    if (!this.#partStarts.has(part)) this.#partStarts.set(part, startMs);
  }

  get #latest(): OpenSlice | undefined {
    return this.#unfinished.at(-1) ?? this.#whole.at(-1);
  }
}
