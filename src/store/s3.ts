import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { StorageOrder } from '../recording/storage.ts';
import { Calls } from './calls.ts';
import type { StoreContext } from './connections.ts';
import { inParallel } from './in-parallel.ts';
import { partBytes, readParts } from './parts.ts';
import { type Range, rangeOf, readRanges } from './ranges.ts';
import { openClient } from './s3-client.ts';
import type { Store, StoredObject } from './store.ts';
import { StoreError } from './store-error.ts';
import { tagHeader } from './tags.ts';
import { s3Place } from './vendors.ts';

/** Parts that are on their way at once. */
const PARALLEL = 4;
/** For taking back what was begun; the store may well be away. */
const GIVE_UP_MS = 5_000;
const PROBE_KEY = 'tapehead-probe';
/** How stores refuse a part of an upload that does not exist, when they have nothing against the rest. */
const NO_UPLOAD = ['NoSuchUpload', 'NoSuchKey'];

const SSE = { kms: 'aws:kms', aes256: 'AES256' } as const;

interface Extras {
  readonly ServerSideEncryption?: (typeof SSE)[keyof typeof SSE] | undefined;
  readonly Tagging?: string | undefined;
}

/**
 * A bucket of a vendor that speaks S3. Large objects go up in parts, here and not in the SDK's `Upload`: when a part fails that
 * one sends the others all the same, and when it is aborted it leaves requests under way and resolves before the parts are gone.
 */
export class S3Store implements Store {
  readonly place: string;
  readonly #client: S3Client;
  readonly #calls: Calls;
  readonly #bucket: string;
  /** What each object is stored with besides its type. */
  readonly #extras: Extras;
  readonly #genuine: boolean;

