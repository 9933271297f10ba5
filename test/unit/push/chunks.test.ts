import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChunkReader, FIRST_CHUNK_SIZE, MESSAGE, type Message, writeMessage } from '../../../src/push/chunks.ts';

const EXTENDED = 0xffffff;

/** Plain objects, as deepEqual wants them. */
const plain = { noNullPrototype: true } as const;

const message: fc.Arbitrary<Message> = fc.record(
  {
    type: fc.constantFrom(MESSAGE.audio, MESSAGE.video, MESSAGE.data, MESSAGE.command),
    streamId: fc.integer({ min: 0, max: 3 }),
    timestamp: fc.oneof(
      fc.integer({ min: 0, max: 100_000 }),
      fc.integer({ min: EXTENDED - 2, max: EXTENDED + 2 }),
      fc.integer({ min: 0, max: 0xffffffff }),
    ),
    body: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  },
  plain,
);

/** Reads bytes that arrive in pieces of the given sizes, over and over. */
function readAll(bytes: Buffer, sizes: readonly number[]): Message[] {
  const reader = new ChunkReader();
  const messages: Message[] = [];
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    messages.push(...reader.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return messages;
}

function setChunkSize(size: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt32BE(size);
  return writeMessage(2, { type: MESSAGE.chunkSize, streamId: 0, timestamp: 0, body }, FIRST_CHUNK_SIZE);
}

const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 10 });

test('messages come out as they went in, whatever the chunk size and however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 8 }),
      fc.integer({ min: 1, max: 5000 }),
      sizes,
      (messages, size, cuts) => {
        const written = messages.map((one, i) => writeMessage(3 + (i % 5), one, size));
        assert.deepEqual(readAll(Buffer.concat([setChunkSize(size), ...written]), cuts), messages);
      },
    ),
  );
});

/** The same, as a server may write it: each header leaves out what the one before on its channel had in common. */
class Reference {
  readonly #size: number;
  readonly #before = new Map<number, { message: Message; delta: number }>();

  constructor(size: number) {
    this.#size = size;
  }

