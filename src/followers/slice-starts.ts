import type { RecordingEvent } from '../recording/link.ts';

type SliceStarted = Extract<RecordingEvent, { readonly name: 'slice_started' }>;

/** Of all slices that begin, receivers are told of a recording's first, and of each that comes after an interruption. */
export class SliceStarts {
  readonly #begun = new Set<string>();

  /** Of a recording taken up again the next slice comes after an interruption, or is the first. */
  isNews(sid: string, { startUtcMs, discontinueUtcMs }: SliceStarted): boolean {
    const first = !this.#begun.has(sid);
    this.#begun.add(sid);
    return first || startUtcMs !== discontinueUtcMs;
  }

  forget(sid: string): void {
    this.#begun.delete(sid);
  }
}
