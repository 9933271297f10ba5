import type { RecordingEvent } from '../recording/link.ts';
import type { RecordingEnd, RecordingStatus } from '../recording/status.ts';
import type { RecordingRecord } from './records.ts';

/** Somebody who is told what happens to all recordings: uploads, callbacks, metrics. Must not throw, and must not wait. */
export interface Follower {
  /** Also when it is gone on with after the service died. */
  started?(record: RecordingRecord): void;
  event?(record: RecordingRecord, event: RecordingEvent): void;
  status?(record: RecordingRecord, status: RecordingStatus): void;
  /** A call came that does not fit the state, such as a second start. */
  misfit?(record: RecordingRecord, status: RecordingStatus): void;
  ended?(record: RecordingRecord, end: RecordingEnd): void;
}

/** Tells all of them; what one of them throws reaches neither the recording nor the others. */
export class Followers implements Required<Follower> {
  readonly #all: readonly Follower[];
  readonly #onError: (error: unknown) => void;

  constructor(all: readonly Follower[], onError: (error: unknown) => void) {
    this.#all = all;
    this.#onError = onError;
  }

  started(record: RecordingRecord): void {
    this.#tell((follower) => follower.started?.(record));
  }

  event(record: RecordingRecord, event: RecordingEvent): void {
    this.#tell((follower) => follower.event?.(record, event));
  }

  status(record: RecordingRecord, status: RecordingStatus): void {
    this.#tell((follower) => follower.status?.(record, status));
  }

  misfit(record: RecordingRecord, status: RecordingStatus): void {
    this.#tell((follower) => follower.misfit?.(record, status));
  }

  ended(record: RecordingRecord, end: RecordingEnd): void {
    this.#tell((follower) => follower.ended?.(record, end));
  }

  #tell(call: (follower: Follower) => void): void {
    for (const follower of this.#all) {
      try {
        call(follower);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
