import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export interface Listening extends AsyncDisposable {
  readonly port: number;
  /** Its end of each connection, in order. */
  readonly sockets: readonly Socket[];
}

/** A server of connections that does nothing of its own. It and all its connections end with the scope. */
export async function listening(host = '127.0.0.1', server: Server = createServer(), port = 0): Promise<Listening> {
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket.on('error', () => {})));
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A server that writes this to whoever comes, and ends the connection. */
export function greeter(text: string): Server {
  return createServer((socket) => socket.end(text));
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<number> {
  await using server = await listening();
  return server.port;
}

/** All that comes until the other side ends. */
export async function textOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
