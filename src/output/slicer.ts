import type { OpenSlice, Slice } from './journal.ts';
import { sliceName } from './names.ts';
import type { TimedFrame } from './take.ts';
import { SOUND_TICKS, type Tracks } from './tracks.ts';
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
/** Key frames come by the capture's clock: one that is due when a slice is full may come this much before it is. */
const EARLY_S = 0.5;
/** Sound waits for the pictures that it belongs to for no longer than this: the encoder keeps a picture until it sees the next. */
const LONGEST_WAIT_S = 4;

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
  #missing = 0;
  /** Media time at which what is written ends. */
  #end = 0;
  /** Sound that the next slice may have to begin with: it is written when a picture of its time has come. */
  #waiting: TimedFrame[] = [];
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

  /** The next frame does not follow the last one in wall time. @param mediaEnd where that ends: its last picture is shown until then */
  breakHere(mediaEnd?: number): void {
    this.#discontinuity = true;
    this.#release();
    this.#end = mediaEnd ?? this.#end;
    this.close();
  }

  push(frame: TimedFrame): void {
    if (frame.kind !== this.#options.tracks.lead) this.#pushSound(frame);
    else this.#pushLeading(frame);
  }

  close(): void {
    this.#release();
    const open = this.#open;
    if (!open) return;
    this.#open = null;
    this.#partBytes += this.#bytes;
    const measure = { mediaEnd: this.#end, bytes: this.#bytes, pictures: this.#pictures, missing: this.#missing };
    this.#options.onClose({ ...open, ...measure });
  }

  #pushLeading(frame: TimedFrame): void {
    this.#release((sound) => sound.mediaTime < frame.mediaTime);
    if (frame.kind === 'audio' || frame.key) this.#atCut(frame);
    this.#write(frame);
    this.#release((sound) => !this.#isFull(sound));
  }

  #pushSound(frame: TimedFrame): void {
    const first = this.#waiting[0] ?? frame;
    // Pictures come later than sound, the longer the screen stands still.
    if (this.#waiting.length > 0 || this.#isFull(frame)) this.#waiting.push(frame);
    else this.#write(frame);
    if (frame.mediaTime - first.mediaTime > LONGEST_WAIT_S * TICKS_PER_SECOND) this.#release();
  }

  /** Writes the sound that waits, up to the first that is not ready. */
  #release(isReady: (sound: TimedFrame) => boolean = () => true): void {
    const held = this.#waiting.findIndex((sound) => !isReady(sound));
    for (const sound of this.#waiting.splice(0, held < 0 ? this.#waiting.length : held)) this.#write(sound);
  }

  #write(frame: TimedFrame): void {
    if (!this.#open) return;
    const { lead, interval } = this.#options.tracks;
    const length = frame.kind === lead ? interval : SOUND_TICKS;
    this.#end = Math.max(this.#end, frame.mediaTime + length);
    if (frame.kind === 'video') {
      this.#pictures += 1;
      this.#missing += frame.missing;
    }
    this.#emit(frame.packets);
  }

  /** A slice may begin with this frame. */
  #atCut(frame: TimedFrame): void {
    if (this.#partStart === 0) this.#partStart = frame.mediaTime;
    const newPart = this.#partIsFull(frame);
    if (newPart || this.#sliceIsFull(frame)) this.#closeAt(frame);
    if (newPart) {
      this.#part += 1;
      this.#partStart = frame.mediaTime;
      this.#partBytes = 0;
    }
    if (!this.#open) this.#begin(frame);
  }

  /** Its length is told exactly by where the next slice begins; the sound that waits is the next one's. */
  #closeAt({ mediaTime }: TimedFrame): void {
    const next = this.#waiting.splice(0);
    this.#end = mediaTime;
    this.close();
    this.#waiting = next;
  }

  /** Slice or part might end before this frame. */
  #isFull(frame: TimedFrame): boolean {
    return this.#open !== null && (this.#partIsFull(frame) || this.#sliceIsFull(frame));
  }

  #sliceIsFull({ mediaTime }: TimedFrame): boolean {
    const seconds = this.#options.tracks.lead === 'video' ? SLICE_S - EARLY_S : SLICE_S;
    return this.#open !== null && mediaTime - this.#open.mediaStart >= seconds * TICKS_PER_SECOND;
  }

  #partIsFull(frame: TimedFrame): boolean {
    const { maxPartTicks, maxPartBytes } = this.#options;
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
    this.#missing = 0;
    this.#end = frame.mediaTime;
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
