import { addAbortSignal, type Readable } from 'node:stream';
import type { StoredObject } from './store.ts';

const PART_BYTES = 8 * 1024 * 1024;
/** Stores take ten thousand parts. */
const MOST_PARTS = 9_000;

export interface Part {
  /** From 1. */
  readonly number: number;
  readonly data: Buffer;
}

/** Size of all parts but the last. An object that is no larger goes up in one piece. */
export function partBytes(bytes: number): number {
  return PART_BYTES * Math.max(1, Math.ceil(bytes / (PART_BYTES * MOST_PARTS)));
}

/**
 * Reads an object in parts of `partBytes`, the last of which may be shorter. An empty one has one empty part.
 * @throws Error when it is not as long as it says; what reading it throws; the signal's reason
 */
export async function* readParts(
  { bytes, open }: Pick<StoredObject, 'bytes' | 'open'>,
  signal: AbortSignal,
): AsyncGenerator<Part> {
  signal.throwIfAborted();
  const size = Math.min(partBytes(bytes), bytes);
  let number = 1;
  let data = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  let read = 0;
  for await (const chunk of chunksOf(await open(), signal)) {
    let rest = chunk;
    read += rest.length;
    if (read > bytes) break;
    while (rest.length > 0) {
      if (filled === size) {
        yield { number, data };
        number += 1;
        data = Buffer.allocUnsafeSlow(size);
        filled = 0;
      }
      const copied = rest.copy(data, filled);
      filled += copied;
      rest = rest.subarray(copied);
    }
  }
  if (read !== bytes) throw new Error(`expected ${bytes} bytes to store, got ${read > bytes ? 'more' : read}`);
  yield { number, data: data.subarray(0, filled) };
}

async function* chunksOf(stream: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* addAbortSignal(signal, stream);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
