import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Store, StoredObject } from '../../src/store/store.ts';
import type { StoreError } from '../../src/store/store-error.ts';

export type StoreCall = 'put' | 'get' | 'remove' | 'probe';

/** A bucket in memory that fails as it is told. All stores opened on it share it. */
export class MemoryBucket {
  readonly objects = new Map<string, Buffer>();
  readonly contentTypes = new Map<string, string>();
  /** Calls that came, in order: `put KEY`. */
  readonly calls: string[] = [];
  /** Stores that are open. */
  open = 0;
  /** Asked for each call; null lets it through. */
  fault: (call: StoreCall, key: string) => StoreError | null = () => null;
  /** Puts wait for it. */
  gate: Promise<void> | null = null;
  /** Puts under way, and the most there ever were. */
  busy = 0;
  busiest = 0;
  /** Looks at the bucket after each change. */
  onChange: () => void = () => {};
  readonly place: string;

  constructor(place = 'memory://bucket') {
    this.place = place;
  }

  openStore(): Store {
    this.open += 1;
    return new MemoryStore(this);
  }

  text(key: string): string | null {
    return this.objects.get(key)?.toString('utf8') ?? null;
  }

  /** Puts of keys with this ending so far. */
  puts(ending = ''): number {
    return this.calls.filter((call) => call.startsWith('put ') && call.endsWith(ending)).length;
  }
}

class MemoryStore implements Store {
  readonly #bucket: MemoryBucket;
  #closed = false;

  constructor(bucket: MemoryBucket) {
    this.#bucket = bucket;
  }

  get place(): string {
    return this.#bucket.place;
  }

  async put({ key, bytes, contentType, open }: StoredObject, signal: AbortSignal): Promise<void> {
    const bucket = this.#bucket;
    this.#called('put', key);
    bucket.busy += 1;
    bucket.busiest = Math.max(bucket.busiest, bucket.busy);
    try {
      if (bucket.gate) await Promise.race([bucket.gate, aborted(signal)]);
      const fault = bucket.fault('put', key);
      if (fault) throw fault;
      const body = await buffer(await open());
      if (body.length !== bytes) throw new Error(`expected ${bytes} bytes, ${body.length} came`);
      bucket.objects.set(key, body);
      bucket.contentTypes.set(key, contentType);
      bucket.onChange();
    } finally {
      bucket.busy -= 1;
    }
  }

  async get(key: string): Promise<Readable> {
    this.#called('get', key);
    const fault = this.#bucket.fault('get', key);
    const body = this.#bucket.objects.get(key);
    if (fault || !body) throw fault ?? new Error(`no ${key}`);
    return Readable.from([body]);
  }

  async remove(key: string): Promise<void> {
    this.#called('remove', key);
    const fault = this.#bucket.fault('remove', key);
    if (fault) throw fault;
    this.#bucket.objects.delete(key);
    this.#bucket.onChange();
  }

  async probe(): Promise<void> {
    this.#called('probe', '');
    const fault = this.#bucket.fault('probe', '');
    if (fault) throw fault;
  }

  [Symbol.dispose](): void {
    if (this.#closed) throw new Error('closed twice');
    this.#closed = true;
    this.#bucket.open -= 1;
  }

  #called(call: StoreCall, key: string): void {
    if (this.#closed) throw new Error(`${call} on a closed store`);
    this.#bucket.calls.push(`${call} ${key}`);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
  });
}
