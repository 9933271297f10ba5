import type { OpenSlice, Slice } from './journal.ts';
import { sliceName } from './names.ts';
import type { TimedFrame } from './take.ts';
import type { Tracks } from './tracks.ts';
import {
  PACKET,
  PID_AUDIO,
  PID_PAT,
  PID_PMT,
  PID_VIDEO,
  readHead,
  TICKS_PER_SECOND,
  writeContinuity,
} from './transport-stream.ts';

/** A slice ends at the first key frame after this time, without pictures at the first block of sound. */
const SLICE_S = 15;

export interface SlicerOptions {
  readonly stem: string;
  readonly tracks: Tracks;
  /** A new part is begun at the first key frame, or block of sound, after this much media, in ticks, or this many bytes. */
  readonly maxPartTicks: number;
  readonly maxPartBytes: number;
  /** What was recorded before, by a process that died. */
  readonly past?: SlicerPast;
  readonly onOpen: (slice: OpenSlice) => void;
  readonly onBytes: (bytes: Buffer) => void;
  readonly onClose: (slice: Slice) => void;
}

/** Where another slicer was when it ended. */
export interface SlicerPast {
  readonly part: number;
  /** Media time at which the part begins. */
  readonly partStart: number;
  readonly partBytes: number;
  /** Last packet counter of each stream. */
  readonly counters: ReadonlyMap<number, number>;
}

/** Divides the recording's frames into slices. Knows no files: tells what begins, what it holds, what ends. */
export class Slicer {
  readonly #options: SlicerOptions;
  readonly #counters: Map<number, number>;
  #tables: Buffer | null = null;
  #open: OpenSlice | null = null;
  #bytes = 0;
  #pictures = 0;
  #end = 0;
  #discontinuity = true;
  #part: number;
  #partStart: number;
  #partBytes: number;

  constructor(options: SlicerOptions) {
    this.#options = options;
    const { past } = options;
    this.#counters = new Map(past?.counters);
    this.#part = past?.part ?? 0;
    this.#partStart = past?.partStart ?? 0;
    this.#partBytes = past?.partBytes ?? 0;
  }

  /** What a decoder must know first; put at the head of each slice. */
  set tables(tables: Buffer) {
    this.#tables = tables;
  }

  /** The next frame does not follow the last one in wall time. @param mediaEnd where that ends, if before the next was due */
  breakHere(mediaEnd = Number.POSITIVE_INFINITY): void {
    this.#discontinuity = true;
    this.#end = Math.min(this.#end, mediaEnd);
    this.close();
  }

  push(frame: TimedFrame): void {
    const { lead, interval } = this.#options.tracks;
    const leading = frame.kind === lead;
    if (leading && (frame.kind === 'audio' || frame.key)) this.#atCut(frame);
    if (!this.#open) return;
    if (leading) this.#end = frame.mediaTime + interval;
    if (frame.kind === 'video') this.#pictures += 1;
    this.#emit(frame.packets);
  }

  close(): void {
    const open = this.#open;
    if (!open) return;
    this.#open = null;
    this.#partBytes += this.#bytes;
    this.#options.onClose({ ...open, mediaEnd: this.#end, bytes: this.#bytes, pictures: this.#pictures });
  }

  /** A slice may begin with this frame. */
  #atCut(frame: TimedFrame): void {
    const newPart = this.#partIsFull(frame);
    const sliceIsFull = this.#open && frame.mediaTime - this.#open.mediaStart >= SLICE_S * TICKS_PER_SECOND;
    // A slice's length is told exactly by where the next one begins.
    if (newPart || sliceIsFull) {
      this.#end = frame.mediaTime;
      this.close();
    }
    if (newPart) {
      this.#part += 1;
      this.#partStart = frame.mediaTime;
      this.#partBytes = 0;
    }
    if (!this.#open) this.#begin(frame);
  }

  #partIsFull(frame: TimedFrame): boolean {
    const { maxPartTicks, maxPartBytes } = this.#options;
    if (this.#partStart === 0) this.#partStart = frame.mediaTime;
    return frame.mediaTime - this.#partStart >= maxPartTicks || this.#partBytes + this.#bytesOpen() >= maxPartBytes;
  }

  #bytesOpen(): number {
    return this.#open ? this.#bytes : 0;
  }

  #begin(frame: TimedFrame): void {
    const name = sliceName(this.#options.stem, frame.capturedMs);
    const start = { startMs: frame.capturedMs, mediaStart: frame.mediaTime };
    this.#open = { name, ...start, discontinuity: this.#discontinuity, part: this.#part };
    this.#discontinuity = false;
    this.#bytes = 0;
    this.#pictures = 0;
    this.#options.onOpen(this.#open);
    if (this.#tables) this.#emit(Buffer.from(this.#tables));
  }

  #emit(packets: Buffer): void {
    this.#number(packets);
    this.#bytes += packets.length;
    this.#options.onBytes(packets);
  }

  /** Counts on over all slices, so that joined together they read as one stream. */
  #number(packets: Buffer): void {
    for (let at = 0; at < packets.length; at += PACKET) {
      const packet = packets.subarray(at, at + PACKET);
      const { pid, hasPayload } = readHead(packet);
      if (!COUNTED.has(pid)) continue;
      const last = this.#counters.get(pid) ?? 15;
      const next = hasPayload ? (last + 1) % 16 : last;
      this.#counters.set(pid, next);
      writeContinuity(packet, next);
    }
  }
}

const COUNTED = new Set([PID_PAT, PID_PMT, PID_VIDEO, PID_AUDIO]);
