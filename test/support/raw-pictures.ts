import { createReadStream } from 'node:fs';

/** A raw picture as the capture helper gives it. */
export interface RawPicture {
  /** Microseconds. */
  readonly time: number;
  /** I420. */
  readonly data: Buffer;
}

const SEGMENT = 0x18538067;
const CLUSTER = 0x1f43b675;
const TIMESTAMP = 0xe7;
const SIMPLE_BLOCK = 0xa3;
/** Elements to be looked into; others are passed over. */
const NESTS = new Set([SEGMENT, CLUSTER]);

/** Reads Matroska from a pipe, without leniency: each cluster has one picture, which has the cluster's time. */
export async function* readRawPictures(pipe: string): AsyncGenerator<RawPicture, void, undefined> {
  let time: number | null = null;
  for await (const { id, body } of readElements(pipe)) {
    if (id === TIMESTAMP) time = Number(body.readBigUInt64BE(0));
    if (id !== SIMPLE_BLOCK) continue;
    if (time === null) throw new Error('expected a time before each picture');
    if (body.readUInt32BE(0) !== 0x81000080) throw new Error(`expected track 1 at 0, got ${body.readUInt32BE(0)}`);
    yield { time, data: body.subarray(4) };
    time = null;
  }
}

interface Element {
  readonly id: number;
  readonly body: Buffer;
}

async function* readElements(pipe: string): AsyncGenerator<Element, void, undefined> {
  const bytes = new ByteReader(createReadStream(pipe, { highWaterMark: 1 << 20 }));
  for (;;) {
    const first = await bytes.take(1);
    if (first.length === 0) return;
    const id = Buffer.concat([first, await bytes.take(lengthOf(first[0] ?? 0) - 1)]).readUIntBE(
      0,
      lengthOf(first[0] ?? 0),
    );
    const start = await bytes.take(1);
    const length = lengthOf(start[0] ?? 0);
    const size = Buffer.concat([start, await bytes.take(length - 1)]);
    size[0] = (size[0] ?? 0) & ((0x80 >> (length - 1)) - 1);
    if (NESTS.has(id)) continue;
    yield { id, body: await bytes.take(length === 8 ? Number(size.readBigUInt64BE(0)) : size.readUIntBE(0, length)) };
  }
}

/** Of an identifier or a size: it is in the first bits. */
function lengthOf(first: number): number {
  return Math.clz32(first) - 23;
}

class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #parts: Buffer[] = [];
  #there = 0;

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** So many bytes, fewer at the end. */
  async take(count: number): Promise<Buffer> {
    while (this.#there < count) {
      const { value, done } = await this.#chunks.next();
      if (done === true) break;
      this.#parts.push(value);
      this.#there += value.length;
    }
    const all = this.#parts.length === 1 ? (this.#parts[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#parts);
    const taken = all.subarray(0, count);
    this.#parts = [all.subarray(count)];
    this.#there = all.length - taken.length;
    return taken;
  }
}
