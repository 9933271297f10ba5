import { join } from 'node:path';
import type { FilesPlan } from '../recording/plan.ts';
import { assembleMp4 } from './mp4.ts';
import { mp4Name } from './names.ts';
import type { Slices } from './slices.ts';
import { TICKS_PER_SECOND } from './transport-stream.ts';

/** The MP4s of a recording: each is put together once, when no slice is added to it any more. */
export class Parts {
  readonly #plan: FilesPlan;
  readonly #slices: Slices;
  readonly #onReady: (name: string, part: number) => void;
  /** Under way or done; with the error of one that failed. */
  readonly #results = new Map<number, Promise<unknown>>();

  constructor(plan: FilesPlan, slices: Slices, onReady: (name: string, part: number) => void) {
    this.#plan = plan;
    this.#slices = slices;
    this.#onReady = onReady;
  }

  /** Puts together all parts before this one that do not stand yet, in the background. */
  completeBefore(part: number): void {
    for (let earlier = 0; earlier < part; earlier += 1) this.#assemble(earlier, true);
  }

  /**
   * @param goesOn the last part may get more slices later: its MP4 is made, but does not count as done.
   * @returns what went wrong, when all parts have been dealt with.
   */
  async completeAll(goesOn: boolean): Promise<unknown[]> {
    const last = this.#slices.part;
    this.completeBefore(last);
    if (this.#slices.ofPart(last).length > 0) this.#assemble(last, !goesOn);
    const results = await Promise.all(this.#results.values());
    return results.filter((error) => error !== null);
  }

  #assemble(part: number, done: boolean): void {
    if (!this.#plan.mp4 || this.#results.has(part) || this.#slices.assembled.has(part)) return;
    this.#results.set(
      part,
      this.#make(part, done).then(
        () => null,
        (error: unknown) => error,
      ),
    );
  }

  async #make(part: number, done: boolean): Promise<void> {
    const name = mp4Name(this.#plan.stem, part);
    const slices = this.#slices.ofPart(part);
    const paths = slices.map((slice) => this.#slices.pathOf(slice));
    const ticks = (slices.at(-1)?.mediaEnd ?? 0) - (slices[0]?.mediaStart ?? 0);
    await assembleMp4(paths, ticks / TICKS_PER_SECOND, join(this.#plan.folder, name));
    if (!done) return;
    await this.#slices.setAssembled(part);
    this.#onReady(name, part);
  }
}
