import type { Duplex } from 'node:stream';
import { RecorderError } from '../errors.ts';
import { within } from '../kit/deadline.ts';
import type { RtmpAddress } from '../recording/rtmp-url.ts';
import type { AmfObject, AmfValue } from './amf.ts';
import { type Command, RtmpConnection } from './connection.ts';
import type { Sample } from './sample.ts';

/** @returns a connected socket, encrypted and its certificate verified if `tls`; rejects, and leaves nothing open, when that cannot be. */
export type Dial = (
  target: { readonly host: string; readonly port: number; readonly tls: boolean },
  signal: AbortSignal,
) => Promise<Duplex>;

export interface PublishOptions {
  readonly address: RtmpAddress;
  readonly dial: Dial;
  /** Body of the message that describes the stream. */
  readonly metadata: Buffer;
  readonly signal: AbortSignal;
}

/** From the first byte to the server's consent to publish. */
const OPEN_MS = 15_000;
/** As servers know it from Adobe's encoder; some take nobody else. */
const ENCODER = 'FMLE/3.0 (compatible; Tapehead)';
/** A code like `NetStream.Publish.BadName`; anything else a server may say could repeat the key. */
const CODE = /^Net\w+(\.\w+){1,4}$/;

/** A stream that a server has agreed to take. */
export class Publisher implements AsyncDisposable {
  readonly #address: RtmpAddress;
  readonly #connection: RtmpConnection;
  readonly #answers = new Map<number, PromiseWithResolvers<readonly AmfValue[]>>();
  readonly #started = Promise.withResolvers<void>();
  readonly #headers: Partial<Record<Sample['kind'], Buffer>> = {};
  #transactions = 0;
  #streamId = 0;
  /** Where the stream's own clock is zero. */
  #zeroMs: number | null = null;

  private constructor(address: RtmpAddress, connection: RtmpConnection) {
    this.#address = address;
    this.#connection = connection;
    connection.onCommand = (command) => this.#take(command);
  }

  /** @throws RecorderError `push_failed`, or what `dial` throws; nothing of the key is in it */
  static async open({ address, dial, metadata, signal }: PublishOptions): Promise<Publisher> {
    const socket = await dial(address, signal);
    await using stack = new AsyncDisposableStack();
    const connection = stack.use(new RtmpConnection(socket));
    const abort = () => connection.fail('the connection was given up');
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    const publisher = new Publisher(address, connection);
    const lost = connection.lost.then((error) => Promise.reject(error));
    const late = () => new RecorderError('push_failed', `expected consent to publish within ${OPEN_MS / 1000} s`);
    try {
      await within(OPEN_MS, Promise.race([publisher.#negotiate(), lost]), late);
    } finally {
      signal.removeEventListener('abort', abort);
    }
    connection.sendMedia('data', publisher.#streamId, 0, metadata);
    connection.watch();
    stack.move();
    return publisher;
  }

  /** Resolves, never rejects, when the stream is over, with the reason. */
  get lost(): Promise<RecorderError> {
    return this.#connection.lost;
  }

  get isFull(): boolean {
    return this.#connection.isFull;
  }

  get isDrained(): boolean {
    return this.#connection.isDrained;
  }

  /** Called when more may be sent. */
  set onReady(listener: () => void) {
    this.#connection.onReady = listener;
  }

  /** The first one is a key frame. */
  send({ kind, ms, body, header }: Sample): void {
    this.#zeroMs ??= ms;
    const timestamp = Math.max(0, Math.round(ms - this.#zeroMs));
    if (this.#headers[kind] !== header) {
      this.#headers[kind] = header;
      this.#connection.sendMedia(kind, this.#streamId, timestamp, header);
    }
    this.#connection.sendMedia(kind, this.#streamId, timestamp, body);
  }

  /** Takes the stream back and hangs up. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#command('FCUnpublish', null, this.#address.stream);
    this.#command('deleteStream', null, this.#streamId);
    await this.#connection[Symbol.asyncDispose]();
  }

  async #negotiate(): Promise<void> {
    await this.#connection.shaken;
    await this.#ask('connect', connectObject(this.#address));
    this.#connection.widen();
    // Not every server knows the first two; whatever it answers is of no interest.
    this.#command('releaseStream', null, this.#address.stream);
    this.#command('FCPublish', null, this.#address.stream);
    const [, streamId] = await this.#ask('createStream', null);
    if (typeof streamId !== 'number') throw refusal('no stream was made');
    this.#streamId = streamId;
    this.#connection.sendCommand(streamId, 'publish', 0, null, this.#address.stream, 'live');
    await this.#started.promise;
  }

  #command(name: string, ...values: readonly AmfValue[]): number {
    this.#transactions += 1;
    this.#connection.sendCommand(0, name, this.#transactions, ...values);
    return this.#transactions;
  }

  async #ask(name: string, ...values: readonly AmfValue[]): Promise<readonly AmfValue[]> {
    const answer = Promise.withResolvers<readonly AmfValue[]>();
    this.#answers.set(this.#command(name, ...values), answer);
    return await answer.promise;
  }

  #take({ name, transaction, values }: Command): void {
    const answer = this.#answers.get(transaction);
    this.#answers.delete(transaction);
    if (name === '_result') answer?.resolve(values);
    else if (name === '_error') answer?.reject(refusal(codeIn(values)));
    else if (name === 'onStatus') this.#status(values);
    else if (name === 'close') this.#connection.fail('the server asked to close');
  }

  #status(values: readonly AmfValue[]): void {
    const code = codeIn(values);
    if (code === 'NetStream.Publish.Start') this.#started.resolve();
    else if (levelIn(values) === 'error') this.#connection.fail(refusal(code).message);
  }
}

function connectObject({ app, tcUrl }: RtmpAddress): AmfObject {
  return { app, type: 'nonprivate', flashVer: ENCODER, tcUrl };
}

function refusal(code: string): RecorderError {
  return new RecorderError('push_failed', `expected the server to take the stream: ${code}`);
}

function codeIn(values: readonly AmfValue[]): string {
  const code = informationIn(values)['code'];
  return typeof code === 'string' && CODE.test(code) ? code : 'it refused without a known code';
}

function levelIn(values: readonly AmfValue[]): AmfValue {
  return informationIn(values)['level'];
}

/** The object that says what happened comes last, behind one about the server, or null. */
function informationIn(values: readonly AmfValue[]): AmfObject {
  const last = values.findLast((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
  return (last ?? {}) as AmfObject;
}
