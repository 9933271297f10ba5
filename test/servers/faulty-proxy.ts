import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';

/**
 * What goes wrong with a request. `answer`: the store refuses, by S3's error code or Azure's. `reset`: the connection is reset
 * once this many bytes of the body are through (0: at once). `stall`: from then on nothing moves any more, and nobody says so.
 * `lose`: the store does what it is told, but its answer is lost.
 */
export type Fault =
  | { readonly kind: 'answer'; readonly status: number; readonly code: string }
  | { readonly kind: 'reset' | 'stall'; readonly afterBytes: number }
  | { readonly kind: 'lose' };

export interface SeenRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/**
 * An HTTP proxy in front of a store, which can fail as stores do. Give its `url` to the client as the store's endpoint; the
 * request goes on as it came, so signatures hold.
 *
 *     await using proxy = await FaultyProxy.start(ceph.endpoint);
 *     proxy.fault = (request) => (request.method === 'PUT' ? { kind: 'answer', status: 503, code: 'SlowDown' } : null);
 *     await proxy.goDown();   // connections are refused
 *     await proxy.comeUp();   // at the same address
 */
export class FaultyProxy implements AsyncDisposable {
  readonly url: string;
  /** Requests so far, in the order in which they came; those while it was down are not among them. */
  readonly requests: SeenRequest[] = [];
  /** Asked for each request; null lets it through. */
  fault: (request: SeenRequest) => Fault | null = () => null;
  readonly #port: number;
  readonly #upstream: URL;
  #server: Server;

  private constructor(server: Server, upstream: URL) {
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    this.#upstream = upstream;
    this.url = `http://127.0.0.1:${this.#port}`;
    this.#serve();
  }

  /** @param upstream `http://host:port` of the store. */
  static async start(upstream: string): Promise<FaultyProxy> {
    return new FaultyProxy(await listening(0), new URL(upstream));
  }

  async goDown(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  async comeUp(): Promise<void> {
    this.#server = await listening(this.#port);
    this.#serve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.goDown();
  }

  #serve(): void {
    this.#server.on('request', (incoming, answer) => this.#handle(incoming, answer));
    // The kind way: what a client sends after "Expect: 100-continue" is only asked for when it is wanted.
    this.#server.on('checkContinue', (incoming, answer) => this.#handle(incoming, answer));
  }

  #handle(incoming: IncomingMessage, answer: ServerResponse): void {
    const seen: SeenRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
    };
    this.requests.push(seen);
    const fault = this.fault(seen);
    // A client that goes away in the middle is no error of ours.
    incoming.on('error', () => {});
    if (fault?.kind === 'answer') refuse(incoming, answer, fault);
    else this.#forward(incoming, answer, fault);
  }

  #forward(incoming: IncomingMessage, answer: ServerResponse, fault: Exclude<Fault, { kind: 'answer' }> | null): void {
    const { method = 'GET', url = '/', rawHeaders } = incoming;
    const outgoing = request({
      host: this.#upstream.hostname,
      port: this.#upstream.port,
      method,
      path: url,
      headers: rawHeaders as never,
      agent: false,
    });
    outgoing.on('error', () => incoming.socket.destroy());
    answer.once('close', () => outgoing.destroy());
    outgoing.on('continue', () => answer.writeContinue());
    outgoing.on('response', (response) => {
      if (fault?.kind === 'lose') {
        incoming.socket.resetAndDestroy();
        return;
      }
      answer.writeHead(response.statusCode ?? 502, response.rawHeaders as never);
      response.on('error', () => incoming.socket.destroy()).pipe(answer);
    });
    if (fault === null || fault.kind === 'lose') incoming.pipe(outgoing);
    else incoming.pipe(breakingAfter(fault, () => incoming.socket.resetAndDestroy())).pipe(outgoing);
  }
}

async function listening(port: number): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Passes on so many bytes; then nothing: neither more bytes nor an end. */
function breakingAfter(fault: { readonly kind: 'reset' | 'stall'; readonly afterBytes: number }, reset: () => void) {
  let left = fault.afterBytes;
  const broken = () => {
    if (fault.kind === 'reset') reset();
  };
  if (left === 0) queueMicrotask(broken);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const passed = chunk.subarray(0, left);
      left -= passed.length;
      if (passed.length === chunk.length) return done(null, passed);
      if (passed.length > 0) this.push(passed);
      broken();
    },
    flush() {
      broken();
    },
  });
}

function refuse(incoming: IncomingMessage, answer: ServerResponse, { status, code }: Fault & { kind: 'answer' }): void {
  // Read to its end, since a client that is still sending sees a reset instead of the answer.
  incoming.resume();
  incoming.once('end', () => {
    const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>as told</Message></Error>`;
    answer.writeHead(status, { 'Content-Type': 'application/xml', 'x-ms-error-code': code }).end(body);
  });
}
