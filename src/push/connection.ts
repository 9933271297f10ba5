import type { Duplex } from 'node:stream';
import { messageOf, RecorderError } from '../errors.ts';
import { within } from '../kit/deadline.ts';
import { type AmfValue, decodeAmf, encodeAmf } from './amf.ts';
import { ChunkReader, FIRST_CHUNK_SIZE, MESSAGE, type Message, writeMessage } from './chunks.ts';
import { Handshake } from './handshake.ts';
import { Liveness } from './liveness.ts';

/** A command of the server: its name, the number of what it answers, and all that follows. */
export interface Command {
  readonly name: string;
  readonly transaction: number;
  readonly values: readonly AmfValue[];
}

/** Chunk streams, as encoders commonly use them. */
const CHANNEL = { control: 2, command: 3, audio: 4, data: 5, video: 6 } as const;

const CHUNK_SIZE = 4096;
/** After so many bytes the server is to acknowledge them, as encoders commonly say. */
const WINDOW = 2_500_000;
/** Given to the socket one after the other, so that one sees a slow server take them. */
const PIECE = 16 << 10;
const CHECK_MS = 1000;
const HANGUP_MS = 1000;
const PING_REQUEST = 6;
const PING_RESPONSE = 7;

/** RTMP over one socket: handshake, messages in both directions, and whether the other side is still there. */
export class RtmpConnection implements AsyncDisposable {
  onCommand: (command: Command) => void = () => {};
  /** More may be sent. */
  onReady: () => void = () => {};
  readonly #socket: Duplex;
  readonly #lost = Promise.withResolvers<RecorderError>();
  readonly #shaken = Promise.withResolvers<void>();
  readonly #closed: Promise<void>;
  readonly #reader = new ChunkReader();
  readonly #liveness = new Liveness(performance.now());
  readonly #timer: NodeJS.Timeout;
  readonly #queue: Buffer[] = [];
  #handshake: Handshake | null;
  #writing = false;
  #ending = false;
  #watching = false;
  #queued = 0;
  #chunkSize = FIRST_CHUNK_SIZE;
  /** Bytes read, how many of them the server knows of, and after how many it wants to know. */
  #read = 0;
  #reported = 0;
  #window = Number.POSITIVE_INFINITY;

  /** @param socket connected; belongs to the connection from here on */
  constructor(socket: Duplex) {
    const handshake = new Handshake();
    this.#handshake = handshake;
    this.#socket = socket;
    this.#closed = socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', (error) => this.fail(messageOf(error)));
    socket.once('end', () => this.fail('the server closed the connection'));
    socket.once('close', () => this.fail('the connection closed'));
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    this.#timer = setInterval(() => this.#check(), CHECK_MS);
    this.#write(handshake.opening);
    if (socket.destroyed) this.fail('the connection closed');
  }

  /** Resolves, never rejects, when the connection is over, with the reason. */
  get lost(): Promise<RecorderError> {
    return this.#lost.promise;
  }

  /** Resolves when commands can be sent. */
  get shaken(): Promise<void> {
    return this.#shaken.promise;
  }

  /** Enough waits here already, the rest is to wait where it can be left out; `onReady` tells when there is room. */
  get isFull(): boolean {
    return this.#queued >= PIECE;
  }

  get isDrained(): boolean {
    return this.#queued === 0;
  }

