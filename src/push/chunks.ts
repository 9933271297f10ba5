/**
 * RTMP's messages and the chunks that carry them (RTMP specification 1.0, chapter 5.3). Times are milliseconds of 32 bits.
 */
export interface Message {
  readonly type: number;
  /** 0: the connection itself; else what `createStream` gave. */
  readonly streamId: number;
  readonly timestamp: number;
  readonly body: Buffer;
}

export const MESSAGE = {
  chunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowSize: 5,
  audio: 8,
  video: 9,
  data: 18,
  command: 20,
} as const;

/** What both sides use until they say otherwise. */
export const FIRST_CHUNK_SIZE = 128;
/** A header's field of time that is full means: four more bytes hold it. */
const EXTENDED = 0xffffff;
/** What a server answers is small. More than this, all unfinished messages together, is nothing that belongs here. */
const MOST_PENDING = 1 << 20;

/**
 * One message as chunks, each message with a whole header. The long form of the time is repeated in every chunk, as all
 * servers expect it, whatever the specification can be read to say.
 *
 * @param channel id of the chunk stream, 2 to 63
 */
export function writeMessage(channel: number, message: Message, chunkSize: number): Buffer {
  const { type, streamId, timestamp, body } = message;
  const time = timestamp >>> 0;
  const extended = time >= EXTENDED;
  const rests = Math.max(0, Math.ceil(body.length / chunkSize) - 1);
  const bytes = Buffer.alloc(12 + body.length + rests + (extended ? 4 * (1 + rests) : 0));
  bytes.writeUInt8(channel, 0);
  bytes.writeUIntBE(extended ? EXTENDED : time, 1, 3);
  bytes.writeUIntBE(body.length, 4, 3);
  bytes.writeUInt8(type, 7);
  bytes.writeUInt32LE(streamId, 8);
  let at = 12;
  for (let from = 0; from === 0 || from < body.length; from += chunkSize) {
    if (from > 0) at = bytes.writeUInt8(0xc0 | channel, at);
    if (extended) at = bytes.writeUInt32BE(time, at);
    at += body.copy(bytes, at, from, from + chunkSize);
  }
  return bytes;
}

/** What is remembered of a chunk stream, for headers that leave out what has not changed. */
interface Channel {
  time: number;
  /** Added for a message that has no time of its own. */
  delta: number;
  extended: boolean;
  length: number;
  type: number;
  streamId: number;
  /** Of the message under way; null between messages. */
  pieces: Buffer[] | null;
  received: number;
}

interface Head {
  readonly format: number;
  readonly channel: number;
  /** Where the header of the message begins. */
  readonly at: number;
}

const HEADER_BYTES = [11, 7, 3, 0] as const;

/** Puts messages together from a stream of chunks with all forms of headers, however the bytes are cut. */
export class ChunkReader {
  readonly #channels = new Map<number, Channel>();
  #chunkSize = FIRST_CHUNK_SIZE;
  #pending = 0;
  #rest: Buffer = Buffer.alloc(0);

