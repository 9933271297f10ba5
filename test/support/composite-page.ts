import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CDPSession, launch, type Page } from 'puppeteer-core';
import {
  type ChannelPlan,
  type ChannelUser,
  EVERYBODY,
  type FromChannelPage,
  type LayoutPlan,
  type ToChannelPage,
} from '../../src/recording/channel.ts';
import type { Size } from '../../src/types.ts';
import { grabFrame, type Picture } from '../probe/pixels.ts';
import { makeTempFolder, type TempFolder } from './temp-folder.ts';

const ROOT = join(import.meta.dirname, '../..');
const CHROMIUM = '/usr/lib/chromium/chromium';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

export const LAYOUT: LayoutPlan = {
  kind: 'best_fit',
  maxResolutionUid: null,
  regions: [],
  backgroundColor: '#102030',
  backgroundImage: null,
  defaultUserImage: null,
  userImages: [],
};

const PLAN: ChannelPlan = {
  appId: 'app',
  cname: 'channel',
  uid: '1000',
  profile: 'communication',
  token: null,
  transport: { kind: 'hub' },
  encryption: null,
  lowStream: false,
  maxIdleMs: 30_000,
  maxUsers: 17,
  subscription: { audio: EVERYBODY, video: EVERYBODY },
  layout: LAYOUT,
};

/** What a user of the stand-in sends (`test/pages/composite-stand-in.js`). */
export interface PictureOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colour: string;
  readonly stripe?: string;
  /** By a peer connection. */
  readonly remote?: boolean;
}

export interface ToneOptions {
  readonly hertz: number;
  readonly amplitude: number;
  readonly remote?: boolean;
}

type Stream = Extract<FromChannelPage, { readonly type: 'stream' }>;

/** The page of composite recordings in headless Chromium, with a stand-in for its channel. The test is its session. */
export class CompositePage implements AsyncDisposable {
  readonly page: Page;
  readonly origin: string;
  /** All that it has said. */
  readonly messages: FromChannelPage[] = [];
  /** Paths asked for so far, queries included. */
  readonly requests: readonly string[];
  readonly #cdp: CDPSession;
  readonly #folder: TempFolder;
  readonly #stack: AsyncDisposableStack;
  readonly #size: Size;
  #orders = 0;

  private constructor(
    page: Page,
    cdp: CDPSession,
    server: Server,
    folder: TempFolder,
    stack: AsyncDisposableStack,
    size: Size,
  ) {
    this.page = page;
    this.#cdp = cdp;
    this.origin = server.origin;
    this.requests = server.requests;
    this.#folder = folder;
    this.#stack = stack;
    this.#size = size;
  }

  /** Opened, but not told yet what it is for. */
  static async open(size: Size = { width: 640, height: 360 }): Promise<CompositePage> {
    await using stack = new AsyncDisposableStack();
    const server = stack.use(await serve());
    const folder = stack.use(await makeTempFolder());
    const args = [
      ...['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--autoplay-policy=no-user-gesture-required'],
      ...['--force-color-profile=srgb', '--hide-scrollbars', '--disable-background-networking'],
    ];
    const browser = await launch({ executablePath: CHROMIUM, headless: true, args, defaultViewport: { ...size } });
    stack.defer(() => browser.close());
    const page = await browser.newPage();
    const cdp = await page.createCDPSession();
    const opened = new CompositePage(page, cdp, server, folder, stack.move(), size);
    cdp.on('Runtime.bindingCalled', ({ payload }) => opened.messages.push(JSON.parse(payload) as FromChannelPage));
    await cdp.send('Runtime.addBinding', { name: 'tapeheadChannel' });
    await cdp.send('Runtime.enable');
    await page.goto(`${server.origin}/pages/composite/`);
    await opened.said(({ type }) => type === 'hello');
    return opened;
  }

  /** The same, begun, and in its channel. */
  static async begin(layout: Partial<LayoutPlan> = {}, plan: Partial<ChannelPlan> = {}): Promise<CompositePage> {
    const opened = await CompositePage.open();
    await opened.begin({ ...plan, layout: { ...LAYOUT, ...layout } });
    await opened.said(({ type }) => type === 'joined');
    return opened;
  }

