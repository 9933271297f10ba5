import { Patience } from './patience.ts';

/** What is known of the sound at one moment; a look is taken each second. */
export interface SoundLook {
  /** Streams that are played into what is recorded. */
  readonly streams: number;
  /** What the page wants to be heard; see browser/media-script.ts. */
  readonly sounding: number;
  readonly maybeSounding: number;
  /** Something was heard in the recording since the last look. */
  readonly heard: boolean;
}

/** Chromium ends a silent AudioContext's stream after half a minute, so silence this long says nothing about a loss. */
const RECENT_LOOKS = 3;
const LOST_LOOKS = 4;

/**
 * Finds out that the page's sound is lost on its way: the page plays, and no stream reaches the sound daemon.
 *
 * A page that falls silent by itself must not count. So what only may be heard (an AudioContext that runs, a call's audio
 * element) counts only when the streams vanished in the middle of sound, while nothing in the page was stopped.
 */
export class SoundRule {
  readonly #lost = new Patience(LOST_LOOKS);
  #sinceHeard = Number.POSITIVE_INFINITY;
  /** How much wanted to be heard when there was a stream last; null: that is looked at already. */
  #wantedBefore: number | null = null;
  #vanished = false;

  /** @returns true when it is lost. */
  look({ streams, sounding, maybeSounding, heard }: SoundLook): boolean {
    this.#sinceHeard = heard ? 0 : this.#sinceHeard + 1;
    const wanted = sounding + maybeSounding;
    if (streams > 0) {
      this.#wantedBefore = wanted;
      this.#vanished = false;
    } else if (this.#wantedBefore !== null) {
      this.#vanished = this.#sinceHeard <= RECENT_LOOKS && wanted >= this.#wantedBefore;
      this.#wantedBefore = null;
    }
    const amiss = streams === 0 && (sounding > 0 || (this.#vanished && maybeSounding > 0));
    return this.#lost.look(amiss);
  }
}
