import type { CDPSession, Page } from 'puppeteer-core';
import { messageOf, RecorderError } from '../errors.ts';
import { until, within } from '../kit/deadline.ts';
import { type DeviceOptions, emulateDevice } from './device.ts';
import { denyDownloads, pageScript, READY_BINDING } from './page-script.ts';

/** A page whose server accepts and then says nothing counts as unreachable after this time. */
const RESPONSE_MS = 30_000;
/** A page that never finishes loading (a stream of images, a hanging script) is recorded all the same after this time. */
const LOAD_MS = 10_000;
const PAINT_MS = 2_000;

export interface PageOptions {
  readonly url: string;
  /** Seconds for `navigator.notifyReady()`; 0: not waited for. */
  readonly readyTimeoutS: number;
  readonly device: DeviceOptions;
  /** The page had not called `notifyReady` in time and is loaded once more. */
  readonly onReload: () => void;
  readonly onCrash: (error: RecorderError) => void;
}

/** The one page that is recorded: prepared, opened, and brought to the moment from which it is worth recording. */
export class RecordedPage {
  readonly #page: Page;
  readonly #cdp: CDPSession;
  readonly #options: PageOptions;
  #onReady: () => void = () => {};

  private constructor(page: Page, cdp: CDPSession, options: PageOptions) {
    this.#page = page;
    this.#cdp = cdp;
    this.#options = options;
  }

  /** Sets up all that must be in place before the first byte of the page arrives. */
  static async prepare(page: Page, options: PageOptions): Promise<RecordedPage> {
    const cdp = await page.createCDPSession();
    const recorded = new RecordedPage(page, cdp, options);
    await Promise.all([
      emulateDevice(cdp, options.device),
      denyDownloads(cdp),
      recorded.#offerNotifyReady(),
      page.evaluateOnNewDocument(pageScript, READY_BINDING),
    ]);
    // The one dialog that page-script.ts cannot answer: "leave this page?" Yes.
    page.on('dialog', (dialog) => void dialog.accept().catch(() => {}));
    page.on('popup', (popup) => void popup?.close().catch(() => {}));
    page.on('error', (error) =>
      options.onCrash(new RecorderError('browser_lost', `the page crashed: ${error.message}`)),
    );
    return recorded;
  }

  /**
   * Opens the page and waits until it shows itself. @returns when it called `notifyReady`, if it had to (UTC ms).
   * @throws RecorderError `page_unreachable`, `page_timeout`
   */
  async open(): Promise<{ readyMs: number | null }> {
    const { readyTimeoutS } = this.#options;
    let readyMs: number | null = null;
    if (readyTimeoutS > 0) readyMs = await this.#openUntilReady(readyTimeoutS * 1000);
    else await this.#navigate();
    await this.#checkViewport();
    await this.#painted();
    return { readyMs };
  }

  async #openUntilReady(timeoutMs: number): Promise<number> {
    const late = () =>
      new RecorderError(
        'page_timeout',
        `expected the page to call navigator.notifyReady() within ${timeoutMs / 1000} s, twice`,
      );
    try {
      return await within(timeoutMs, this.#navigateUntilReady(), late);
    } catch (error) {
      if (!(error instanceof RecorderError) || error.code !== 'page_timeout') throw error;
      this.#options.onReload();
      return await within(timeoutMs, this.#navigateUntilReady(), late);
    }
  }

  async #navigateUntilReady(): Promise<number> {
    const ready = new Promise<number>((resolve) => {
      this.#onReady = () => resolve(Date.now());
    });
    const failed = new Promise<never>((_, reject) => {
      this.#navigate().catch(reject);
    });
    return await Promise.race([ready, failed]);
  }

  /** Goes to the page and judges the server's answer; then waits a while for `load`. */
  async #navigate(): Promise<void> {
    const { url } = this.#options;
    const started = performance.now();
    const response = await this.#page
      .goto(url, { waitUntil: 'domcontentloaded', timeout: RESPONSE_MS })
      .catch((error: unknown) => {
        throw new RecorderError(
          'page_unreachable',
          `expected ${hostOf(url)} to answer with a page: ${firstLine(messageOf(error))}`,
          { cause: error },
        );
      });
    const status = response?.status() ?? 200;
    if (status === 404 || status >= 500)
      throw new RecorderError('page_unreachable', `expected a page, the server answered ${status}`);
    const left = LOAD_MS - (performance.now() - started);
    // Not being done in time is no failure: see LOAD_MS.
    await until(left, 25, async () => (await this.#evaluate('document.readyState')) === 'complete');
  }

  /**
   * When the page's latest animation frame began, UTC ms: the page draws at this time and whole intervals later. @returns null
   * when the page does not tell.
   */
  async frameStart(): Promise<number | null> {
    // The time of day has no fraction: on average it is half a millisecond more.
    const asked = this.#evaluate(
      'new Promise((resolve) => requestAnimationFrame((start) => resolve(Date.now() + 0.5 - performance.now() + start)))',
    );
    const told = await within(PAINT_MS, asked, () => new Error('the page is busy')).catch(() => null);
    return typeof told === 'number' ? told : null;
  }

  /** Two animation frames after loading, the first picture of the page has been handed to the display. */
  async #painted(): Promise<void> {
    const frames = this.#evaluate(`(async () => {
      await Promise.race([document.fonts.ready, new Promise((resolve) => setTimeout(resolve, 1000))]);
      for (let i = 0; i < 2; i += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
    })()`);
    await within(PAINT_MS, frames, () => new RecorderError('page_unreachable', 'expected the page to draw')).catch(
      () => {},
    );
  }

  async #checkViewport(): Promise<void> {
    const { viewport, mobile } = this.#options.device;
    const wanted = `${viewport.width}x${viewport.height}`;
    const got = await this.#evaluate("innerWidth + 'x' + innerHeight");
    // A phone's page may lay itself out wider than the screen, as its viewport tag says.
    if (mobile || got === wanted) return;
    throw new RecorderError('browser_failed', `expected a viewport of ${wanted}, got ${got}`);
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
    await this.#cdp.send('Runtime.enable');
    await this.#cdp.send('Runtime.addBinding', { name: READY_BINDING });
  }
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? 'the page';
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
