import { chownSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { Browser } from '../browser/browser.ts';
import { deviceFor } from '../browser/device.ts';
import { Display } from '../browser/display.ts';
import { RecordedPage } from '../browser/page.ts';
import { Sound } from '../capture/sound.ts';
import type { EncoderInputs } from '../encode/args.ts';
import { RecorderError } from '../errors.ts';
import type { RecordingPlan } from '../recording/plan.ts';

export interface StageEvents {
  /** The page had not called `notifyReady` in time and is loaded once more. */
  readonly onReload: () => void;
  /** The page, or a process that shows it, is gone. */
  readonly onLost: (error: RecorderError) => void;
  /** A step of opening is done. */
  readonly onStep: (name: string) => void;
}

/**
 * Where the page plays: runtime folder, display, sound daemon, browser. Opened in two steps, so that an encoder can be armed
 * while the browser starts; given back in reverse, whatever was opened.
 */
export class Stage implements AsyncDisposable {
  /** What a program needs to show and play here. */
  readonly env: Readonly<Record<string, string>>;
  readonly inputs: EncoderInputs;
  readonly #plan: RecordingPlan;
  readonly #events: StageEvents;
  readonly #resources: AsyncDisposableStack;
  #page: RecordedPage | null = null;

  private constructor(
    plan: RecordingPlan,
    events: StageEvents,
    display: Display,
    sound: Sound,
    resources: AsyncDisposableStack,
  ) {
    this.#plan = plan;
    this.#events = events;
    this.#resources = resources;
    this.env = { ...display.env, ...sound.env };
    this.inputs = { display: display.name, source: sound.source };
    this.#watch(display.exited, 'display');
    this.#watch(sound.exited, 'sound daemon');
  }

  /** Display and sound. */
  static async open(plan: RecordingPlan, events: StageEvents): Promise<Stage> {
    await using opened = new AsyncDisposableStack();
    const { picture, runtimeFolder: folder, identity } = plan;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    opened.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
    if (identity) chownSync(folder, identity.uid, identity.gid);
    const opening = [
      Display.open({ size: picture, fps: picture.fps, folder, identity }),
      Sound.open({ folder, identity }),
    ] as const;
    // Both are waited for, so that one that succeeds is given back although the other fails.
    for (const result of await Promise.allSettled(opening)) if (result.status === 'fulfilled') opened.use(result.value);
    const [display, sound] = await Promise.all(opening);
    events.onStep('display and sound');
    return new Stage(plan, events, display, sound, opened.move());
  }

  /** Browser and page. @returns when the page called `notifyReady`, if it had to (UTC ms). */
  async play(): Promise<{ readyMs: number | null }> {
    const { page: plan, picture, runtimeFolder: folder, identity } = this.#plan;
    const device = deviceFor(picture, plan.mobile);
    const browser = await Browser.launch({
      size: picture,
      pixelRatio: device.pixelRatio,
      folder,
      env: this.env,
      identity,
    });
    if (this.#resources.disposed) {
      await browser[Symbol.asyncDispose]();
      throw new RecorderError('wrong_state', 'the recording ended while its browser was starting');
    }
    this.#resources.use(browser);
    this.#watch(browser.exited, 'browser');
    this.#events.onStep('browser');
    this.#page = await RecordedPage.prepare(browser.page, {
      url: plan.url,
      readyTimeoutS: plan.readyTimeoutS,
      device,
      onReload: this.#events.onReload,
      onCrash: this.#events.onLost,
    });
    const ready = await this.#page.open();
    this.#events.onStep('page');
    return ready;
  }

  /** When a frame of the page began, UTC ms; null when it does not tell. */
  async frameStart(): Promise<number | null> {
    return (await this.#page?.frameStart().catch(() => null)) ?? null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }

  #watch(exited: Promise<unknown>, name: string): void {
    void exited.then(() => {
      if (this.#resources.disposed) return;
      this.#events.onLost(new RecorderError('browser_lost', `the ${name} ended although the recording needs it`));
    });
  }
}
