import type { MediaReport } from '../browser/media-script.ts';
import type { ReloadReason } from '../recording/link.ts';
import type { PageLimits } from '../recording/plan.ts';
import { type Excess, LimitRule } from './limit-rule.ts';
import { Patience } from './patience.ts';
import { SoundRule } from './sound-rule.ts';

/** The page and its surroundings, as far as they can be asked. */
export interface Watched {
  /** Resolves as soon as the page's main thread answers. */
  answers(): Promise<void>;
  readonly media: MediaReport;
  /** Streams that are played into what is recorded; rejects when that cannot be told. */
  streams(): Promise<number>;
  /** Bytes that the page has sent and received so far. */
  readonly trafficBytes: number;
}

export interface WatchdogsOptions {
  readonly watched: Watched;
  readonly limits: PageLimits;
  /** Sound is recorded; where it is not, none can be lost. */
  readonly withSound: boolean;
  readonly onTrouble: (reason: ReloadReason, detail: string) => void;
  readonly onExcess: (excess: Excess) => void;
}

const LOOK_MS = 1_000;
/** A page whose main thread answers nothing at so many looks hangs. */
const HANG_LOOKS = 6;

/** Looks at a page each second, from when it is shown until it is in trouble or beyond a limit, which is told once. */
export class Watchdogs implements Disposable {
  readonly #options: WatchdogsOptions;
  readonly #hang = new Patience(HANG_LOOKS);
  readonly #sound = new SoundRule();
  readonly #limits: LimitRule;
  #timer: NodeJS.Timeout | undefined;
  #asked = false;
  #heard = false;

  private constructor(options: WatchdogsOptions) {
    this.#options = options;
    this.#limits = new LimitRule(options.limits);
  }

  static start(options: WatchdogsOptions): Watchdogs {
    const dogs = new Watchdogs(options);
    dogs.#timer = setInterval(() => void dogs.#look(), LOOK_MS);
    return dogs;
  }

  /** Something that is not silence has been recorded. */
  heard(): void {
    this.#heard = true;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const { media, trafficBytes } = this.#options.watched;
    // Asked at an earlier look, and no answer yet.
    if (this.#hang.look(this.#asked))
      this.#bark('page_hang', `the page's main thread did not answer for ${HANG_LOOKS} s`);
    this.#ask();
    const excess = this.#limits.look({ ...media, trafficBytes });
    if (excess) {
      this[Symbol.dispose]();
      this.#options.onExcess(excess);
    }
    if (this.#options.withSound) await this.#lookAtSound(media);
  }

  async #lookAtSound(media: MediaReport): Promise<void> {
    const heard = this.#heard;
    this.#heard = false;
    const wanted = media.sounding + media.maybeSounding > 0;
    const streams = wanted ? await this.#options.watched.streams().catch(() => null) : 0;
    if (streams !== null && this.#sound.look({ ...media, streams, heard }))
      this.#bark('audio_silence', 'the page plays, and nothing of it reaches the sound daemon');
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    void this.#options.watched.answers().then(() => {
      this.#asked = false;
    });
  }

  #bark(reason: ReloadReason, detail: string): void {
    this[Symbol.dispose]();
    this.#options.onTrouble(reason, detail);
  }
}
