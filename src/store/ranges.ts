import { Readable } from 'node:stream';
import { StoreError } from './store-error.ts';

const RANGE_BYTES = 8 * 1024 * 1024;

/** A stretch of an object, and how long the whole is. */
export interface Range {
  readonly data: Buffer;
  readonly totalBytes: number;
}

/** There is no stretch to be had of an empty object: stores answer 416. */
const EMPTY: Range = { data: Buffer.alloc(0), totalBytes: 0 };

/** What is told by `bytes 0-9/20`; of a store that sends the whole, there is no such header. */
export function rangeOf(data: Buffer, contentRange: string | undefined): Range {
  return { data, totalBytes: Number(/\/(\d+)$/.exec(contentRange ?? '')?.[1] ?? data.length) };
}

/**
 * An object as a stream, fetched in stretches: whoever reads slowly keeps no connection waiting, which the store or our own
 * limit of time would end. The first stretch is fetched before this resolves.
 */
export async function readRanges(fetch: (from: number, bytes: number) => Promise<Range>): Promise<Readable> {
  const first = await fetch(0, RANGE_BYTES).catch((error: unknown) => {
    if (error instanceof StoreError && error.status === 416) return EMPTY;
    throw error;
  });
  return Readable.from(rangesFrom(first, fetch), { objectMode: false, highWaterMark: 0 });
}

async function* rangesFrom(first: Range, fetch: (from: number, bytes: number) => Promise<Range>) {
  if (first.totalBytes > 0) yield first.data;
  let read = first.data.length;
  while (read < first.totalBytes) {
    const { data } = await fetch(read, RANGE_BYTES);
    if (data.length === 0) throw new StoreError('refused', `expected ${first.totalBytes} bytes, got ${read}`);
    yield data;
    read += data.length;
  }
}
