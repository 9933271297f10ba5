import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  type BlockBlobClient,
  ContainerClient,
  newPipeline,
  type StoragePipelineOptions,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import type { StorageOrder } from '../recording/storage.ts';
import { Calls } from './calls.ts';
import { ATTEMPTS, impatient, type StoreContext, TIME_LIMITS } from './connections.ts';
import { inParallel } from './in-parallel.ts';
import { partBytes, readParts } from './parts.ts';
import { type Range, rangeOf, readRanges } from './ranges.ts';
import type { Store, StoredObject } from './store.ts';
import { StoreError } from './store-error.ts';
import { parseTags } from './tags.ts';
import { azureEndpoint } from './vendors.ts';

/** Blocks that are on their way at once. */
const PARALLEL = 4;

/** A container of an Azure account. */
export class AzureStore implements Store {
  readonly place: string;
  readonly #container: ContainerClient;
  readonly #calls: Calls;
  /** What each blob is stored with besides its type; no empty tags, which it takes for tags. */
  readonly #extras: { readonly tags?: Record<string, string> };

  /** @throws StoreError when the order names no place that there can be */
  constructor(order: StorageOrder, context: StoreContext) {
    const { accessKey: account, secretKey: key, bucket, endpoint, tag } = order;
    const url = azureEndpoint(account, endpoint);
    if (url === null) throw new StoreError('configuration', 'expected accessKey to be the name of an Azure account');
    this.place = `${url}/${bucket}`;
    const pipeline = newPipeline(new StorageSharedKeyCredential(account, key), optionsFor(url, context));
    this.#container = new ContainerClient(`${url}/${encodeURIComponent(bucket)}`, pipeline);
    this.#calls = new Calls(this.place);
    const tags = parseTags(tag);
    this.#extras = tags.length > 0 ? { tags: Object.fromEntries(tags) } : {};
  }

  async put(object: StoredObject, signal: AbortSignal): Promise<void> {
    const blob = this.#container.getBlockBlobClient(object.key);
    if (object.bytes > partBytes(object.bytes)) return await this.#putInBlocks(blob, object, signal);
    for await (const { data } of readParts(object, signal)) {
      await this.#calls.run(signal, (abortSignal) =>
        blob.upload(data, data.length, { ...this.#headOf(object), abortSignal }),
      );
    }
  }

  async get(key: string, signal: AbortSignal): Promise<Readable> {
    const blob = this.#container.getBlockBlobClient(key);
    return await readRanges((from, bytes) => this.#getRange(blob, from, bytes, signal));
  }

  async remove(key: string, signal: AbortSignal): Promise<void> {
    const blob = this.#container.getBlockBlobClient(key);
    await this.#calls.run(signal, (abortSignal) => blob.deleteIfExists({ abortSignal }));
  }

  /** An account's key may do everything, so reading what the container is leaves nothing open. */
  async probe(signal: AbortSignal): Promise<void> {
    await this.#calls.probe(signal, (abortSignal) => this.#container.getProperties({ abortSignal }));
  }

  /** Ends what is under way. */
  [Symbol.dispose](): void {
    this.#calls[Symbol.dispose]();
  }

  #headOf({ contentType }: StoredObject) {
    return { blobHTTPHeaders: { blobContentType: contentType }, ...this.#extras };
  }

  /** Blocks of an upload that was cut off are replaced by those with the same number; the rest goes at the commit. */
  async #putInBlocks(blob: BlockBlobClient, object: StoredObject, signal: AbortSignal): Promise<void> {
    const ids: string[] = [];
    await inParallel(PARALLEL, readParts(object, signal), signal, async ({ number, data }, ended) => {
      const id = blockId(number);
      ids[number - 1] = id;
      await this.#calls.run(ended, (abortSignal) => blob.stageBlock(id, data, data.length, { abortSignal }));
    });
    await this.#calls.run(signal, (abortSignal) => blob.commitBlockList(ids, { ...this.#headOf(object), abortSignal }));
  }

  async #getRange(blob: BlockBlobClient, from: number, bytes: number, signal: AbortSignal): Promise<Range> {
    return await this.#calls.run(signal, async (abortSignal) => {
      const { readableStreamBody, contentRange } = await blob.download(from, bytes, { abortSignal });
      return rangeOf(readableStreamBody ? await buffer(readableStreamBody) : Buffer.alloc(0), contentRange);
    });
  }
}

/** All of the same length, as Azure wants it. */
function blockId(number: number): string {
  return Buffer.from(String(number).padStart(6, '0')).toString('base64');
}

function optionsFor(url: string, { agents, limits = TIME_LIMITS }: StoreContext): StoragePipelineOptions {
  const agent = impatient(url.startsWith('https:') ? agents.https : agents.http, limits);
  const passedOn = {
    // The pipeline below takes these, and the types of this package leave them out. An agent also keeps away proxies that
    // the environment names.
    agent,
    redirectOptions: { maxRetries: 0 },
  };
  return { ...passedOn, retryOptions: { maxTries: ATTEMPTS, retryDelayInMs: 500, maxRetryDelayInMs: 1_000 } };
}
