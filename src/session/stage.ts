import { chownSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { Browser } from '../browser/browser.ts';
import type { ChannelBridgeOptions } from '../browser/channel-bridge.ts';
import { type DeviceOptions, deviceFor, UNSEEN } from '../browser/device.ts';
import { Display } from '../browser/display.ts';
import type { NetworkOptions } from '../browser/flags.ts';
import type { MediaReport } from '../browser/media-script.ts';
import { type PageReady, type PageTarget, RecordedPage } from '../browser/page.ts';
import type { ProcessKind } from '../browser/processes.ts';
import { Sound } from '../capture/sound.ts';
import type { EncoderInputs } from '../encode/encoder.ts';
import { RecorderError } from '../errors.ts';
import { AddressPolicy } from '../net/address-policy.ts';
import { EgressProxy } from '../net/egress-proxy.ts';
import type { ReloadReason } from '../recording/link.ts';
import { refreshRate } from '../recording/plan.ts';
import type { Shape, Site } from '../recording/shape.ts';

export interface StageEvents {
  /** The page had not called `notifyReady` in time and is loaded once more. */
  readonly onReload: () => void;
  /** The page is in trouble, or a process that shows it is gone. */
  readonly onTrouble: (error: RecorderError) => void;
  /** The page of a channel says something, which may be answered. */
  readonly onMessage: ChannelBridgeOptions['onMessage'];
  /** A step of opening is done. */
  readonly onStep: (name: string) => void;
  /** Lines for people who look into what went wrong. */
  readonly log: (line: string) => void;
}

/** The last lines that the processes of a recording wrote, by their names. */
export type Tails = Readonly<Record<string, string>>;

/**
 * Where the page plays: runtime folder, display, sound daemon, way out to the network, browser; without what is not recorded.
 * Opened in steps, so that an encoder can be armed while the browser starts, and all but the page itself can be there before a
 * recording is; given back in reverse, whatever was opened.
 */
export class Stage implements AsyncDisposable {
  /** What a program needs to show and play here. */
  readonly env: Readonly<Record<string, string>>;
  readonly inputs: EncoderInputs;
  readonly #site: Site;
  readonly #events: StageEvents;
  readonly #display: Display | null;
  readonly #sound: Sound | null;
  readonly #egress: EgressProxy | null;
  readonly #resources: AsyncDisposableStack;
  #browser: Browser | null = null;
  #page: RecordedPage | null = null;

  private constructor(site: Site, events: StageEvents, parts: Parts, resources: AsyncDisposableStack) {
    this.#site = site;
    this.#events = events;
    this.#resources = resources;
    this.#display = parts.display;
    this.#sound = parts.sound;
    this.#egress = parts.egress;
    this.env = { ...this.#display?.env, ...this.#sound?.env };
    this.inputs = { display: this.#display?.name ?? null, source: this.#sound?.source ?? null };
    if (this.#display) this.#watch(this.#display.exited, 'display');
    if (this.#sound) this.#watch(this.#sound.exited, 'sound daemon');
  }

  /** Display, sound, way out. */
  static async open(site: Site, events: StageEvents): Promise<Stage> {
    await using opened = new AsyncDisposableStack();
    const { folder, shape } = site;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    opened.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
    if (shape.identity) chownSync(folder, shape.identity.uid, shape.identity.gid);
    const parts = await openParts(site, events, opened);
    events.onStep('display and sound');
    return new Stage(site, events, parts, opened.move());
  }

  /** Starts the browser and prepares its page, unless that has been done. @throws RecorderError */
  async prepare(): Promise<RecordedPage> {
    if (this.#page) return this.#page;
    const browser = await this.#launch();
    this.#events.onStep('browser');
    const { mode, limits } = this.#site.shape;
    const { onMessage, onReload, onTrouble, log } = this.#events;
    this.#page = await RecordedPage.prepare(browser.page, {
      device: this.#device,
      withWebgl: limits.webgl,
      channel: mode === 'mix' ? { onMessage, log } : null,
      onReload,
      onTrouble,
    });
    return this.#page;
  }

  /** Opens the page. @param tries 1: a page that is not ready in time is not loaded once more. @throws RecorderError */
  async play(target: PageTarget, tries: 1 | 2): Promise<PageReady> {
    const page = await this.prepare();
    const ready = await this.#explained(page.open(target, tries));
    this.#events.onStep('page');
    return ready;
  }

  /** Opens the page anew, once what ails it has been removed. @throws RecorderError */
  async reload(reason: ReloadReason | null): Promise<PageReady> {
    if (!this.#page) throw new RecorderError('browser_lost', 'there is no page to load anew');
    return await this.#explained(this.#page.reload(reason && (CULPRITS[reason] ?? null)));
  }

  /** Of what the way out refuses, Chromium knows only that it failed. */
  async #explained(opening: Promise<PageReady>): Promise<PageReady> {
    return await opening.catch((error: unknown) => {
      const why = this.#egress?.lastFailure;
      if (!why || !(error instanceof RecorderError) || !error.message.includes('ERR_SOCKS')) throw error;
      throw new RecorderError('page_unreachable', why.message, { cause: error });
    });
  }

  /** When a frame of the page began, UTC ms; null when it does not tell. */
  async frameStart(): Promise<number | null> {
    return (await this.#page?.frameStart()) ?? null;
  }

  async answers(): Promise<void> {
    await this.#page?.answers();
  }

  get media(): MediaReport {
    return this.#page?.media ?? { sounding: 0, maybeSounding: 0, videoPixels: 0, webgl: false };
  }

  /** Streams that are played into what is recorded. */
  async streams(): Promise<number> {
    return (await this.#sound?.playing()) ?? 0;
  }

  /** What the page has sent and received so far, if it goes by the proxy. */
  get trafficBytes(): number {
    return this.#egress?.bytes ?? 0;
  }

  async takeScreenshot(): Promise<Buffer | null> {
    return (await this.#page?.takeScreenshot()) ?? null;
  }

  get tails(): Tails {
    const parts = { display: this.#display, sound: this.#sound, browser: this.#browser };
    return Object.fromEntries(Object.entries(parts).flatMap(([name, part]) => (part ? [[name, part.tail()]] : [])));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }

  async #launch(): Promise<Browser> {
    const { folder, shape } = this.#site;
    const { picture, sound, identity, sandbox } = shape;
    const browser = await Browser.launch({
      size: picture ?? UNSEEN,
      pixelRatio: this.#device.pixelRatio,
      headless: picture === null,
      muted: sound === null,
      folder,
      env: this.env,
      identity,
      network: networkFor(shape, this.#egress),
      sandbox,
    });
    if (this.#resources.disposed) {
      await browser[Symbol.asyncDispose]();
      throw new RecorderError('wrong_state', 'the recording ended while its browser was starting');
    }
    this.#resources.use(browser);
    this.#browser = browser;
    this.#watch(browser.exited, 'browser');
    return browser;
  }

  get #device(): DeviceOptions {
    const { picture, mobile } = this.#site.shape;
    return deviceFor(picture ?? UNSEEN, mobile);
  }

  #watch(exited: Promise<unknown>, name: string): void {
    void exited.then(() => {
      if (this.#resources.disposed) return;
      this.#events.onTrouble(new RecorderError('browser_lost', `the ${name} ended although the recording needs it`));
    });
  }
}

/** What does not work any more, and does not come back by itself, in a trouble of this kind. */
const CULPRITS: Readonly<Partial<Record<ReloadReason, ProcessKind>>> = {
  page_hang: 'renderer',
  // Its way to the sound daemon may be what broke; it takes no other.
  audio_silence: 'audio.mojom.AudioService',
};

interface Parts {
  readonly display: Display | null;
  readonly sound: Sound | null;
  readonly egress: EgressProxy | null;
}

async function openParts(site: Site, { log }: StageEvents, opened: AsyncDisposableStack): Promise<Parts> {
  const { folder, shape } = site;
  const { picture, sound: heard, identity } = shape;
  const opening = [
    picture && Display.open({ size: picture, fps: refreshRate(picture.fps), folder, identity }),
    heard && Sound.open({ folder, identity }),
    openEgress(shape, log),
  ] as const;
  // All are waited for, so that one that succeeds is given back although another fails.
  for (const result of await Promise.allSettled(opening)) if (result.status === 'fulfilled') opened.use(result.value);
  const [display, sound, egress] = await Promise.all(opening);
  return { display, sound, egress };
}

/** A page that may reach everything needs a proxy only for its traffic to be counted. */
async function openEgress({ network, mode, limits }: Shape, log: StageEvents['log']): Promise<EgressProxy | null> {
  if (network.allowPrivate === null && limits.bandwidthKbps === null) return null;
  const onBlocked = (host: string) => log(`the page may not reach ${host}`);
  const service = mode === 'mix' ? network.service : null;
  return await EgressProxy.open({ policy: new AddressPolicy(network.allowPrivate), service, onBlocked });
}

/** A page of ours gets its streams by UDP, and needs what browsers keep for addresses with TLS. */
function networkFor({ network, mode }: Shape, egress: EgressProxy | null): NetworkOptions {
  const { webrtcUdp, service } = network;
  const ours = mode === 'mix';
  const withoutTls = ours && service?.startsWith('http:');
  return {
    proxyPort: egress?.port ?? null,
    webrtcUdp: webrtcUdp || ours,
    secureOrigin: withoutTls ? service : null,
  };
}
