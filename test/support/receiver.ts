import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request as it came in. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly raw: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: tests read messages as a receiver would, member by member
  readonly body: any;
  /** Both signatures are those of the raw bytes. */
  readonly genuine: boolean;
  /** What it was answered. */
  readonly answer: Reply;
  readonly atMs: number;
}

/** A status, or what a receiver in trouble does. */
export type Reply =
  | number
  | 'hang'
  | 'close'
  | 'endless'
  | {
      readonly status: number;
      readonly afterMs?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      /** Begins a body and never goes on with it. */
      readonly stall?: boolean;
    };

/** Somebody who is told of recordings, on loopback and a port of its own. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly secret: string;
  /** All requests, in the order in which they came. */
  readonly received: readonly Received[];
  /** Those that were answered 200. */
  readonly accepted: readonly Received[];
  /** Most requests that were open at the same time. */
  readonly mostAtOnce: number;
  /** Connections that were made. */
  readonly connections: number;
  /** What each request is answered from now on. */
  answer(reply: Reply | ((body: Received['body']) => Reply)): void;
}

export async function startReceiver(secret = 'secret of the receiver'): Promise<Receiver> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const aborted = new AbortController();
  const counts = { open: 0, most: 0, connections: 0 };
  let reply: (body: Received['body']) => Reply = () => 200;
  const server = createServer((request, response) => {
    counts.open += 1;
    counts.most = Math.max(counts.most, counts.open);
    response.once('close', () => {
      counts.open -= 1;
    });
    void readBody(request).then((raw) => {
      const body = JSON.parse(raw.toString('utf8'));
      const answer = reply(body);
      const { headers, url: path = '' } = request;
      received.push({ path, headers, raw, body, genuine: isGenuine(secret, raw, headers), answer, atMs: Date.now() });
      return give(answer, response, aborted.signal);
    }, ignore);
  });
  server.on('connection', (socket) => {
    counts.connections += 1;
    sockets.add(socket.once('close', () => sockets.delete(socket)));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    secret,
    received,
    get accepted() {
      return received.filter(({ answer }) => statusOf(answer) === 200);
    },
    get mostAtOnce() {
      return counts.most;
    },
    get connections() {
      return counts.connections;
    },
    answer(next) {
      reply = typeof next === 'function' ? next : () => next;
    },
    async [Symbol.asyncDispose]() {
      aborted.abort();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function ignore(): void {
  // The sender gave up while it was sending.
}

function statusOf(reply: Reply): number | null {
  return typeof reply === 'number' ? reply : typeof reply === 'object' ? reply.status : null;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  return Buffer.concat((await Array.fromAsync(request)) as Buffer[]);
}

/** As the API's documents describe it, without a word of the code under test. */
function isGenuine(secret: string, raw: Buffer, headers: IncomingMessage['headers']): boolean {
  const hmac = (algorithm: string) => createHmac(algorithm, secret).update(raw).digest('hex');
  return headers['agora-signature'] === hmac('sha1') && headers['agora-signature-v2'] === hmac('sha256');
}

async function give(reply: Reply, response: ServerResponse, signal: AbortSignal): Promise<void> {
  if (reply === 'hang') return;
  if (reply === 'close') {
    response.socket?.destroy();
    return;
  }
  if (reply === 'endless') {
    response.writeHead(200, { 'content-type': 'text/plain' });
    for (const piece = 'x'.repeat(10_000); !response.destroyed; await sleep(1)) response.write(piece);
    return;
  }
  const {
    status,
    afterMs = 0,
    headers = {},
    body = '',
    stall = false,
  } = typeof reply === 'number' ? { status: reply } : reply;
  if (afterMs > 0) await sleep(afterMs, undefined, { signal }).catch(() => {});
  response.writeHead(status, headers);
  if (stall) response.write('{');
  else response.end(body);
}
