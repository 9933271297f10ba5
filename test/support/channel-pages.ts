import { launch, type Page } from 'puppeteer-core';
import type { HubUser } from '../../src/channel/hub.ts';
import { until } from '../../src/kit/deadline.ts';
import type { EncryptionPlan } from '../../src/recording/channel.ts';

const ARGS = [
  '--autoplay-policy=no-user-gesture-required',
  // A camera with a moving picture, a microphone that beeps, and somebody who allows both.
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];
/** Much longer than anything takes on a machine that has other things to do. */
const WAIT_MS = 30_000;

/** A Chromium without display, for one page. */
export interface Tab extends AsyncDisposable {
  readonly page: Page;
  /** As a crash or the kernel would end it: nobody says goodbye. */
  killHard(): void;
}

export async function openTab(url: string): Promise<Tab> {
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await launch({ executablePath: '/usr/bin/chromium', args: [...ARGS, ...sandbox] });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => browser.close());
  const [page = await browser.newPage()] = await browser.pages();
  await page.goto(url);
  const owned = stack.move();
  return {
    page,
    killHard() {
      const pid = browser.process()?.pid;
      if (pid === undefined) throw new Error('the browser does not run');
      // It leads a group of all its processes.
      process.kill(-pid, 'SIGKILL');
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Waits for a state of the page where people publish. @returns what it says of its troubles */
export async function reaches(page: Page, state: string): Promise<string> {
  const selector = `body[data-state="${state}"]`;
  await page.waitForSelector(selector, { timeout: WAIT_MS });
  return await page.$eval('#problem', ({ textContent }) => textContent ?? '');
}

export interface Seen {
  /** Of the left edge of the picture. */
  readonly color: readonly number[];
  readonly width: number;
  readonly height: number;
  /** How loud it was so far, as WebRTC counts it. */
  readonly energy: number;
  /** Of the picture: `video/vp8`. */
  readonly codec: string;
}

export interface ViewOrder {
  readonly endpoint: string;
  readonly token?: string;
  readonly encryption?: EncryptionPlan;
  /** How long it may take until frames are there. */
  readonly limitMs?: number;
}

/** Receives a publisher on a page of the service, until some frames are decoded. @throws when they do not come in time */
export async function look(page: Page, order: ViewOrder): Promise<Seen> {
  return await page.evaluate(
    async (module, limitMs, given) => {
      const { view } = await import(module);
      const { pc, stream, close } = await view(given);
      try {
        const video = document.createElement('video');
        video.srcObject = stream;
        let frames = 0;
        const some = new Promise<void>((resolve, reject) => {
          setTimeout(() => reject(new Error(`only ${frames} frames came`)), limitMs);
          const next = (): void => {
            frames += 1;
            if (frames === 10) resolve();
            else video.requestVideoFrameCallback(next);
          };
          video.requestVideoFrameCallback(next);
        });
        await Promise.race([video.play(), some]);
        await some;
        const { videoWidth: width, videoHeight: height } = video;
        const picture = new OffscreenCanvas(width, height).getContext('2d');
        if (picture === null) throw new Error('nothing can be drawn');
        picture.drawImage(video, 0, 0);
        const color = [...picture.getImageData(4, height / 2, 1, 1).data].slice(0, 3);
        const reports = await pc.getStats();
        const inbound = [...reports.values()].filter(({ type }) => type === 'inbound-rtp');
        const energy = inbound.find(({ kind }) => kind === 'audio')?.totalAudioEnergy ?? 0;
        const { mimeType } = reports.get(inbound.find(({ kind }) => kind === 'video')?.codecId);
        return { color, width, height, energy, codec: mimeType.toLowerCase() };
      } finally {
        await close();
      }
    },
    '/pages/shared/whep.js',
    order.limitMs ?? WAIT_MS,
    { token: null, encryption: null, ...order },
  );
}

/** Is in a channel as a recorder, and knows who else is. */
export class Watch implements AsyncDisposable {
  users: readonly HubUser[] = [];
  /** Why it was ended; empty: it was not. */
  ended = '';
  readonly #over = new AbortController();
  readonly #done: Promise<void>;

  constructor(origin: string, channel: string) {
    const url = `${origin}/v1/apps/demo/channels/${channel}/users?uid=4000000000&role=recorder`;
    this.#done = this.#read(url).catch((error) => {
      if (!this.#over.signal.aborted) this.ended ||= String(error);
    });
  }

  /** Waits until it is true of a user, or of nobody. */
  async knows(uid: string, fits: (user: HubUser | undefined) => boolean): Promise<HubUser | undefined> {
    const find = (): HubUser | undefined => this.users.find((user) => user.uid === uid);
    if (await until(WAIT_MS, 20, () => fits(find()))) return find();
    throw new Error(`waited in vain: ${JSON.stringify(this.users)} ${this.ended}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#done;
  }

  async #read(url: string): Promise<void> {
    const response = await fetch(url, { signal: this.#over.signal });
    let text = '';
    for await (const bytes of response.body ?? []) {
      text += Buffer.from(bytes).toString();
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) this.#take(block);
    }
  }

  #take(block: string): void {
    const [, event, data = 'null'] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
    if (event === 'users') this.users = JSON.parse(data);
    if (event === 'end') this.ended = JSON.parse(data).why;
  }
}
