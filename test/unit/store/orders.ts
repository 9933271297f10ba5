import { Readable } from 'node:stream';
import type { StorageOrder } from '../../../src/recording/storage.ts';
import type { StoredObject } from '../../../src/store/store.ts';

/** Never aborted. */
export const GO_ON = new AbortController().signal;

export function orderOf(more: Partial<StorageOrder>): StorageOrder {
  return {
    vendor: 11,
    region: 0,
    bucket: 'recordings',
    accessKey: 'AKID',
    secretKey: 'hidden-secret',
    stsToken: null,
    endpoint: null,
    sse: null,
    tag: null,
    ...more,
  };
}

export function objectOf(key: string, data: Buffer, contentType = 'video/mp4'): StoredObject {
  return { key, bytes: data.length, contentType, open: () => Readable.from([data], { objectMode: false }) };
}

/** Bytes in which no stretch is like another. */
export function numbered(bytes: number): Buffer {
  return Buffer.from(new Uint32Array(Math.ceil(bytes / 4)).map((_, index) => index).buffer).subarray(0, bytes);
}
