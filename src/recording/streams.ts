import type { UtcMs } from '../types.ts';
import type { RecordingEvent } from './link.ts';

/** A stream has come, or gone. */
export type StreamChange = Omit<Extract<RecordingEvent, { readonly name: 'stream_changed' }>, 'name'>;

/** Which streams of a channel's users are received, so that each change is told once. */
export class Streams {
  readonly #received = new Map<string, StreamChange>();

  /** @returns false when it was so already */
  change(change: StreamChange): boolean {
    const key = `${change.kind} ${change.uid}`;
    if (this.#received.has(key) === change.receiving) return false;
    if (change.receiving) this.#received.set(key, change);
    else this.#received.delete(key);
    return true;
  }

  /** Those that are received, in the order in which they came. */
  get all(): StreamChange[] {
    return [...this.#received.values()];
  }

  /** All of them are gone. @returns the changes, one per stream */
  lose(atMs: UtcMs): StreamChange[] {
    const lost = [...this.#received.values()].map((change) => ({ ...change, receiving: false, atMs }));
    this.#received.clear();
    return lost;
  }
}
