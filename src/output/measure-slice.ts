import { readFile, truncate } from 'node:fs/promises';
import { type Frame, FrameReader } from './frame-reader.ts';
import type { OpenSlice, Slice } from './journal.ts';
import { PACKET, readContinuity, readHead, TICKS_PER_SECOND, ticksBetween, wrap } from './transport-stream.ts';

/** One block of sound: 1024 samples at 48 kHz. */
const SOUND_TICKS = (1024 / 48_000) * TICKS_PER_SECOND;

/**
 * Makes a slice whole whose writing was cut off: leaves out its last, possibly incomplete frame and tells its length.
 * @returns null when it holds no complete picture.
 */
export async function mendSlice(path: string, open: OpenSlice, fps: number): Promise<Slice | null> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const { whole, pictures, lastPicture, lastSound } = measure(bytes, open.mediaStart);
  if (lastPicture === null) return null;
  await truncate(path, whole);
  // Sound may reach a little beyond the last picture; what is recorded next must not begin under it.
  const mediaEnd = Math.max(lastPicture + TICKS_PER_SECOND / fps, (lastSound ?? 0) + SOUND_TICKS);
  return { ...open, mediaEnd, bytes: whole, pictures };
}

interface Measured {
  /** How many bytes hold complete frames. */
  readonly whole: number;
  readonly pictures: number;
  /** Times on the recording's clock. */
  readonly lastPicture: number | null;
  readonly lastSound: number | null;
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
  const timeOfLast = (kind: Frame['kind']): number | null => {
    const last = frames.findLast((frame) => frame.kind === kind);
    return last ? mediaStart + ticksBetween(last.pts, wrap(mediaStart)) : null;
  };
  return {
    whole: reader.consumed,
    pictures: frames.filter((frame) => frame.kind === 'video').length,
    lastPicture: timeOfLast('video'),
    lastSound: timeOfLast('audio'),
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
