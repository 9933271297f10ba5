import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { launch, type Page } from 'puppeteer-core';

const ROOT = join(import.meta.dirname, '../..');
const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.mjs': 'text/javascript' };
const ARGS = ['--autoplay-policy=no-user-gesture-required', '--disable-features=WebRtcHideLocalIpsWithMdns'];

/** An empty page in a Chromium without display, whose server has the pages of the sources. */
export interface Headless extends AsyncDisposable {
  readonly page: Page;
  /** What went wrong in the page, unseen by it. */
  readonly errors: readonly string[];
  /** What an exported function of a module answers. @param module its path: `/test/pages/x.js` */
  call<T>(module: string, name: string, ...args: readonly unknown[]): Promise<T>;
}

export interface HeadlessOptions {
  /** Files in the place of others, by path: `/pages/vendor/x.mjs`. Their own imports are relative to where they are. */
  readonly replaced?: Readonly<Record<string, string>>;
  /** Answers what is no file. */
  readonly routes?: RequestListener;
}

export async function openHeadless(options: HeadlessOptions = {}): Promise<Headless> {
  await using stack = new AsyncDisposableStack();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>');
    if (pathname === '/favicon.ico') return void response.writeHead(204).end();
    const other = options.replaced?.[pathname];
    if (other !== undefined) return void response.writeHead(302, { location: other }).end();
    const file = normalize(pathname);
    if (!/^\/(pages|test\/pages|test\/support|node_modules)\//.test(file))
      return void (options.routes ?? notFound)(request, response);
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    readFile(join(ROOT, file)).then(
      (body) => response.writeHead(200, { 'content-type': type }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await launch({ executablePath: '/usr/bin/chromium', args: [...ARGS, ...sandbox] });
  stack.defer(() => browser.close());
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const owned = stack.move();
  return {
    page,
    errors,
    call: (module, name, ...args) =>
      page.evaluate(async (path, wanted, given) => (await import(path))[wanted](...given), module, name, args),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const notFound: RequestListener = (_, response) => void response.writeHead(404).end();
