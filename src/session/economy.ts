import type { CaptureLoad } from '../capture/frames.ts';
import type { Economy } from '../recording/status.ts';

/** So many bad seconds among the latest of so many are more than a hiccup. */
const BAD_SECONDS = 3;
const LOOKS = 5;
/** Fewer late pictures than this tell nothing, whatever their share. */
const FEW_LATE = 3;
/** Share of late pictures that makes a second a bad one. */
const LATE_SHARE = 0.2;
/** What a step, or the beginning of the recording, has before it is judged. */
const SETTLE_MS = 5_000;

/**
 * When a running recording is made cheaper, and how: first its encoder quicker, as far as that goes, then half as many pictures per
 * second, once. It is never undone: room that comes back would be taken away by the very step up, and a recording whose picture
 * goes to and fro is worse than one that stays modest.
 */
export class EconomyRule {
  #bad: boolean[] = [];
  #judgedFromMs: number | null = null;
  #halved = false;

  /**
   * To be asked each second of recording.
   *
   * @param hasQuicker whether there is a quicker encoder than the one that runs
   * @returns the step to take now, or null
   */
  look(load: CaptureLoad, nowMs: number, hasQuicker: boolean): Economy['step'] | null {
    this.#judgedFromMs ??= nowMs + SETTLE_MS;
    if (nowMs < this.#judgedFromMs) return null;
    this.#bad = [...this.#bad, isBad(load)].slice(-LOOKS);
    if (this.#bad.filter(Boolean).length < BAD_SECONDS) return null;
    if (this.#halved && !hasQuicker) return null;
    this.#bad = [];
    this.#judgedFromMs = nowMs + SETTLE_MS;
    if (hasQuicker) return 'quicker_encoder';
    this.#halved = true;
    return 'half_rate';
  }
}

function isBad({ pictures, late, lost }: CaptureLoad): boolean {
  return lost > 0 || (late >= FEW_LATE && late >= LATE_SHARE * pictures);
}
