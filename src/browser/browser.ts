import { chownSync, existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type Page, type Browser as PuppeteerBrowser } from 'puppeteer-core';
import { messageOf, RecorderError } from '../errors.ts';
import { within } from '../kit/deadline.ts';
import { Child } from '../process/child.ts';
import { childEnvironment } from '../process/environment.ts';
import type { Identity, Size } from '../types.ts';
import { DevtoolsPipe } from './devtools-pipe.ts';
import { chromiumFlags, type NetworkOptions } from './flags.ts';

/** Debian's /usr/bin/chromium is a shell script that adds flags of its own (load-extension, API keys). */
const CHROMIUM = '/usr/lib/chromium/chromium';
const START_MS = 20_000;
const CLOSE_MS = 3_000;
const TAIL_LINES = 100;

export interface BrowserOptions {
  readonly size: Size;
  readonly pixelRatio: number;
  /** There is no display; the page is drawn all the same. */
  readonly headless: boolean;
  /** There is no sound daemon; media plays on, unheard. */
  readonly muted: boolean;
  readonly folder: string;
  /** Where to show and to sound: the environment of display and sound daemon. */
  readonly env: Readonly<Record<string, string>>;
  readonly identity: Identity | null;
  readonly network: NetworkOptions;
  /** False: without Chromium's sandbox. */
  readonly sandbox: boolean;
}

/** One Chromium with one window, full screen on the recording's display if there is one, and its profile folder. */
export class Browser implements AsyncDisposable {
  readonly page: Page;
  readonly #child: Child;
  readonly #puppeteer: PuppeteerBrowser;
  readonly #profile: string;

  private constructor(child: Child, puppeteer: PuppeteerBrowser, page: Page, profile: string) {
    this.#child = child;
    this.#puppeteer = puppeteer;
    this.page = page;
    this.#profile = profile;
  }

  static async launch(options: BrowserOptions): Promise<Browser> {
    if (!existsSync(CHROMIUM))
      throw new RecorderError('missing_program', `expected Chromium at ${CHROMIUM}; install chromium`);
    const profile = join(options.folder, 'browser');
    await mkdir(profile, { mode: 0o700 });
    if (options.identity) chownSync(profile, options.identity.uid, options.identity.gid);
    const child = new Child({
      name: 'browser',
      command: CHROMIUM,
      args: chromiumFlags({ ...options, profile }),
      // There is no session bus; without this Chromium looks for one and complains.
      env: childEnvironment(profile, {
        ...options.env,
        DBUS_SESSION_BUS_ADDRESS: 'disabled:',
        DBUS_SYSTEM_BUS_ADDRESS: 'disabled:',
      }),
      identity: options.identity,
      stdio: { extra: 2 },
    });
    try {
      const failed = () => new RecorderError('browser_failed', `expected Chromium to start: ${child.describeExit()}`);
      const died = child.exited.then(() => Promise.reject(failed()));
      const attached = attach(child);
      attached.catch(() => {});
      const { puppeteer, page } = await within(START_MS, Promise.race([attached, died]), failed);
      died.catch(() => {});
      return new Browser(child, puppeteer, page, profile);
    } catch (error) {
      await child.close(0);
      await rm(profile, { recursive: true, force: true });
      throw explainSandbox(error, child);
    }
  }

  /** Resolves when Chromium is gone, whoever ended it. */
  get exited(): Promise<unknown> {
    return this.#child.exited;
  }

  describeExit(): string {
    return this.#child.describeExit();
  }

  /** The last lines of its log. */
  tail(): string {
    return this.#child.tail(TAIL_LINES);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.close(CLOSE_MS, () => void this.#puppeteer.close().catch(() => {}));
    // Chromium's helpers may still write for a moment.
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

async function attach(child: Child): Promise<{ puppeteer: PuppeteerBrowser; page: Page }> {
  const transport = new DevtoolsPipe(child.extra(3), child.extra(4));
  const puppeteer = await connect({ transport, defaultViewport: null });
  const [page] = await puppeteer.pages();
  if (!page) throw new RecorderError('browser_failed', 'expected Chromium to open its window, found none');
  return { puppeteer, page };
}

function explainSandbox(error: unknown, child: Child): Error {
  if (/sandbox/i.test(child.tail(20))) {
    const text = `Chromium's sandbox cannot start here: it needs user namespaces (kernel.unprivileged_userns_clone, or the container's seccomp profile). TAPEHEAD_SANDBOX=false records without it, for those who trust all pages that they record. ${child.tail(2)}`;
    return new RecorderError('browser_failed', text, { cause: error });
  }
  return error instanceof RecorderError
    ? error
    : new RecorderError('browser_failed', messageOf(error), { cause: error });
}
