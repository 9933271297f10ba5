import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { type AmfValue, decodeAmf, encodeAmf } from '../../src/push/amf.ts';
import { ChunkReader, FIRST_CHUNK_SIZE, MESSAGE, type Message, writeMessage } from '../../src/push/chunks.ts';

const HANDSHAKE = 1536;

/** How a client is treated. */
export interface Manners {
  /** Answers to commands by name; the commands that are not here are agreed to, or not answered if nobody answers them. */
  readonly answers?: Readonly<Record<string, (server: Client, transaction: number) => void>>;
  /** Called for each message after the handshake. */
  readonly onMessage?: (message: Message, client: Client) => void;
  /** Nothing is read from the beginning of the first picture on. */
  readonly stopAtMedia?: boolean;
  /** Sent instead of the handshake's answer. */
  readonly greeting?: Buffer;
}

/**
 * A server that says what a test wants it to say, for what real servers never do on demand. It writes and reads chunks with
 * the code under test, which real servers are the judges of.
 */
export class RtmpServer implements AsyncDisposable {
  readonly port: number;
  readonly clients: Client[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(manners: Manners = {}): Promise<RtmpServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const rtmp = new RtmpServer(server);
    server.on('connection', (socket) => rtmp.clients.push(new Client(socket, manners)));
    return rtmp;
  }

  url(stream = 'key'): string {
    return `rtmp://127.0.0.1:${this.port}/live/${stream}`;
  }

  /** Everything that any client sent, in order. */
  get messages(): Message[] {
    return this.clients.flatMap(({ messages }) => messages);
  }

  /** The commands among them: name, transaction and values. */
  get commands(): AmfValue[][] {
    return this.messages.filter(({ type }) => type === MESSAGE.command).map(({ body }) => decodeAmf(body));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients) client.socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** One connection, as the server sees it. */
export class Client {
  readonly socket: Socket;
  readonly messages: Message[] = [];
  readonly #manners: Manners;
  readonly #reader = new ChunkReader();
  #opening: Buffer | null = Buffer.alloc(0);

  constructor(socket: Socket, manners: Manners) {
    this.socket = socket;
    this.#manners = manners;
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  send(type: number, body: Buffer, streamId = 0): void {
    this.socket.write(writeMessage(3, { type, streamId, timestamp: 0, body }, FIRST_CHUNK_SIZE));
  }

  command(...values: readonly AmfValue[]): void {
    this.send(MESSAGE.command, encodeAmf(...values));
  }

  #take(bytes: Buffer): void {
    const rest = this.#opening ? this.#shake(Buffer.concat([this.#opening, bytes])) : bytes;
    if (rest === null) return;
    for (const message of this.#reader.push(rest)) this.#obey(message);
  }

  #shake(bytes: Buffer): Buffer | null {
    const before = this.#opening?.length ?? 0;
    this.#opening = bytes;
    if (before <= HANDSHAKE && bytes.length > HANDSHAKE) {
      const first = bytes.subarray(1, 1 + HANDSHAKE);
      this.socket.write(this.#manners.greeting ?? Buffer.concat([Buffer.of(3), Buffer.alloc(HANDSHAKE, 9), first]));
    }
    if (bytes.length < 1 + 2 * HANDSHAKE) return null;
    this.#opening = null;
    return bytes.subarray(1 + 2 * HANDSHAKE);
  }

  #obey(message: Message): void {
    this.messages.push(message);
    this.#manners.onMessage?.(message, this);
    if (message.type === MESSAGE.video && this.#manners.stopAtMedia) this.socket.pause();
    if (message.type === MESSAGE.command) this.#answer(message.body);
  }

  #answer(body: Buffer): void {
    const [name, transaction] = decodeAmf(body) as [string, number];
    const answer = this.#manners.answers?.[name];
    if (answer) answer(this, transaction);
    else if (name === 'connect') this.command('_result', transaction, {}, { code: 'NetConnection.Connect.Success' });
    else if (name === 'createStream') this.command('_result', transaction, null, 1);
    else if (name === 'publish')
      this.command('onStatus', 0, null, { level: 'status', code: 'NetStream.Publish.Start' });
  }
}
