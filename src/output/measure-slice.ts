import { readFile, truncate } from 'node:fs/promises';
import { type Frame, FrameReader } from './frame-reader.ts';
import type { OpenSlice, Slice } from './journal.ts';
import { PACKET, TICKS_PER_SECOND, ticksBetween, wrap } from './transport-stream.ts';

/**
 * Makes a slice whole whose writing was cut off: leaves out its last, possibly incomplete frame and tells its length.
 * @returns null when it holds no complete picture.
 */
export async function mendSlice(path: string, open: OpenSlice, fps: number): Promise<Slice | null> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const { whole, lastPicture } = measure(bytes, open.mediaStart);
  if (lastPicture === null) return null;
  await truncate(path, whole);
  return { ...open, mediaEnd: lastPicture + TICKS_PER_SECOND / fps, bytes: whole };
}

/** Pure: how many bytes hold complete frames, and the recording's time of the last picture among them. */
export function measure(bytes: Buffer, mediaStart: number): { whole: number; lastPicture: number | null } {
  const frames: Frame[] = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  try {
    // A cut within a packet leaves less than one at the end; a power cut may leave zeros, which are no packet.
    reader.push(bytes.subarray(0, bytes.length - (bytes.length % PACKET)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  // The frame still open is not closed here: it may lack packets.
  const pictures = frames.filter((frame) => frame.kind === 'video');
  const last = pictures.at(-1);
  return {
    whole: reader.consumed,
    lastPicture: last ? mediaStart + ticksBetween(last.pts, wrap(mediaStart)) : null,
  };
}
