import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';

/** What must not be reached: servers on several loopback addresses, all at the same port. */
export interface Victim extends AsyncDisposable {
  readonly port: number;
  /** Ways on which it was reached. */
  readonly hits: ReadonlySet<string>;
  /** Ways on which it can be reached on this machine. */
  readonly ways: readonly string[];
}

/** By test/pages/attack.html, and `callback`. */
const REQUESTS = [
  ...['fetch', 'post', 'redirect', 'image', 'script', 'stylesheet', 'object', 'video', 'iframe', 'redirected-iframe'],
  ...['beacon', 'prefetch', 'form', 'event-source', 'web-socket', 'worker', 'service-worker'],
  ...['decimal', 'hexadecimal', 'octal', 'short', 'dotted', 'mapped', 'mappedHexadecimal', 'v4', 'name'],
  'callback',
];
const REQUESTS_V6 = ['web-socket-v6', 'v6'];
/** A connection alone is a hit. */
const CONNECTIONS = { '127.0.0.3': 'preconnect', '127.0.0.4': 'turn-tcp', '127.0.0.5': 'ice-tcp', '127.0.0.6': 'push' };
const DATAGRAMS = { '127.0.0.2': 'stun-udp', '127.0.0.3': 'ice-udp', '127.0.0.4': 'turn-udp' };

export async function openVictim(): Promise<Victim> {
  const hits = new Set<string>();
  const sockets = new Set<Socket>();
  await using opened = new AsyncDisposableStack();
  const listen = async (server: Server, host: string, port: number): Promise<number> => {
    server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
    server.listen(port, host);
    await once(server, 'listening');
    opened.defer(() => void server.close());
    return (server.address() as AddressInfo).port;
  };
  opened.defer(() => {
    for (const socket of sockets) socket.destroy();
  });
  const port = await listen(requests(hits), '127.0.0.1', 0);
  await listen(requests(hits), '127.0.0.2', port);
  if (hasV6()) await listen(requests(hits), '::1', port);
  for (const [host, way] of Object.entries(CONNECTIONS)) {
    await listen(
      createServer(() => hits.add(way)),
      host,
      port,
    );
  }
  for (const [host, way] of Object.entries(DATAGRAMS)) {
    const socket = createSocket('udp4').on('message', () => hits.add(way));
    socket.bind(port, host);
    await once(socket, 'listening');
    opened.defer(() => void socket.close());
  }
  const resources = opened.move();
  return { port, hits, ways: waysHere(), [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

function requests(hits: Set<string>): Server {
  const server = createHttpServer((request, response) => {
    hits.add(request.url?.slice(1) ?? '');
    response.end('reached');
  });
  return server.on('upgrade', (request, socket) => {
    hits.add(request.url?.slice(1) ?? '');
    socket.destroy();
  });
}

function waysHere(): string[] {
  const outside = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ internal }) => !internal));
  return [
    ...REQUESTS,
    ...(hasV6() ? REQUESTS_V6 : []),
    ...Object.values(CONNECTIONS),
    // WebRTC sends UDP from other interfaces than loopback only.
    ...(outside ? Object.values(DATAGRAMS) : []),
  ];
}

function hasV6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));
}
