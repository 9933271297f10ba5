import type { CDPSession, HTTPResponse, Page } from 'puppeteer-core';
import { messageOf, RecorderError } from '../errors.ts';
import { sleep, within } from '../kit/deadline.ts';
import { ChannelBridge, type ChannelBridgeOptions } from './channel-bridge.ts';
import { type DeviceOptions, emulateDevice } from './device.ts';
import { FrameReports } from './frame-reports.ts';
import { type MediaReport, mediaScript } from './media-script.ts';
import { denyDownloads, pageScript, READY_BINDING } from './page-script.ts';
import { killProcesses, type ProcessKind } from './processes.ts';

/** A page whose server accepts and then says nothing counts as unreachable after this time. */
const RESPONSE_MS = 30_000;
/** A page that never finishes loading (a stream of images, a hanging script) is recorded all the same after this time. */
const LOAD_MS = 10_000;
const PAINT_MS = 2_000;
const PREPARE_MS = 10_000;
const SCREENSHOT_MS = 1_000;
/** Chromium tells that a process has ended after a moment. */
const CRASH_MS = 1_000;
const MEDIA_BINDING = 'tapeheadMedia';

/** The page to be opened. */
export interface PageTarget {
  readonly url: string;
  /** Seconds for `navigator.notifyReady()`; 0: not waited for. */
  readonly readyTimeoutS: number;
}

export interface PageOptions {
  readonly device: DeviceOptions;
  /** Look for WebGL. */
  readonly withWebgl: boolean;
  /** For a page of ours that shows a channel; null: it is somebody else's. */
  readonly channel: ChannelBridgeOptions | null;
  /** The page had not called `notifyReady` in time and is loaded once more. */
  readonly onReload: () => void;
  /** It crashed (`page_lost`), or went to an address that answers with an error (`page_unreachable`), while it was shown. */
  readonly onTrouble: (error: RecorderError) => void;
}

export interface PageReady {
  /** When the page called `notifyReady`, if it had to, UTC ms. */
  readonly readyMs: number | null;
  /** When a frame of it began, UTC ms; null when it does not tell. */
  readonly frameStartMs: number | null;
}

/** `start`: when a frame began by the page's own clock. The time of day has no fraction: on average it is half a millisecond more. */
const FRAME_START = 'Date.now() + 0.5 - performance.now() + start';
const PAINTED = `(async () => {
  await Promise.race([document.fonts.ready, new Promise((resolve) => setTimeout(resolve, 1000))]);
  await new Promise(requestAnimationFrame);
  const start = await new Promise(requestAnimationFrame);
  return { viewport: innerWidth + 'x' + innerHeight, frameStartMs: ${FRAME_START} };
})()`;

interface Painted {
  /** `1280x720` */
  readonly viewport: string;
  readonly frameStartMs: number;
}

/** The one page that is recorded: prepared, opened, and brought to the moment from which it is worth recording. */
export class RecordedPage {
  readonly #page: Page;
  readonly #cdp: CDPSession;
  readonly #options: PageOptions;
  readonly #media: FrameReports<MediaReport>;
  #target: PageTarget | null = null;
  #bridge: ChannelBridge | null = null;
  #onReady: () => void = () => {};
  /** Of the document that is shown, or of one that has taken its place. */
  #load = Promise.withResolvers<void>();
  /** Set while the page is being opened: what fails then fails the opening. */
  #onFailure: ((error: RecorderError) => void) | null = null;
  /** What comes after the first trouble is of the same one, until the page is opened anew. */
  #lost = false;

  private constructor(page: Page, cdp: CDPSession, media: FrameReports<MediaReport>, options: PageOptions) {
    this.#page = page;
    this.#cdp = cdp;
    this.#media = media;
    this.#options = options;
  }

  /** Sets up all that must be in place before the first byte of the page arrives. @throws RecorderError `browser_failed` */
  static async prepare(page: Page, options: PageOptions): Promise<RecordedPage> {
    const late = () => new RecorderError('browser_failed', 'expected Chromium to prepare its page, it does not answer');
    return await within(PREPARE_MS, RecordedPage.#prepare(page, options), late);
  }

  static async #prepare(page: Page, options: PageOptions): Promise<RecordedPage> {
    const cdp = await page.createCDPSession();
    const source = `(${mediaScript})(${JSON.stringify(MEDIA_BINDING)}, ${options.withWebgl})`;
    const media = await FrameReports.install<MediaReport>(cdp, MEDIA_BINDING, source);
    const recorded = new RecordedPage(page, cdp, media, options);
    await Promise.all([
      emulateDevice(cdp, options.device),
      denyDownloads(cdp),
      recorded.#offerNotifyReady(),
      recorded.#offerChannel(),
      page.evaluateOnNewDocument(pageScript, READY_BINDING),
    ]);
    // The one dialog that page-script.ts cannot answer: "leave this page?" Yes.
    page.on('dialog', (dialog) => void dialog.accept().catch(() => {}));
    page.on('popup', (popup) => void popup?.close().catch(() => {}));
    recorded.#watch();
    return recorded;
  }

