import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

export interface SilentProxyOptions {
  /** Port on 127.0.0.1 that connections are passed on to. */
  readonly target: number;
  /** Speaks TLS with its clients; PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  /** Made while nothing moved. */
  readonly stillborn: boolean;
  silent: boolean;
}

/**
 * A TCP proxy on 127.0.0.1 in front of a server, which can fail as networks do:
 *
 *     await using proxy = await SilentProxy.start({ target: 1935 });
 *     proxy.silence();       // nothing moves any more in either direction, nothing is closed, nobody is told
 *     proxy.heal();          // new connections pass; the server has noticed that its old ones are dead, the client has not
 *     proxy.cut();           // all connections are reset
 *     await proxy.goDown();  // connections are refused
 *     await proxy.comeUp();  // at the same port
 */
export class SilentProxy implements AsyncDisposable {
  readonly port: number;
  /** Connections that were taken so far. */
  connections = 0;
  readonly #options: SilentProxyOptions;
  readonly #pairs = new Set<Pair>();
  #server: Server;
  #silent = false;

  private constructor(server: Server, options: SilentProxyOptions) {
    this.#server = server;
    this.#options = options;
    this.port = (server.address() as AddressInfo).port;
    this.#serve();
  }

  static async start(options: SilentProxyOptions): Promise<SilentProxy> {
    return new SilentProxy(await listening(0, options), options);
  }

  silence(): void {
    this.#silent = true;
    for (const pair of this.#pairs) hush(pair);
  }

  heal(): void {
    this.#silent = false;
    for (const { client, upstream, silent, stillborn } of this.#pairs) {
      if (silent) upstream.destroy();
      if (stillborn) client.destroy();
    }
  }

  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  }

  async goDown(): Promise<void> {
    this.cut();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  async comeUp(): Promise<void> {
    this.#server = await listening(this.port, this.#options);
    this.#serve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.goDown();
  }

  #serve(): void {
    this.#server.on(this.#options.tls ? 'secureConnection' : 'connection', (client: Socket) => this.#pass(client));
  }

  #pass(client: Socket): void {
    this.connections += 1;
    const upstream = connect(this.#options.target, '127.0.0.1');
    const pair: Pair = { client, upstream, stillborn: this.#silent, silent: false };
    this.#pairs.add(pair);
    join(pair, pair.client, pair.upstream);
    join(pair, pair.upstream, pair.client);
    client.once('close', () => this.#pairs.delete(pair));
    if (this.#silent) hush(pair);
  }
}

function join(pair: Pair, from: Socket, to: Socket): void {
  from.on('error', () => {});
  from.on('data', (bytes: Buffer) => to.write(bytes));
  from.once('close', () => {
    if (!pair.silent || from === pair.client) to.destroy();
  });
}

function hush(pair: Pair): void {
  pair.silent = true;
  pair.client.pause();
  pair.upstream.pause();
}

async function listening(port: number, { tls }: SilentProxyOptions): Promise<Server> {
  const server = tls ? createTlsServer(tls) : createServer();
  server.on('tlsClientError', () => {});
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
