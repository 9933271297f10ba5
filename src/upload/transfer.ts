import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { messageOf } from '../errors.ts';
import type { ReadyFile } from '../recording/link.ts';
import type { StoredObject } from '../store/store.ts';
import { bytesOf } from './local-copies.ts';
import type { Target } from './target.ts';

/** As players and stores know them. */
const CONTENT_TYPES: Readonly<Record<ReadyFile['kind'], string>> = {
  slice: 'video/MP2T',
  playlist: 'application/x-mpegURL',
  mp4: 'video/mp4',
};

/** At a time. With Node's own 64 kB, reading a large file takes half as much CPU time again. */
const READ_BYTES = 2 ** 19;

/** What was to be stored could not be read: no store is to blame. */
export class SourceError extends Error {}

/** An object on its way: what it is, and its key where it goes to. */
export interface Parcel {
  readonly kind: ReadyFile['kind'];
  readonly key: string;
}

/**
 * @returns the bytes that were sent
 * @throws StoreError, SourceError
 */
export async function sendFile(path: string, parcel: Parcel, target: Target, signal: AbortSignal): Promise<number> {
  const bytes = bytesOf(path);
  if (bytes === null) throw new SourceError(`expected ${path} to be stored; it is gone`);
  await put({ ...parcel, bytes, open: () => createReadStream(path, { highWaterMark: READ_BYTES }) }, target, signal);
  return bytes;
}

/** @throws StoreError */
export async function sendText(text: string, parcel: Parcel, target: Target, signal: AbortSignal): Promise<void> {
  const body = Buffer.from(text);
  await put({ ...parcel, bytes: body.length, open: () => Readable.from([body]) }, target, signal);
}

/**
 * From one store to another, without touching the disk.
 * @throws StoreError of the store that it goes to; SourceError when it could not be read from where it is
 */
export async function handOver(
  from: { readonly target: Target; readonly key: string; readonly bytes: number },
  parcel: Parcel,
  to: Target,
  signal: AbortSignal,
): Promise<void> {
  let unreadable: unknown = null;
  const open = async () => {
    const noteDown = (error: unknown) => {
      unreadable = error;
    };
    const opened = from.target.use((store) => store.get(from.key, signal));
    opened.then((body) => body.once('error', noteDown), noteDown);
    return await opened;
  };
  await to.use(async (store) => {
    try {
      await store.put({ ...described(parcel), bytes: from.bytes, open }, signal);
    } catch (error) {
      throw unreadable === null ? error : new SourceError(messageOf(unreadable), { cause: unreadable });
    }
  });
}

async function put(
  { kind, key, bytes, open }: Parcel & Pick<StoredObject, 'bytes' | 'open'>,
  target: Target,
  signal: AbortSignal,
): Promise<void> {
  await target.use((store) => store.put({ ...described({ kind, key }), bytes, open }, signal));
}

function described({ kind, key }: Parcel): Pick<StoredObject, 'key' | 'contentType'> {
  return { key, contentType: CONTENT_TYPES[kind] };
}
