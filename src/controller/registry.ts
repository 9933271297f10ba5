import type { Logger } from 'pino';
import { RecorderError } from '../errors.ts';
import { modeOf, type RecordingMode } from '../recording/plan.ts';
import type { RunningRecording } from '../recording/recorder.ts';
import { redactEvent } from '../recording/redact.ts';
import type { RecordingEnd, RecordingStatus } from '../recording/status.ts';
import { stopCodeOf } from '../recording/stop-code.ts';
import type { UtcMs } from '../types.ts';
import type { Followers } from './follower.ts';
import { LiveRecording } from './live.ts';
import type { RecordingRef, Task } from './orders.ts';
import type { RecordingRecord, Records } from './records.ts';

/** All recordings that are known: those that run, in memory, and those that ended, in the records. */
export class Registry {
  readonly #records: Records;
  readonly #followers: Followers;
  readonly #log: Logger;
  readonly #live = new Map<string, LiveRecording>();
  /** Running ones that a call has asked to stop. */
  readonly #stopAsked = new Set<string>();

  constructor(records: Records, followers: Followers, log: Logger) {
    this.#records = records;
    this.#followers = followers;
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
    this.#records.insert(record);
    try {
      this.#follow(record, start(), release);
    } catch (error) {
      this.#records.remove(record.sid);
      throw error;
    }
  }

  /** Takes up again a recording that was running when the last service died. */
  relaunch(record: RecordingRecord, start: () => RunningRecording, release: () => void): void {
    this.#follow(record, start(), release);
  }

  #follow(record: RecordingRecord, running: RunningRecording, release: () => void): void {
    const { sid } = record;
    const log = this.#log.child({ sid });
    running.onEvent((event) => {
      log.info({ event: redactEvent(event) }, 'recording event');
      this.#followers.event(record, event);
    });
    const save = this.#statusSaver(record);
    running.onStatus((status) => {
      save(status);
      this.#followers.status(record, status);
    });
    const settle = (end: RecordingEnd): void => {
      this.#live.delete(sid);
      release();
      this.settle({ ...record, stopAsked: this.#stopAsked.delete(sid) }, end);
    };
    this.#live.set(sid, new LiveRecording(record, running, settle));
    this.#followers.started(record);
  }

  /** Progress and quality change all the time and are worth nothing after a crash, so they are not saved by themselves. */
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
  #attempt(sid: string | null, write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#log.error({ sid, err: error }, 'the records cannot be written');
    }
  }

  byResource(resourceId: string): RecordingRecord | null {
    return this.#records.byResource(resourceId);
  }

  /** The recording of this task that runs and was not told to stop. */
  runningTask(task: Task): RecordingRecord | null {
    const same = (record: RecordingRecord): boolean =>
      record.appId === task.appId && record.cname === task.cname && record.uid === task.uid;
    const found = [...this.#live.values()].find((live) => same(live.record) && !live.exiting);
    return found?.record ?? null;
  }

  /** @throws RecorderError `resource_foreign`, `request_invalid`, `recording_not_found`, `resource_time_limit` */
  find({ resourceId, sid, mode }: RecordingRef, now: UtcMs): LiveRecording {
    const record = this.#records.byResource(resourceId);
    if (record === null) throw this.#withoutRecording(sid);
    if (record.sid !== sid) {
      throw new RecorderError('resource_foreign', `the resourceId belongs to another recording than sid ${sid}`);
    }
    requireMode(record, mode);
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

  live(sid: string): LiveRecording | null {
    return this.#live.get(sid) ?? null;
  }

  /** Recordings without an end that do not run here: the last service left them behind. */
  openRecordings(): RecordingRecord[] {
    return this.#records.open().filter(({ sid }) => !this.#live.has(sid));
  }

  bySid(sid: string): RecordingRecord | null {
    return this.#records.bySid(sid);
  }

  /** The latest, the newest first. */
  latest(count: number): RecordingRecord[] {
    return this.#records.latest(count);
  }

  /** Written down, so that a service that dies now completes it at its next start, instead of going on with it. */
  stopAsked(sid: string): void {
    this.#stopAsked.add(sid);
    this.#attempt(sid, () => this.#records.saveStopAsked(sid));
  }

  /** A call came that does not fit the state of a recording. */
  misfit({ record, running }: LiveRecording): void {
    this.#followers.misfit(record, running.status);
  }

  prune(endedBeforeMs: UtcMs): void {
    this.#attempt(null, () => this.#records.prune(endedBeforeMs));
  }

  /** Writes down how a recording ended; the first end stays. */
  settle(record: RecordingRecord, end: RecordingEnd): void {
    const { sid } = record;
    this.#attempt(sid, () => this.#records.saveEnd(sid, end));
    const { outcome, reason, detail, progress, cores } = end;
    const stopCode = stopCodeOf(reason);
    this.#log.info({ sid, outcome, reason, stopCode, detail, progress, cores }, 'recording ended');
    this.#followers.ended(record, end);
  }

  /** Stops all recordings and waits for their ends. */
  async stopAll(): Promise<void> {
    const all = [...this.#live.values()];
    for (const live of all) live.stop((error) => this.#log.error({ sid: live.record.sid, err: error }, 'stop failed'));
    await Promise.all(all.map(async (live) => await live.over));
  }
}

function fingerprint({ progress: _progress, quality: _quality, ...rest }: RecordingStatus): string {
  return JSON.stringify(rest);
}

function requireMode({ sid, plan }: RecordingRecord, mode: RecordingMode): void {
  const started = modeOf(plan);
  if (started === mode) return;
  throw new RecorderError(
    'request_invalid',
    `mode in the path: expected "${started}", which recording ${sid} was started with, got "${mode}"`,
  );
}

function whyNotThere({ sid, plan, end }: RecordingRecord): string {
  if (end === null) return `recording ${sid} was cut off by a restart of the service; its files are being completed`;
  const { code, message } = stopCodeOf(end.reason);
  const why = modeOf(plan) === 'web' ? `stop code ${code} ${message}` : `reason ${end.reason}`;
  return `recording ${sid} ended at ${isoTime(end.endedMs)}, ${end.outcome}, ${why}: ${end.detail}`;
}

function isoTime(ms: UtcMs): string {
  return new Date(ms).toISOString();
}