  /** @returns the messages that became complete. @throws RangeError when this is no RTMP */
  push(bytes: Buffer): Message[] {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    const messages: Message[] = [];
    for (;;) {
      const { used, message } = this.#chunk(this.#rest);
      if (used === 0) return messages;
      this.#rest = this.#rest.subarray(used);
      if (message) messages.push(...this.#obey(message));
    }
  }

  /** @returns how many bytes the first chunk has, 0 when it is not whole yet, and the message that it completes. */
  #chunk(bytes: Buffer): { used: number; message?: Message } {
    const head = readHead(bytes);
    if (!head) return { used: 0 };
    const channel = this.#channelOf(head);
    const extended = head.format === 3 ? channel.extended : isExtended(bytes, head);
    const payloadAt = head.at + (HEADER_BYTES[head.format] ?? 0) + (extended ? 4 : 0);
    const length = head.format < 2 ? lengthIn(bytes, head) : channel.length;
    const left = length - (channel.pieces === null ? 0 : channel.received);
    const size = Math.min(left, this.#chunkSize);
    if (length > MOST_PENDING) throw new RangeError(`expected answers of up to ${MOST_PENDING} bytes, got ${length}`);
    if (bytes.length < payloadAt + size) return { used: 0 };
    if (channel.pieces === null || head.format !== 3) this.#begin(channel, head, bytes, extended);
    const message = this.#add(channel, bytes.subarray(payloadAt, payloadAt + size));
    return { used: payloadAt + size, ...(message ? { message } : {}) };
  }

  #channelOf({ channel: id, format }: Head): Channel {
    const known = this.#channels.get(id);
    if (known) {
      if (known.pieces !== null && format !== 3)
        throw new RangeError('expected the rest of a message, got another one');
      return known;
    }
    if (format !== 0) throw new RangeError(`expected a whole header on chunk stream ${id} first, got form ${format}`);
    const fresh = { time: 0, delta: 0, extended: false, length: 0, type: 0, streamId: 0, pieces: null, received: 0 };
    this.#channels.set(id, fresh);
    return fresh;
  }

  #begin(channel: Channel, head: Head, bytes: Buffer, extended: boolean): void {
    const { format, at } = head;
    if (format < 3) {
      channel.extended = extended;
      channel.delta = extended ? bytes.readUInt32BE(at + (HEADER_BYTES[format] ?? 0)) : bytes.readUIntBE(at, 3);
    }
    if (format < 2) {
      channel.length = lengthIn(bytes, head);
      channel.type = bytes.readUInt8(at + 6);
    }
    if (format === 0) channel.streamId = bytes.readUInt32LE(at + 7);
    channel.time = format === 0 ? channel.delta : (channel.time + channel.delta) >>> 0;
    channel.pieces = [];
    channel.received = 0;
  }

  #add(channel: Channel, piece: Buffer): Message | null {
    channel.pieces?.push(Buffer.from(piece));
    channel.received += piece.length;
    this.#pending += piece.length;
    if (this.#pending > MOST_PENDING)
      throw new RangeError(`expected less than ${MOST_PENDING} bytes of unfinished messages`);
    if (channel.received < channel.length) return null;
    const { type, streamId, time: timestamp } = channel;
    const body = Buffer.concat(channel.pieces ?? []);
    this.#forget(channel);
    return { type, streamId, timestamp, body };
  }

  #forget(channel: Channel): void {
    this.#pending -= channel.received;
    channel.pieces = null;
    channel.received = 0;
  }

  /** Messages about the chunks themselves end here. */
  #obey(message: Message): Message[] {
    if (message.type === MESSAGE.chunkSize) {
      this.#chunkSize = message.body.readUInt32BE(0) & 0x7fffffff;
      if (this.#chunkSize === 0) throw new RangeError('expected a chunk size above 0');
      return [];
    }
    if (message.type !== MESSAGE.abort) return [message];
    const aborted = this.#channels.get(message.body.readUInt32BE(0));
    if (aborted) this.#forget(aborted);
    return [];
  }
}

/** Form and chunk stream, and whether the header behind them is all there; null when it is not. */
function readHead(bytes: Buffer): Head | null {
  const [first = 0] = bytes;
  const format = first >> 6;
  const short = first & 0x3f;
  const at = short > 1 ? 1 : 2 + short;
  const whole = at + (HEADER_BYTES[format] ?? 0);
  if (bytes.length < whole) return null;
  if (format < 3 && isExtended(bytes, { format, channel: 0, at }) && bytes.length < whole + 4) return null;
  if (short > 1) return { format, channel: short, at };
  return { format, channel: 64 + bytes.readUInt8(1) + (short === 1 ? 256 * bytes.readUInt8(2) : 0), at };
}

function isExtended(bytes: Buffer, { at }: Head): boolean {
  return bytes.readUIntBE(at, 3) === EXTENDED;
}

function lengthIn(bytes: Buffer, { at }: Head): number {
  return bytes.readUIntBE(at + 3, 3);
}
