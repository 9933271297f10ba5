import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const FOLDER = join(import.meta.dirname, '../pages');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** A server for the test pages, on a port of its own. */
export interface Pages extends AsyncDisposable {
  readonly origin: string;
  /** Address of a page of the folder (`static` for static.html) or of a special route (`/status/404`). */
  url(name: string, query?: Readonly<Record<string, string | number>>): string;
  /** Paths asked for so far, queries included, favicons left out. */
  readonly requests: readonly string[];
}

/**
 * Serves them on loopback, or another address of the machine.
 *
 * Special routes: `/status/CODE` answers with that status, `/hang` never answers, `/slow?ms=` serves static.html that much
 * later, `/redirect?to=` goes there.
 */
export async function servePages(host = '127.0.0.1'): Promise<Pages> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    if (request.url !== '/favicon.ico') requests.push(request.url ?? '');
    answer(request, response).catch(() => response.writeHead(404).end('no such page'));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
  const origin = `http://${host}:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    requests,
    url(name, query = {}) {
      const address = new URL(name.startsWith('/') ? name : `/${name}.html`, origin);
      for (const [key, value] of Object.entries(query)) address.searchParams.set(key, String(value));
      return address.href;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const status = /^\/status\/(\d{3})$/.exec(pathname)?.[1];
  if (status !== undefined) {
    response.writeHead(Number(status), { 'content-type': 'text/html' }).end(`<h1>${status}</h1>`);
  } else if (pathname === '/favicon.ico') {
    response.writeHead(204).end();
  } else if (pathname === '/redirect') {
    response.writeHead(302, { location: searchParams.get('to') ?? '/static.html' }).end();
  } else if (pathname === '/slow') {
    await sleep(Number(searchParams.get('ms') ?? 1000));
    await serveFile('static.html', response);
  } else if (pathname !== '/hang') {
    await serveFile(pathname.slice(1), response);
  }
}

async function serveFile(name: string, response: ServerResponse): Promise<void> {
  if (!/^[\w-]+\.\w+$/.test(name)) throw new Error(`not a page: ${name}`);
  const body = await readFile(join(FOLDER, name));
  response.writeHead(200, {
    'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
    'cache-control': 'no-store',
  });
  response.end(body);
}
