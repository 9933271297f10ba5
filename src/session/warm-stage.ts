import { messageOf } from '../errors.ts';
import type { Site } from '../recording/shape.ts';
import { Stage, type StageEvents } from './stage.ts';

/**
 * A stage that is opened before there is a recording for it: everything up to an empty page that is prepared. It may fall, or
 * fail to stand, at any time until it is taken.
 */
export class WarmStage implements AsyncDisposable {
  /** Resolves when it stands, or never will. */
  readonly opened: Promise<boolean>;
  /** Resolves with the reason when nothing of it is left; not when it has been taken. */
  readonly fallen: Promise<string>;
  readonly #fallen = Promise.withResolvers<string>();
  readonly #stage: Promise<Stage | null>;
  #events: StageEvents | null = null;
  #falls = false;

  constructor(site: Site) {
    this.fallen = this.#fallen.promise;
    this.#stage = this.#open(site);
    this.opened = this.#stage.then((stage) => stage !== null);
  }

  /**
   * The stage, whose events go to the taker from here on; as soon as it stands, if it is still being opened. To be taken once.
   * @returns null when it has fallen, and all of it is gone.
   */
  async take(events: StageEvents): Promise<Stage | null> {
    this.#events = events;
    const stage = await this.#stage;
    if (this.#falls || !stage) {
      await this.fallen;
      return null;
    }
    events.onStep('stage that was kept ready');
    return stage;
  }

  /** Does nothing to one that has been taken. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#events) return;
    await this.#fall('it was given up');
  }

  async #open(site: Site): Promise<Stage | null> {
    try {
      const stage = await Stage.open(site, this.#forward());
      try {
        await stage.prepare();
      } catch (error) {
        await stage[Symbol.asyncDispose]();
        throw error;
      }
      return stage;
    } catch (error) {
      this.#falls = true;
      this.#fallen.resolve(messageOf(error));
      return null;
    }
  }

  /** Until it is taken nobody listens, and whatever is lost is the end of it. */
  #forward(): StageEvents {
    return {
      onReload: () => this.#events?.onReload(),
      onTrouble: (error) => (this.#events ? this.#events.onTrouble(error) : void this.#fall(error.message)),
      onMessage: (message, answer) => this.#events?.onMessage(message, answer),
      onStep: (name) => this.#events?.onStep(name),
      log: (line) => this.#events?.log(line),
    };
  }

  async #fall(why: string): Promise<void> {
    this.#falls = true;
    const stage = await this.#stage;
    await stage?.[Symbol.asyncDispose]().catch(() => {});
    this.#fallen.resolve(why);
  }
}