  /** Ends the connection for this reason, unless it is over. @param reason without a word of the address */
  fail(reason: string): void {
    clearInterval(this.#timer);
    this.#lost.resolve(new RecorderError('push_failed', reason));
    this.#socket.destroy();
  }

  /** From here on messages go in larger chunks. */
  widen(): void {
    this.#sendControl(MESSAGE.windowSize, WINDOW);
    this.#sendControl(MESSAGE.chunkSize, CHUNK_SIZE);
    this.#chunkSize = CHUNK_SIZE;
  }

  /** From here on the server is asked from time to time whether it is there. */
  watch(): void {
    this.#watching = true;
    this.#check();
  }

  sendCommand(streamId: number, ...values: readonly AmfValue[]): void {
    this.#send(CHANNEL.command, { type: MESSAGE.command, streamId, timestamp: 0, body: encodeAmf(...values) });
  }

  sendMedia(kind: 'audio' | 'video' | 'data', streamId: number, timestamp: number, body: Buffer): void {
    this.#send(CHANNEL[kind], { type: MESSAGE[kind], streamId, timestamp, body });
  }

  /** Hangs up behind what still waits; the server has a moment to take it and to do the same. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true;
    this.#writeNext();
    await within(HANGUP_MS, this.#closed, () => new Error('late')).catch(() => {});
    this.fail('the connection was closed');
    await this.#closed;
  }

  #send(channel: number, message: Message): void {
    this.#write(writeMessage(channel, message, this.#chunkSize));
  }

  #sendControl(type: number, value: number): void {
    const body = Buffer.alloc(4);
    body.writeUInt32BE(value >>> 0);
    this.#send(CHANNEL.control, { type, streamId: 0, timestamp: 0, body });
  }

  #write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += PIECE) this.#queue.push(bytes.subarray(at, at + PIECE));
    this.#queued += bytes.length;
    this.#liveness.waits(bytes.length, performance.now());
    this.#writeNext();
  }

  #writeNext(): void {
    if (this.#writing || this.#socket.destroyed) return;
    const piece = this.#queue.shift();
    if (!piece) {
      if (this.#ending) this.#socket.end();
      return;
    }
    this.#writing = true;
    this.#socket.write(piece, (error) => {
      this.#writing = false;
      if (error) return;
      this.#queued -= piece.length;
      this.#liveness.takes(piece.length, performance.now());
      this.#writeNext();
      if (!this.isFull) this.onReady();
    });
  }

  #check(): void {
    const now = performance.now();
    const verdict = this.#liveness.verdict(now);
    if (verdict !== null) this.fail(`the server hangs: ${verdict}`);
    else if (this.#watching && this.#liveness.isDue(now)) this.#ping(now);
  }

  #take(bytes: Buffer): void {
    try {
      const rest = this.#handshake ? this.#shake(this.#handshake, bytes) : bytes;
      this.#read += bytes.length;
      if (rest) for (const message of this.#reader.push(rest)) this.#obey(message);
      this.#report();
    } catch (error) {
      this.fail(`expected the server to speak RTMP: ${messageOf(error)}`);
    }
  }

  #shake(handshake: Handshake, bytes: Buffer): Buffer | null {
    const { answer, rest } = handshake.push(bytes);
    if (answer) this.#write(answer);
    if (rest) {
      this.#handshake = null;
      this.#shaken.resolve();
    }
    return rest;
  }

  #obey({ type, body }: Message): void {
    this.#liveness.hears(performance.now());
    if (type === MESSAGE.windowSize) this.#window = Math.max(1, body.readUInt32BE(0));
    else if (type === MESSAGE.userControl) this.#control(body.readUInt16BE(0), body);
    else if (type === MESSAGE.command) this.#command(body);
  }

  #control(event: number, body: Buffer): void {
    if (event === PING_RESPONSE) this.#liveness.answers();
    else if (event === PING_REQUEST) this.#sendPing(PING_RESPONSE, body.readUInt32BE(2));
  }

  #ping(nowMs: number): void {
    this.#liveness.asks(nowMs);
    this.#sendPing(PING_REQUEST, Math.round(nowMs));
  }

  #sendPing(event: number, timestamp: number): void {
    const body = Buffer.alloc(6);
    body.writeUInt16BE(event, 0);
    body.writeUInt32BE(timestamp >>> 0, 2);
    this.#send(CHANNEL.control, { type: MESSAGE.userControl, streamId: 0, timestamp: 0, body });
  }

  #command(body: Buffer): void {
    const [name, transaction, ...values] = decodeAmf(body);
    if (typeof name !== 'string') throw new RangeError('a command without a name');
    // ffmpeg's server leaves the number out where it answers nothing.
    this.onCommand({ name, transaction: typeof transaction === 'number' ? transaction : 0, values });
  }

  #report(): void {
    if (this.#read - this.#reported < this.#window) return;
    this.#reported = this.#read;
    this.#sendControl(MESSAGE.acknowledgement, this.#read);
  }
}
