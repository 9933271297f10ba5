import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const FOLDER = join(import.meta.dirname, '../pages');
const TYPES: Readonly<Record<string, string>> = {
  '/attack.html': 'text/html; charset=utf-8',
  '/attack-worker.js': 'text/javascript; charset=utf-8',
};

/** Serves test/pages/attack.html from an address of its own, so that this one alone can be allowed. */
export interface AttackServer extends AsyncDisposable {
  /** The page that attacks this port. */
  page(port: number): string;
  /** An address that sends whoever asks to another one. */
  redirect(to: string): string;
  /** Resolves when a page has tried everything, with what it says about each way. */
  readonly done: Promise<string>;
}

export const ATTACKER = '127.0.0.9';

export async function openAttackServer(): Promise<AttackServer> {
  const done = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    answer(request, response, done.resolve).catch(() => response.writeHead(404).end());
  });
  server.listen(0, ATTACKER);
  await once(server, 'listening');
  const origin = `http://${ATTACKER}:${(server.address() as AddressInfo).port}`;
  return {
    page: (port) => `${origin}/attack.html?port=${port}`,
    redirect: (to) => `${origin}/redirect?to=${encodeURIComponent(to)}`,
    done: done.promise,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  done: (results: string) => void,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/redirect') {
    response.writeHead(302, { location: searchParams.get('to') ?? '' }).end();
  } else if (pathname === '/done') {
    done(await text(request));
    response.end();
  } else if (TYPES[pathname]) {
    const body = await readFile(join(FOLDER, pathname));
    response.writeHead(200, { 'content-type': TYPES[pathname] }).end(body);
  } else {
    response.writeHead(404).end();
  }
}