  /** @throws StoreError when the order names no place that there can be */
  constructor(order: StorageOrder, context: StoreContext) {
    const place = s3Place(order.vendor, order.region, order.endpoint);
    if (place === null) throw new StoreError('configuration', `vendor ${order.vendor} has no such region or endpoint`);
    this.place = `${place.endpoint}/${order.bucket}`;
    this.#client = openClient(order, place, context);
    this.#calls = new Calls(this.place);
    this.#bucket = order.bucket;
    this.#genuine = place.genuine;
    this.#extras = {
      ServerSideEncryption: place.encryption && order.sse !== null ? SSE[order.sse] : undefined,
      Tagging: place.tags ? tagHeader(order.tag) : undefined,
    };
  }

  async put(object: StoredObject, signal: AbortSignal): Promise<void> {
    if (object.bytes > partBytes(object.bytes)) return await this.#putInParts(object, signal);
    for await (const { data } of readParts(object, signal)) {
      const command = new PutObjectCommand({ ...this.#headOf(object), Body: data, ContentLength: data.length });
      await this.#calls.run(signal, (abortSignal) => this.#client.send(command, { abortSignal }));
    }
  }

  async get(key: string, signal: AbortSignal): Promise<Readable> {
    return await readRanges((from, bytes) => this.#getRange(key, from, bytes, signal));
  }

  async remove(key: string, signal: AbortSignal): Promise<void> {
    const command = new DeleteObjectCommand(this.#at(key));
    try {
      await this.#calls.run(signal, (abortSignal) => this.#client.send(command, { abortSignal }));
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'NoSuchKey')) throw error;
    }
  }

  /**
   * Sends a part of an upload that does not exist: a key that may only write is enough for that, and nothing is stored. Buckets
   * that demand certain headers (encryption, tags) refuse it, so a refusal is made sure of by beginning an upload.
   */
  async probe(signal: AbortSignal): Promise<void> {
    const part = { ...this.#at(PROBE_KEY), UploadId: 'none', PartNumber: 1, Body: Buffer.from('.') };
    const command = new UploadPartCommand(part);
    try {
      await this.#calls.probe(signal, (abortSignal) => this.#client.send(command, { abortSignal }));
    } catch (error) {
      if (!hasAnswered(error) || error.failure === 'refused') throw error;
      if (NO_UPLOAD.includes(error.code)) return;
    }
    const object = { key: PROBE_KEY, contentType: 'application/octet-stream' };
    const uploadId = await this.#calls.probe(signal, (abortSignal) => this.#begin(object, abortSignal));
    await this.#giveUp(PROBE_KEY, uploadId);
  }

  /** Ends what is under way. */
  [Symbol.dispose](): void {
    this.#calls[Symbol.dispose]();
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: key };
  }

  #headOf({ key, contentType }: Pick<StoredObject, 'key' | 'contentType'>) {
    return { ...this.#at(key), ContentType: contentType, ...this.#extras };
  }

  async #putInParts(object: StoredObject, signal: AbortSignal): Promise<void> {
    await this.#giveUpEarlier(object.key, signal);
    const uploadId = await this.#calls.run(signal, (abortSignal) => this.#begin(object, abortSignal));
    try {
      const parts = await this.#sendParts(object, uploadId, signal);
      const upload = { ...this.#at(object.key), UploadId: uploadId, MultipartUpload: { Parts: parts } };
      const command = new CompleteMultipartUploadCommand(upload);
      await this.#calls.run(signal, (abortSignal) => this.#client.send(command, { abortSignal }));
    } catch (error) {
      await this.#giveUp(object.key, uploadId);
      throw error;
    }
  }

  async #begin(object: Pick<StoredObject, 'key' | 'contentType'>, abortSignal: AbortSignal): Promise<string> {
    const checksum = this.#genuine ? ({ ChecksumAlgorithm: 'CRC32' } as const) : {};
    const command = new CreateMultipartUploadCommand({ ...this.#headOf(object), ...checksum });
    const { UploadId } = await this.#client.send(command, { abortSignal });
    if (UploadId === undefined) throw new StoreError('configuration', `${this.place} answers, but not as S3 does`);
    return UploadId;
  }

  async #sendParts(object: StoredObject, uploadId: string, signal: AbortSignal): Promise<CompletedPart[]> {
    const parts: CompletedPart[] = [];
    await inParallel(PARALLEL, readParts(object, signal), signal, async ({ number, data }, ended) => {
      const part = { ...this.#at(object.key), UploadId: uploadId, PartNumber: number, Body: data };
      const command = new UploadPartCommand({ ...part, ContentLength: data.length });
      const sent = await this.#calls.run(ended, (abortSignal) => this.#client.send(command, { abortSignal }));
      parts[number - 1] = { PartNumber: number, ETag: sent.ETag, ChecksumCRC32: sent.ChecksumCRC32 };
    });
    return parts;
  }

  /** Parts of an upload that was cut off cost money until somebody takes them away. A key may lack the right to see them. */
  async #giveUpEarlier(key: string, signal: AbortSignal): Promise<void> {
    const command = new ListMultipartUploadsCommand({ Bucket: this.#bucket, Prefix: key });
    try {
      const found = await this.#calls.run(signal, (abortSignal) => this.#client.send(command, { abortSignal }));
      for (const { Key, UploadId } of found.Uploads ?? []) {
        if (Key === key && UploadId !== undefined) await this.#giveUp(key, UploadId);
      }
    } catch (error) {
      if (!hasAnswered(error)) throw error;
    }
  }

  /** As well as it can be done: whatever led to it is what the caller has to know. */
  async #giveUp(key: string, uploadId: string): Promise<void> {
    const command = new AbortMultipartUploadCommand({ ...this.#at(key), UploadId: uploadId });
    await this.#client.send(command, { abortSignal: AbortSignal.timeout(GIVE_UP_MS) }).catch(() => {});
  }

  async #getRange(key: string, from: number, bytes: number, signal: AbortSignal): Promise<Range> {
    const command = new GetObjectCommand({ ...this.#at(key), Range: `bytes=${from}-${from + bytes - 1}` });
    return await this.#calls.run(signal, async (abortSignal) => {
      const { Body, ContentRange } = await this.#client.send(command, { abortSignal });
      return rangeOf(Buffer.from((await Body?.transformToByteArray()) ?? []), ContentRange);
    });
  }
}

function hasAnswered(error: unknown): error is StoreError {
  return error instanceof StoreError && error.failure !== 'unreachable';
}