  /** @returns the chunks of one message. */
  chunks(channel: number, next: Message): Buffer[] {
    const last = this.#before.get(channel);
    const delta = last ? next.timestamp - last.message.timestamp : 0;
    const format = this.#format(last, next, delta);
    const time = format === 0 ? next.timestamp : delta;
    const stamp = format === 3 ? (last?.delta ?? 0) : time;
    this.#before.set(channel, { message: next, delta: stamp });
    const extended = stamp >= EXTENDED ? bytes(stamp, 4) : Buffer.of();
    const short = bytes(Math.min(stamp, EXTENDED), 3);
    const header = [
      ...(format < 3 ? [short] : []),
      ...(format < 2 ? [bytes(next.body.length, 3), Buffer.of(next.type)] : []),
      ...(format === 0 ? [bytes(next.streamId, 4).reverse()] : []),
    ];
    const first = Buffer.concat([basic(format, channel), ...header, extended, next.body.subarray(0, this.#size)]);
    const rests: Buffer[] = [];
    for (let at = this.#size; at < next.body.length; at += this.#size) {
      rests.push(Buffer.concat([basic(3, channel), extended, next.body.subarray(at, at + this.#size)]));
    }
    return [first, ...rests];
  }

  #format(last: { message: Message; delta: number } | undefined, next: Message, delta: number): number {
    if (!last || last.message.streamId !== next.streamId || delta < 0) return 0;
    if (last.message.type !== next.type || last.message.body.length !== next.body.length) return 1;
    return delta === last.delta ? 3 : 2;
  }
}

function bytes(value: number, length: number): Buffer {
  const result = Buffer.alloc(length);
  result.writeUIntBE(value, 0, length);
  return result;
}

function basic(format: number, channel: number): Buffer {
  if (channel < 64) return Buffer.of((format << 6) | channel);
  if (channel < 320) return Buffer.of(format << 6, channel - 64);
  return Buffer.of((format << 6) | 1, (channel - 64) & 0xff, (channel - 64) >> 8);
}

const alike: fc.Arbitrary<Message> = fc.record(
  {
    type: fc.constantFrom(MESSAGE.audio, MESSAGE.video),
    streamId: fc.constantFrom(0, 1),
    timestamp: fc.oneof(fc.constantFrom(0, 20, 40, 60, 80, 100), fc.integer({ min: 0, max: 0xffffffff })),
    body: fc.constantFrom(0, 1, 128, 300).map((length) => Buffer.alloc(length, length)),
  },
  plain,
);

test('headers of all four forms are understood, of up to 65599 channels', () => {
  const channel = fc.constantFrom(3, 63, 64, 319, 320, 65_599);
  fc.assert(
    fc.property(fc.array(fc.tuple(channel, alike), { maxLength: 20 }), sizes, (plan, cuts) => {
      const reference = new Reference(FIRST_CHUNK_SIZE);
      const written = plan.flatMap(([id, one]) => reference.chunks(id, one));
      const expected = plan.map(([, one]) => one);
      assert.deepEqual(readAll(Buffer.concat(written), cuts), expected);
    }),
  );
});

test('chunks of messages on different channels may be mixed', () => {
  const one = { type: MESSAGE.video, streamId: 1, timestamp: 40, body: Buffer.alloc(400, 1) };
  const other = { type: MESSAGE.audio, streamId: 1, timestamp: 41, body: Buffer.alloc(300, 2) };
  const reference = new Reference(FIRST_CHUNK_SIZE);
  const [a, b] = [reference.chunks(6, one), reference.chunks(4, other)];
  const mixed = Buffer.concat([0, 1, 2, 3].flatMap((i) => [a[i] ?? Buffer.of(), b[i] ?? Buffer.of()]));
  assert.deepEqual(readAll(mixed, [1]), [other, one]);
});

test('a time of more than 24 bits stands in each chunk of the message', () => {
  const timestamp = 0x01020304;
  const written = writeMessage(4, { type: 8, streamId: 1, timestamp, body: Buffer.alloc(150) }, 100);
  assert.equal(written.subarray(0, 16).toString('hex'), '04ffffff000096080100000001020304');
  assert.equal(written.subarray(116, 121).toString('hex'), 'c401020304');
  assert.equal(written.length, 16 + 100 + 5 + 50);
});

test('times wrap after 32 bits', () => {
  const body = Buffer.of(1);
  const written = writeMessage(4, { type: 8, streamId: 1, timestamp: 2 ** 32 + 5, body }, 100);
  assert.deepEqual(readAll(written, [99]), [{ type: 8, streamId: 1, timestamp: 5, body }]);
});

test('a message that is aborted is forgotten, and the channel can be used again', () => {
  const reference = new Reference(FIRST_CHUNK_SIZE);
  const long = { type: MESSAGE.video, streamId: 1, timestamp: 0, body: Buffer.alloc(300) };
  const [first = Buffer.of()] = reference.chunks(6, long);
  const abort = writeMessage(
    2,
    { type: MESSAGE.abort, streamId: 0, timestamp: 0, body: bytes(6, 4) },
    FIRST_CHUNK_SIZE,
  );
  const next = { ...long, body: Buffer.of(7) };
  const bytesOfNext = writeMessage(6, next, FIRST_CHUNK_SIZE);
  assert.deepEqual(readAll(Buffer.concat([first, abort, bytesOfNext]), [50]), [next]);
});

test('what is no RTMP, or wants more memory than answers need, is an error', () => {
  const reader = () => new ChunkReader();
  // A short header on a channel that had none.
  assert.throws(() => reader().push(Buffer.from([0x43, 0, 0, 0, 0, 0, 1, 20])), RangeError);
  // One message of 16 MB.
  assert.throws(() => reader().push(Buffer.from('03000000ffffff1400000000', 'hex')), /bytes/);
  assert.throws(() => reader().push(setChunkSize(0)), RangeError);
  // Many messages that never become complete.
  const many = Array.from({ length: 60 }, (_, i) => {
    return Buffer.concat([Buffer.from([3 + i]), Buffer.from('0000000fffff1400000000', 'hex'), Buffer.alloc(20_000)]);
  });
  assert.throws(() => reader().push(Buffer.concat([setChunkSize(20_000), ...many])), /unfinished/);
});

test('any bytes give messages or a RangeError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), sizes, (noise, cuts) => {
      try {
        readAll(Buffer.from(noise), cuts);
      } catch (error) {
        assert.ok(error instanceof RangeError);
      }
    }),
  );
});
