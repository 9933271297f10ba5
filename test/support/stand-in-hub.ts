import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { HubUser } from '../../src/channel/hub.ts';

/** As often as the service gives a sign of life. */
const ALIVE_MS = 3000;

/** What the service answers to `GET .../users`, as a test wants it. */
export class StandInHub {
  /** Paths with queries, and what was sent to authorize. */
  readonly requests: { readonly url: string; readonly authorization: string | undefined }[] = [];
  readonly #streams = new Set<ServerResponse>();
  #users: readonly HubUser[] = [];
  #refusal: { readonly status: number; readonly code: string } | null = null;

  /** How many are in the channel. */
  get watchers(): number {
    return this.#streams.size;
  }

  readonly answer: RequestListener = (request: IncomingMessage, response: ServerResponse) => {
    this.requests.push({ url: request.url ?? '', authorization: request.headers.authorization });
    if (this.#refusal) {
      const { status, code } = this.#refusal;
      response.writeHead(status, { 'content-type': 'application/json' });
      return void response.end(JSON.stringify({ code, message: `refused: ${code}` }));
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.#streams.add(response);
    const alive = setInterval(() => response.write(':\n\n'), ALIVE_MS);
    response.once('close', () => {
      clearInterval(alive);
      this.#streams.delete(response);
    });
    response.write(`:\n\n${usersEvent(this.#users)}`);
  };

  setUsers(users: readonly HubUser[]): void {
    this.#users = users;
    const text = usersEvent(users);
    const half = Math.floor(text.length / 2);
    // In two parts, as networks do.
    for (const stream of this.#streams) stream.write(text.slice(0, half), () => stream.write(text.slice(half)));
  }

  end(why: string): void {
    for (const stream of this.#streams) stream.end(`event: end\ndata: ${JSON.stringify({ why })}\n\n`);
  }

  /** Cuts all connections. */
  drop(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  refuse(refusal: { readonly status: number; readonly code: string } | null): void {
    this.#refusal = refusal;
  }
}

function usersEvent(users: readonly HubUser[]): string {
  return `event: users\ndata: ${JSON.stringify(users)}\n\n`;
}