  /**
   * Opens the page and waits until it shows itself; one that has to call `notifyReady` may get a second try.
   * @throws RecorderError `page_unreachable`, `page_timeout`, `page_lost`
   */
  async open(target: PageTarget, tries: 1 | 2): Promise<PageReady> {
    this.#target = target;
    try {
      return await this.#open('');
    } catch (error) {
      if (tries === 1 || !(error instanceof RecorderError) || error.code !== 'page_timeout') throw error;
      this.#options.onReload();
      return await this.#open(', twice');
    }
  }

  /**
   * Opens it anew, with one try.
   * @param ending the processes that do not work any more: they are ended first. @throws like `open`, and `browser_lost`
   */
  async reload(ending: ProcessKind | null = null): Promise<PageReady> {
    if (ending) await this.#end(ending);
    return await this.#open('');
  }

  async #end(kind: ProcessKind): Promise<void> {
    // That it crashes of this is no news, but must not be taken for a crash of what is opened next.
    this.#lost = true;
    const crashed = new Promise((resolve) => this.#page.once('error', resolve));
    await killProcesses(this.#page.browser(), kind);
    if (kind === 'renderer') await Promise.race([crashed, sleep(CRASH_MS)]);
  }

  async #open(times: string): Promise<PageReady> {
    this.#lost = false;
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    this.#onFailure = failed.reject;
    try {
      return await Promise.race([this.#show(times), failed.promise]);
    } finally {
      if (this.#onFailure === failed.reject) this.#onFailure = null;
    }
  }

  /** Resolves as soon as the page's main thread answers; one that hangs never does. */
  async answers(): Promise<void> {
    // Refused means that the page has just been replaced: a sign of life, too.
    await this.#evaluate('0').catch(() => {});
  }

  /** What its documents do with media, all together. */
  get media(): MediaReport {
    const all = this.#media.all;
    return {
      sounding: all.reduce((sum, { sounding }) => sum + sounding, 0),
      maybeSounding: all.reduce((sum, { maybeSounding }) => sum + maybeSounding, 0),
      videoPixels: Math.max(0, ...all.map(({ videoPixels }) => videoPixels)),
      webgl: all.some(({ webgl }) => webgl),
    };
  }

  /**
   * When the page's latest animation frame began, UTC ms: the page draws at this time and whole intervals later. @returns null
   * when the page does not tell.
   */
  async frameStart(): Promise<number | null> {
    const told = await this.#ask(`new Promise(requestAnimationFrame).then((start) => ${FRAME_START})`, PAINT_MS);
    return typeof told === 'number' ? told : null;
  }

  /** The page as PNG; null when it cannot be had within a second. */
  async takeScreenshot(): Promise<Buffer | null> {
    const taken = this.#cdp.send('Page.captureScreenshot', { format: 'png' });
    const late = () => new Error('the page cannot be drawn');
    const { data } = await within(SCREENSHOT_MS, taken, late).catch(() => ({ data: null }));
    return data === null ? null : Buffer.from(data, 'base64');
  }

  /** @param times says in an error how often it was tried */
  async #show(times: string): Promise<PageReady> {
    const target = this.#target;
    if (!target) throw new RecorderError('browser_lost', 'no page was opened that could be loaded anew');
    const { readyTimeoutS } = target;
    let readyMs: number | null = null;
    this.#bridge?.expect();
    if (readyTimeoutS > 0) readyMs = await this.#navigateUntilReady(target, times);
    else await this.#navigate(target);
    await this.#bridge?.begun();
    const painted = await this.#painted();
    this.#checkViewport(painted?.viewport ?? null);
    return { readyMs, frameStartMs: painted?.frameStartMs ?? null };
  }

  async #navigateUntilReady(target: PageTarget, times: string): Promise<number> {
    const { readyTimeoutS: timeoutS } = target;
    const ready = new Promise<number>((resolve) => {
      this.#onReady = () => resolve(Date.now());
    });
    const failed = new Promise<never>((_, reject) => {
      this.#navigate(target).catch(reject);
    });
    const text = `expected the page to call navigator.notifyReady() within ${timeoutS} s${times}`;
    return await within(timeoutS * 1000, Promise.race([ready, failed]), () => new RecorderError('page_timeout', text));
  }

  /** Goes to the page and judges the server's answer; then waits a while for `load`. */
  async #navigate({ url }: PageTarget): Promise<void> {
    const started = performance.now();
    const response = await this.#page
      .goto(url, { waitUntil: 'domcontentloaded', timeout: RESPONSE_MS })
      .catch((error: unknown) => {
        throw new RecorderError(
          'page_unreachable',
          `expected ${hostOf(url)} to answer with a page: ${reasonOf(error)}`,
          { cause: error },
        );
      });
    const status = response?.status() ?? 200;
    if (isFailure(status))
      throw new RecorderError('page_unreachable', `expected a page, the server answered ${status}`);
    const left = LOAD_MS - (performance.now() - started);
    // Not being done in time is no failure: see LOAD_MS.
    await within(Math.max(0, left), this.#load.promise, () => new Error('the page is still loading')).catch(() => {});
  }

  /**
   * Two animation frames after loading, the first picture of the page has been handed to the display.
   * @returns null when the page does not tell
   */
  async #painted(): Promise<Painted | null> {
    return (await this.#ask(PAINTED, PAINT_MS)) as Painted | null;
  }

  #checkViewport(got: string | null): void {
    const { viewport, mobile } = this.#options.device;
    const wanted = `${viewport.width}x${viewport.height}`;
    // A phone's page may lay itself out wider than the screen, as its viewport tag says. One that hangs does not tell.
    if (mobile || got === wanted || got === null) return;
    throw new RecorderError('browser_failed', `expected a viewport of ${wanted}, got ${got}`);
  }

