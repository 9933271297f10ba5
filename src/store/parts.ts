import { addAbortSignal, type Readable } from 'node:stream';
import type { StoredObject } from './store.ts';

const PART_BYTES = 8 * 1024 * 1024;
/** Stores take ten thousand parts. */
const MOST_PARTS = 9_000;

export interface Part {
  /** From 1. */
  readonly number: number;
  readonly data: Buffer;
  /** Tells that nobody looks at `data` any more: its memory then serves a later part, which keeps garbage from piling up. */
  readonly release: () => void;
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
  const spare: Buffer[] = [];
  const next = () => spare.pop() ?? Buffer.allocUnsafeSlow(size);
  const part = (data: Buffer, number: number) => ({ number, data, release: () => spare.push(data) });
  let number = 1;
  let data = next();
  let filled = 0;
  let read = 0;
  for await (const chunk of chunksOf(await open(), signal)) {
    let rest = chunk;
    read += rest.length;
    if (read > bytes) break;
    while (rest.length > 0) {
      if (filled === size) {
        yield part(data, number);
        number += 1;
        data = next();
        filled = 0;
      }
      const copied = rest.copy(data, filled);
      filled += copied;
      rest = rest.subarray(copied);
    }
  }
  if (read !== bytes) throw new Error(`expected ${bytes} bytes to store, got ${read > bytes ? 'more' : read}`);
  yield part(data.subarray(0, filled), number);
}

async function* chunksOf(stream: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* addAbortSignal(signal, stream);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