  async begin(plan: Partial<ChannelPlan> = {}): Promise<void> {
    await this.tell({ type: 'begin', channel: { ...PLAN, ...plan }, ...this.#size });
  }

  async tell(message: ToChannelPage): Promise<void> {
    const expression = `tapeheadReceive(${JSON.stringify(message)})`;
    const { exceptionDetails } = await this.#cdp.send('Runtime.evaluate', { expression });
    if (exceptionDetails) throw new Error(`${message.type}: ${exceptionDetails.text}`);
  }

  /** Resolves once it has said so. */
  async said(match: (message: FromChannelPage) => boolean, ms = 10_000): Promise<FromChannelPage> {
    const endMs = Date.now() + ms;
    for (;;) {
      const message = this.messages.find(match);
      if (message) return message;
      if (Date.now() > endMs) throw new Error(`not said in time; said: ${JSON.stringify(this.messages.slice(-20))}`);
      await sleep(20);
    }
  }

  /** Resolves once it is painted. */
  async layout(layout: Partial<LayoutPlan>): Promise<void> {
    await this.#order({ type: 'layout', id: 0, layout: { ...LAYOUT, ...layout } });
  }

  async subscribe(subscription: ChannelPlan['subscription']): Promise<void> {
    await this.#order({ type: 'subscribe', id: 0, subscription });
  }

  async #order(order: Exclude<ToChannelPage, { readonly type: 'begin' }>): Promise<void> {
    this.#orders += 1;
    const id = this.#orders;
    await this.tell({ ...order, id });
    await this.said((message) => message.type === 'done' && message.id === id);
  }

  /** Who is in the channel from now on; `host`, with sound and picture, if not said otherwise. */
  async users(users: readonly (Partial<ChannelUser> & { readonly uid: string })[]): Promise<void> {
    await this.call('users', users);
  }

  async picture(uid: string, options: PictureOptions): Promise<void> {
    await this.call('picture', uid, options);
  }

  async tone(uid: string, options: ToneOptions): Promise<void> {
    await this.call('tone', uid, options);
  }

  /** A method of the stand-in. */
  async call(method: string, ...args: readonly unknown[]): Promise<void> {
    await this.page.evaluate(`standIn.${method}(...${JSON.stringify(args)})`);
  }

  /** What it has said of a user's stream. */
  streams(uid: string, kind: 'audio' | 'video'): Stream[] {
    return this.messages.filter((message): message is Stream => {
      return message.type === 'stream' && message.uid === uid && message.kind === kind;
    });
  }

  /** Resolves once this user is seen, or heard; or not any more. */
  async receives(uid: string, kind: 'audio' | 'video', receiving = true): Promise<void> {
    await this.said(() => this.streams(uid, kind).at(-1)?.receiving === receiving);
  }

  /** What is on the page now. */
  async look(): Promise<Picture> {
    const file = this.#folder.file('look.png');
    await writeFile(file, await this.page.screenshot({ type: 'png' }));
    return await grabFrame(file, 0);
  }

  /** Each frame that is drawn while `act` runs, as files; @returns their pattern for ffmpeg. */
  async film(act: () => Promise<void>): Promise<{ readonly pattern: string; readonly count: number }> {
    const writes: Promise<void>[] = [];
    const keep = ({ data, sessionId }: { data: string; sessionId: number }) => {
      const name = `film-${String(writes.length).padStart(5, '0')}.png`;
      writes.push(writeFile(this.#folder.file(name), data, 'base64'));
      void this.#cdp.send('Page.screencastFrameAck', { sessionId });
    };
    this.#cdp.on('Page.screencastFrame', keep);
    await this.#cdp.send('Page.startScreencast', { format: 'png', everyNthFrame: 1 });
    await act();
    await this.#cdp.send('Page.stopScreencast');
    this.#cdp.off('Page.screencastFrame', keep);
    await Promise.all(writes);
    return { pattern: this.#folder.file('film-%05d.png'), count: writes.length };
  }

  /** Chromium's counts of what the page holds, after a collection of garbage. */
  async counts(): Promise<ReadonlyMap<string, number>> {
    await this.#cdp.send('Performance.enable');
    await this.#cdp.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.#cdp.send('Performance.getMetrics');
    return new Map(metrics.map(({ name, value }) => [name, value]));
  }

  /** Address of an image; see `answerImage`. */
  image(query: Readonly<Record<string, string | number>>): string {
    const address = new URL('/image.bmp', this.origin);
    for (const [key, value] of Object.entries(query)) address.searchParams.set(key, String(value));
    return address.href;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

interface Server extends AsyncDisposable {
  readonly origin: string;
  readonly requests: readonly string[];
}

async function serve(): Promise<Server> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    answer(request, response).catch(() => response.writeHead(404).end());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer({ url }: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(url ?? '/', 'http://localhost');
  if (pathname === '/image.bmp') return await answerImage(searchParams, response);
  const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
  if (!/^\/pages(\/[\w-]+)+\.\w+$/.test(path)) throw new Error('no such file');
  const standIn = path === '/pages/composite/channels/hub.js';
  const body = await readFile(join(ROOT, standIn ? 'test/pages/composite-stand-in.js' : path));
  response.writeHead(200, {
    'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    'cache-control': 'no-store',
  });
  response.end(body);
}

/**
 * A picture of one colour: `colour` as rrggbb, `width` and `height`, after `ms`; `status` answers with that instead. `ms=never`
 * does not answer.
 */
async function answerImage(query: URLSearchParams, response: ServerResponse): Promise<void> {
  if (query.get('ms') === 'never') return;
  await sleep(Number(query.get('ms') ?? 0));
  const status = Number(query.get('status') ?? 200);
  response.writeHead(status, { 'content-type': 'image/bmp', 'cache-control': 'no-store' });
  response.end(
    status === 200
      ? bitmap(query.get('colour') ?? 'ff0000', Number(query.get('width') ?? 64), Number(query.get('height') ?? 36))
      : '',
  );
}

/** An uncompressed BMP file of 32 bits per pixel. */
function bitmap(colour: string, width: number, height: number): Buffer {
  const head = Buffer.alloc(54);
  head.write('BM');
  head.writeUInt32LE(54 + 4 * width * height, 2);
  head.writeUInt32LE(54, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(width, 18);
  head.writeInt32LE(height, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(32, 28);
  const [red = 0, green = 0, blue = 0] = Buffer.from(colour, 'hex');
  return Buffer.concat([head, Buffer.alloc(4 * width * height, Buffer.from([blue, green, red, 255]))]);
}