  /** @returns null when there is no answer in time. */
  async #ask(expression: string, ms: number): Promise<unknown> {
    return await within(ms, this.#evaluate(expression), () => new Error('the page is busy')).catch(() => null);
  }

  /** Not puppeteer's `evaluate`: that one counts as a click of the user, after which a page may open windows. */
  async #evaluate(expression: string): Promise<unknown> {
    const { result } = await this.#cdp.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    return result.value;
  }

  async #offerNotifyReady(): Promise<void> {
    this.#cdp.on('Runtime.bindingCalled', (event) => {
      if (event.name === READY_BINDING) this.#onReady();
    });
    await this.#cdp.send('Runtime.addBinding', { name: READY_BINDING });
  }

  async #offerChannel(): Promise<void> {
    const { channel } = this.#options;
    if (channel) this.#bridge = await ChannelBridge.install(this.#cdp, channel);
  }

  #watch(): void {
    this.#page.on('error', () => this.#fail('page_lost', 'the page crashed'));
    this.#cdp.on('Page.loadEventFired', () => this.#load.resolve());
    this.#cdp.on('Page.frameNavigated', ({ frame }) => {
      if (frame.parentId === undefined) this.#expectLoad();
    });
    this.#page.on('response', (response) => this.#judge(response));
    this.#page.on('framenavigated', (frame) => {
      const failed = frame === this.#page.mainFrame() && frame.url().startsWith('chrome-error:');
      if (failed && !this.#onFailure)
        this.#fail('page_unreachable', 'the page went to an address that cannot be reached');
    });
  }

  #expectLoad(): void {
    const { resolve } = this.#load;
    this.#load = Promise.withResolvers();
    void this.#load.promise.then(resolve);
  }

  /** The opening judges for itself. */
  #judge(response: HTTPResponse): void {
    if (this.#onFailure || !isFailure(response.status())) return;
    if (!response.request().isNavigationRequest() || response.frame() !== this.#page.mainFrame()) return;
    this.#fail('page_unreachable', `the page went to an address that answered ${response.status()}`);
  }

  #fail(code: 'page_lost' | 'page_unreachable', text: string): void {
    const error = new RecorderError(code, text);
    if (this.#onFailure) this.#onFailure(error);
    else if (!this.#lost) this.#options.onTrouble(error);
    this.#lost = true;
  }
}

/** What counts as no page at all; others, 403 for instance, may be worth seeing. */
function isFailure(status: number): boolean {
  return status === 404 || status >= 500;
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? 'the page';
}

/** Puppeteer adds the whole address, which may hold a token. */
function reasonOf(error: unknown): string {
  return (
    messageOf(error)
      .split('\n', 1)[0]
      ?.replace(/ at \S+$/, '') ?? ''
  );
}
