import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { RecorderError } from '../errors.ts';
import { AddressPolicy } from './address-policy.ts';
import { dial, type Resolve } from './dial.ts';
import {
  type Destination,
  GREETING_ANSWER,
  type Parsed,
  parseGreeting,
  parseRequest,
  REPLY,
  reply,
  SocksError,
} from './socks.ts';

const HANDSHAKE_MS = 10_000;
/** When one side has ended, a connection may be silent so long before it is given up. */
const LINGER_MS = 30_000;
const EVERYTHING = new AddressPolicy(null);

export interface EgressOptions {
  readonly policy: AddressPolicy;
  /** Origin that may be reached whatever the policy says: `http://10.0.0.5:8080`. */
  readonly service?: string | null;
  /** The page tried to reach a host that is not allowed. */
  readonly onBlocked?: (host: string) => void;
  /** Stands in for the system's resolver. */
  readonly resolve?: Resolve;
}

/**
 * The recorded page's only way out: a SOCKS 5 proxy on loopback, which resolves the names itself and dials what the policy
 * allows. It sees all that the browser opens, whatever way the page asked for it, and so needs to know none of these ways.
 */
export class EgressProxy implements AsyncDisposable {
  readonly #options: EgressOptions;
  readonly #service: Destination | null;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #closedBytes = 0;
  #lastFailure: RecorderError | null = null;

  private constructor(options: EgressOptions) {
    this.#options = options;
    this.#service = options.service ? destinationOf(options.service) : null;
    this.#server = createServer({ noDelay: true }, (client) => void this.#serve(client));
  }

  static async open(options: EgressOptions): Promise<EgressProxy> {
    const proxy = new EgressProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What the page has sent and received so far. */
  get bytes(): number {
    return [...this.#sockets].reduce((sum, socket) => sum + socket.bytesRead, this.#closedBytes);
  }

  /** Why a connection could not be made, the latest one that could not; the browser itself is told next to nothing. */
  get lastFailure(): RecorderError | null {
    return this.#lastFailure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(client: Socket): Promise<void> {
    const gone = new AbortController();
    client.once('close', () => gone.abort());
    this.#own(client);
    try {
      const destination = await handshake(client, gone.signal);
      const remote = await this.#dial(destination, gone.signal);
      this.#own(remote);
      if (client.destroyed) remote.destroy();
      client.write(reply(REPLY.connected));
      joinSockets(client, remote);
    } catch (error) {
      const answer = answerTo(error);
      if (answer) client.end(answer);
      else client.destroy();
    }
  }

  async #dial({ host, port }: Destination, signal: AbortSignal): Promise<Socket> {
    const { resolve, onBlocked } = this.#options;
    const isService = host === this.#service?.host && port === this.#service.port;
    const policy = isService ? EVERYTHING : this.#options.policy;
    try {
      return await dial({ host, port, policy, resolve, signal });
    } catch (error) {
      if (error instanceof RecorderError) this.#lastFailure = error;
      if (isForbidden(error)) onBlocked?.(host);
      throw error;
    }
  }

  #own(socket: Socket): void {
    this.#sockets.add(socket);
    // A connection that breaks ends its tunnel; there is nothing else to do about it.
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#closedBytes += socket.bytesRead;
    });
  }
}

/** As a browser asks for it. */
function destinationOf(origin: string): Destination {
  const { protocol, hostname, port } = new URL(origin);
  const usual = protocol === 'https:' ? 443 : 80;
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? usual : Number(port) };
}

async function handshake(client: Socket, gone: AbortSignal): Promise<Destination> {
  const ended = AbortSignal.any([gone, AbortSignal.timeout(HANDSHAKE_MS)]);
  await readMessage(client, parseGreeting, ended);
  client.write(GREETING_ANSWER);
  return await readMessage(client, parseRequest, ended);
}

/** What the browser is told; null when it is gone, or is none. */
function answerTo(error: unknown): Buffer | null {
  if (error instanceof SocksError) return error.answer;
  if (!(error instanceof RecorderError)) return null;
  if (isForbidden(error)) return reply(REPLY.forbidden);
  const refused = (error.cause as { code?: unknown } | undefined)?.code === 'ECONNREFUSED';
  return reply(refused ? REPLY.refused : REPLY.hostUnreachable);
}

function isForbidden(error: unknown): boolean {
  return error instanceof RecorderError && error.code === 'address_forbidden';
}

/** Reads one message; what came after it is left in the socket. */
async function readMessage<T>(socket: Socket, parse: (bytes: Buffer) => Parsed<T>, ended: AbortSignal): Promise<T> {
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const message = parse(bytes);
    if (message) {
      if (bytes.length > message.length) socket.unshift(bytes.subarray(message.length));
      return message.value;
    }
    const chunk: Buffer | null = socket.read();
    if (chunk) bytes = Buffer.concat([bytes, chunk]);
    else if (socket.readableEnded) throw new SocksError('the peer went away');
    else await once(socket, 'readable', { signal: ended });
  }
}

/** Both ways, each as fast as its receiver takes it. A connection that was cut on one side is cut on the other. */
function joinSockets(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.allowHalfOpen = true;
    from.pipe(to);
    from.once('end', () => {
      for (const socket of [from, to]) socket.setTimeout(LINGER_MS, () => socket.destroy());
    });
    from.once('close', (cut) => (cut ? to.resetAndDestroy() : to.destroySoon()));
  }
}
