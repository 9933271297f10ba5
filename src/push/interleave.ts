import type { Sample } from './sample.ts';

/**
 * Picture and sound that lie further apart than this are not put in order: one of them has stopped coming. Of a page that stands still
 * there is a picture a second, which the encoder gives when it has the next one.
 */
const LONGEST_MS = 3000;

/**
 * Puts pictures and sound into one order of time. They come from the encoder each in its own order, a constant apart
 * (`session/sound-shift.ts`), and there are servers that take a time before the last one for an error.
 */
export class Interleaver {
  readonly #waiting: Record<Sample['kind'], Sample[]> = { video: [], audio: [] };

  /** @returns what nothing earlier can come before. */
  push(sample: Sample): Sample[] {
    this.#waiting[sample.kind].push(sample);
    const ready: Sample[] = [];
    while (this.#isSettled()) ready.push(...this.#first());
    return ready;
  }

  /** @returns all that is waiting. */
  flush(): Sample[] {
    const all: Sample[] = [];
    while (this.#waiting.video.length + this.#waiting.audio.length > 0) all.push(...this.#first());
    return all;
  }

  #isSettled(): boolean {
    const { video, audio } = this.#waiting;
    if (video.length > 0 && audio.length > 0) return true;
    const alone = video.length > 0 ? video : audio;
    return (alone.at(-1)?.ms ?? 0) - (alone[0]?.ms ?? 0) > LONGEST_MS;
  }

  #first(): Sample[] {
    const { video, audio } = this.#waiting;
    const sound = (audio[0]?.ms ?? Number.POSITIVE_INFINITY) < (video[0]?.ms ?? Number.POSITIVE_INFINITY);
    return (sound ? audio : video).splice(0, 1);
  }
}
