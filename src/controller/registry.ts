import type { Logger } from 'pino';
import { RecorderError } from '../errors.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import type { RunningRecording } from '../recording/recorder.ts';
import type { RecordingEnd, RecordingStatus } from '../recording/status.ts';
import { stopCodeOf } from '../recording/stop-code.ts';
import type { UtcMs } from '../types.ts';
import { LiveRecording } from './live.ts';
import type { RecordingRef, Task } from './orders.ts';
import type { RecordingRecord, Records } from './records.ts';

/** A recording that was running when the service died. */
export interface OpenRecording {
  readonly sid: string;
  readonly plan: RecordingPlan;
  readonly status: RecordingStatus;
}

/** All recordings that are known: those that run, in memory, and those that ended, in the records. */
export class Registry {
  readonly #records: Records;
  readonly #log: Logger;
  readonly #live = new Map<string, LiveRecording>();

  constructor(records: Records, log: Logger) {
    this.#records = records;
    this.#log = log;
  }

  get runningCount(): number {
    return this.#live.size;
  }

  /**
   * Writes the record down, then launches; a launch that throws leaves no record, so that its resourceId can be started
   * again. `release` is called once, when the recording has ended.
   */
  launch(record: RecordingRecord, start: () => RunningRecording, release: () => void): void {
    const { sid } = record;
    this.#records.insert(record);
    let running: RunningRecording;
    try {
      running = start();
    } catch (error) {
      this.#records.remove(sid);
      throw error;
    }
    const log = this.#log.child({ sid });
    running.onEvent((event) => log.info({ event }, 'recording event'));
    running.onStatus(this.#statusSaver(record));
    const settle = (end: RecordingEnd): void => {
      this.#live.delete(sid);
      release();
      this.settle(sid, end);
    };
    this.#live.set(sid, new LiveRecording(record, running, settle));
  }

  /** Progress changes all the time and is worth nothing after a crash, so it is not saved by itself. */
  #statusSaver({ sid, status: first }: RecordingRecord): (status: RecordingStatus) => void {
    let saved = fingerprint(first);
    return (status) => {
      const now = fingerprint(status);
      if (now === saved) return;
      saved = now;
      this.#attempt(sid, () => this.#records.saveStatus(sid, status));
    };
  }

  /** A full disk under the records must not harm a recording. */
  #attempt(sid: string, write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#log.error({ sid, err: error }, 'the records cannot be written');
    }
  }

  byResource(resourceId: string): RecordingRecord | null {
    return this.#records.byResource(resourceId);
  }

  isLive(sid: string): boolean {
    return this.#live.has(sid);
  }

  /** The recording of this task that runs and was not told to stop. */
  runningTask(task: Task): RecordingRecord | null {
    const same = (record: RecordingRecord): boolean =>
      record.appId === task.appId && record.cname === task.cname && record.uid === task.uid;
    const found = [...this.#live.values()].find((live) => same(live.record) && !live.exiting);
    return found?.record ?? null;
  }

  /** @throws RecorderError `resource_foreign`, `recording_not_found`, `resource_time_limit` */
  find({ resourceId, sid }: RecordingRef, now: UtcMs): LiveRecording {
    const record = this.#records.byResource(resourceId);
    if (record === null) throw this.#withoutRecording(sid);
    if (record.sid !== sid) {
      throw new RecorderError('resource_foreign', `the resourceId belongs to another recording than sid ${sid}`);
    }
    const live = this.#live.get(sid);
    if (live === undefined) throw new RecorderError('recording_not_found', whyNotThere(record));
    if (now <= record.limitMs) return live;
    throw new RecorderError(
      'resource_time_limit',
      `calls for recording ${sid} were taken until ${isoTime(record.limitMs)} (resourceExpiredHour of acquire); the recording itself goes on`,
    );
  }

  #withoutRecording(sid: string): RecorderError {
    if (this.#records.bySid(sid) === null) {
      return new RecorderError(
        'recording_not_found',
        'no recording was started with this resourceId; call start first',
      );
    }
    return new RecorderError('resource_foreign', `sid ${sid} belongs to another resourceId`);
  }

  /** Recordings without an end that do not run here: the last service left them behind. */
  openRecordings(): OpenRecording[] {
    return this.#records
      .open()
      .filter(({ sid }) => !this.#live.has(sid))
      .map(({ sid, plan, status }) => ({ sid, plan, status }));
  }

  /** Writes down how a recording ended; the first end stays. */
  settle(sid: string, end: RecordingEnd): void {
    this.#attempt(sid, () => this.#records.saveEnd(sid, end));
    const { outcome, reason, detail, progress, cores } = end;
    const stopCode = stopCodeOf(reason);
    this.#log.info({ sid, outcome, reason, stopCode, detail, progress, cores }, 'recording ended');
  }

  /** Stops all recordings and waits for their ends. */
  async stopAll(): Promise<void> {
    const all = [...this.#live.values()];
    for (const live of all) live.stop((error) => this.#log.error({ sid: live.record.sid, err: error }, 'stop failed'));
    await Promise.all(all.map(async (live) => await live.over));
  }
}

function fingerprint({ progress: _, ...rest }: RecordingStatus): string {
  return JSON.stringify(rest);
}

function whyNotThere({ sid, end }: RecordingRecord): string {
  if (end === null) return `recording ${sid} was cut off by a restart of the service; its files are being completed`;
  const { code, message } = stopCodeOf(end.reason);
  return `recording ${sid} ended at ${isoTime(end.endedMs)}, ${end.outcome}, stop code ${code} ${message}: ${end.detail}`;
}

function isoTime(ms: UtcMs): string {
  return new Date(ms).toISOString();
}
