import { readFile, truncate } from 'node:fs/promises';
import { type Frame, FrameReader } from './frame-reader.ts';
import type { OpenSlice, Slice } from './journal.ts';
import { SOUND_TICKS, type TrackKind, type Tracks } from './tracks.ts';
import { PACKET, readContinuity, readHead, ticksBetween, wrap } from './transport-stream.ts';

/**
 * Makes a slice whose writing was cut off whole: leaves out what is possibly incomplete, and tells its length. Places without a
 * picture of their own are not known any more.
 * @returns null when it holds no complete picture, or without pictures no complete block of sound.
 */
export async function mendSlice(path: string, open: OpenSlice, { lead, interval }: Tracks): Promise<Slice | null> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const { whole, pictures, last } = measure(bytes, open.mediaStart);
  const lastLeading = last[lead];
  if (lastLeading === null) return null;
  await truncate(path, whole);
  // Sound goes on while a picture stands still; what is recorded next must not begin under it.
  const mediaEnd = Math.max(lastLeading + interval, (last.audio ?? 0) + SOUND_TICKS);
  return { ...open, mediaEnd, bytes: whole, pictures, missing: 0 };
}

interface Measured {
  /** How many bytes hold complete frames. */
  readonly whole: number;
  readonly pictures: number;
  /** Of each kind the time of the last one, on the recording's clock. */
  readonly last: Readonly<Record<TrackKind, number | null>>;
}

/** Pure: what is complete in the bytes of a slice. */
export function measure(bytes: Buffer, mediaStart: number): Measured {
  const frames: Frame[] = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  try {
    // A cut within a packet leaves less than one at the end; a power cut may leave zeros, which are no packet.
    reader.push(bytes.subarray(0, bytes.length - (bytes.length % PACKET)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  // The frame still open is not closed here: it may lack packets.
  const timeOfLast = (kind: TrackKind): number | null => {
    const last = frames.findLast((frame) => frame.kind === kind);
    return last ? mediaStart + ticksBetween(last.pts, wrap(mediaStart)) : null;
  };
  return {
    whole: reader.consumed,
    pictures: frames.filter((frame) => frame.kind === 'video').length,
    last: { video: timeOfLast('video'), audio: timeOfLast('audio') },
  };
}

/** The last packet counter of each stream in a slice, for what is written after it. Empty when it cannot be read. */
export async function countersOf(path: string): Promise<ReadonlyMap<number, number>> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const counters = new Map<number, number>();
  for (let at = 0; at + PACKET <= bytes.length; at += PACKET) {
    const packet = bytes.subarray(at, at + PACKET);
    counters.set(readHead(packet).pid, readContinuity(packet));
  }
  return counters;
}
