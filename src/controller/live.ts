import { within } from '../kit/deadline.ts';
import type { RunningRecording } from '../recording/recorder.ts';
import { PHASES, type RecordingEnd, type RecordingStatus } from '../recording/status.ts';
import type { RecordingRecord } from './records.ts';

/** A recording that runs under this service, and the order of the calls for it. */
export class LiveRecording {
  readonly record: RecordingRecord;
  readonly running: RunningRecording;
  /** Resolves once the end is written down. Never rejects. */
  readonly over: Promise<RecordingEnd>;
  readonly #begun = Promise.withResolvers<void>();
  #calls: Promise<unknown> = Promise.resolve();
  #stopAsked = false;

  /** @param settle writes the end down, before anybody who waits for `over` hears of it */
  constructor(record: RecordingRecord, running: RunningRecording, settle: (end: RecordingEnd) => void) {
    this.record = record;
    this.running = running;
    this.over = running.ended.then((end) => {
      settle(end);
      this.#begun.resolve();
      return end;
    });
    const watch = (status: RecordingStatus): void => {
      if (status.phase !== 'starting') this.#begun.resolve();
    };
    running.onStatus(watch);
    watch(running.status);
  }

  /** A stop was asked for, or the recording is ending by itself. */
  get exiting(): boolean {
    return this.#stopAsked || PHASES.indexOf(this.running.status.phase) >= PHASES.indexOf('stopping');
  }

  /** Resolves when it has begun to record, or never will. */
  async begun(ms: number, error: () => Error): Promise<void> {
    await within(ms, this.#begun.promise, error);
  }

  /** Exiting from here on; the recording is told once the calls before this one are through. The end shows in `over`. */
  stop(onError: (error: unknown) => void): void {
    this.#stopAsked = true;
    this.#begun.resolve();
    this.inTurn(async () => await this.running.stop()).catch(onError);
  }

  /** Runs the calls for a recording one after the other. */
  async inTurn<T>(call: () => Promise<T>): Promise<T> {
    const turn = this.#calls.then(call);
    this.#calls = turn.catch(() => undefined);
    return await turn;
  }
}
