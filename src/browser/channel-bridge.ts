import type { CDPSession } from 'puppeteer-core';
import { RecorderError } from '../errors.ts';
import { within } from '../kit/deadline.ts';
import type { FromChannelPage, ToChannelPage } from '../recording/channel.ts';
import { parseFromPage } from './channel-messages.ts';

/** Function of the page's that tells us something, as JSON; and the one that the page offers for being told. */
const TELL = 'tapeheadChannel';
const RECEIVE = 'tapeheadReceive';
const HELLO_MS = 10_000;

export interface ChannelBridgeOptions {
  /** The page says something, which may be answered. */
  readonly onMessage: (message: FromChannelPage, answer: (message: ToChannelPage) => void) => void;
  /** Lines for people who look into what went wrong. */
  readonly log: (line: string) => void;
}

/** The line to the page of a channel. What goes over it does not appear in addresses, and the page's own requests do not show it. */
export class ChannelBridge {
  readonly #cdp: CDPSession;
  readonly #options: ChannelBridgeOptions;
  #begun = Promise.withResolvers<void>();

  private constructor(cdp: CDPSession, options: ChannelBridgeOptions) {
    this.#cdp = cdp;
    this.#options = options;
  }

  /** @param cdp of the page, before it is opened */
  static async install(cdp: CDPSession, options: ChannelBridgeOptions): Promise<ChannelBridge> {
    const bridge = new ChannelBridge(cdp, options);
    cdp.on('Runtime.bindingCalled', ({ name, payload }) => {
      if (name === TELL) bridge.#receive(payload);
    });
    await cdp.send('Runtime.addBinding', { name: TELL });
    return bridge;
  }

  /** Another page is going to be opened. */
  expect(): void {
    this.#begun = Promise.withResolvers();
  }

  /**
   * Resolves once the page has said hello and has been told what it is for.
   * @throws RecorderError `page_timeout`
   */
  async begun(): Promise<void> {
    const text = `expected the channel's page to say hello within ${HELLO_MS / 1000} s of being loaded`;
    await within(HELLO_MS, this.#begun.promise, () => new RecorderError('page_timeout', text));
  }

  #receive(payload: string): void {
    const message = parseFromPage(payload);
    if (message) this.#options.onMessage(message, (answer) => void this.#send(answer));
    else this.#options.log(`the channel's page said what is no message: ${payload.length} characters`);
  }

  async #send(message: ToChannelPage): Promise<void> {
    const begun = this.#begun;
    const expression = `${RECEIVE}(${JSON.stringify(message)})`;
    // Refused means that the page is just being replaced, which is found out elsewhere.
    const answer = await this.#cdp.send('Runtime.evaluate', { expression }).catch(() => null);
    if (answer?.exceptionDetails) this.#options.log(`the channel's page failed at "${message.type}"`);
    else if (answer && message.type === 'begin') begun.resolve();
  }
}
