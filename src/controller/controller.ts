import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { messageOf, RecorderError } from '../errors.ts';
import { within } from '../kit/deadline.ts';
import type { Recorder } from '../recording/recorder.ts';
import { type RecordedFile, type RecordingEnd, statusBefore } from '../recording/status.ts';
import type { UtcMs } from '../types.ts';
import type { Capacity, Demand, Permit } from './capacity.ts';
import type { LiveRecording } from './live.ts';
import type {
  AcquireOrder,
  RecordingCall,
  RecordingRef,
  RecordingView,
  Started,
  StartOrder,
  Stopped,
  Task,
} from './orders.ts';
import { buildPlan, type Places, reportedFiles } from './plan.ts';
import type { RecordingRecord, Records } from './records.ts';
import { type OpenRecording, Registry } from './registry.ts';
import type { OpenedResource, ResourceIds } from './resource-id.ts';

const START_WITHIN_S = 300;
const HOUR_MS = 3_600_000;

/** How long a call waits before it answers that it is not completed. */
export interface AnswerLimits {
  readonly updateMs: number;
  /** Below the 60 s after which common proxies give up. */
  readonly stopMs: number;
}

const ANSWER_LIMITS: AnswerLimits = { updateMs: 10_000, stopMs: 45_000 };

export interface ControllerParts {
  readonly recorder: Recorder;
  readonly records: Records;
  readonly capacity: Capacity;
  readonly resourceIds: ResourceIds;
  readonly places: Places;
  readonly log: Logger;
  readonly now?: () => UtcMs;
  readonly limits?: AnswerLimits;
}

/** The calls of the API, free of HTTP. What cannot be done is thrown as a RecorderError. */
export class Controller {
  readonly capacity: Capacity;
  readonly #parts: ControllerParts;
  readonly #registry: Registry;
  readonly #now: () => UtcMs;
  readonly #limits: AnswerLimits;
  #closing = false;

  constructor(parts: ControllerParts) {
    this.capacity = parts.capacity;
    this.#parts = parts;
    this.#registry = new Registry(parts.records, parts.log);
    this.#now = parts.now ?? Date.now;
    this.#limits = parts.limits ?? ANSWER_LIMITS;
  }

  /** Recordings that have not ended. */
  get runningCount(): number {
    return this.#registry.runningCount;
  }

  /** @returns a resourceId, good for one start within five minutes */
  acquire(order: AcquireOrder): string {
    if (!this.capacity.fits(order.demand)) throw new RecorderError('over_capacity', this.#fullness(order.demand));
    const { resourceExpiredHour } = order;
    return this.#parts.resourceIds.seal(order, { acquiredMs: this.#now(), resourceExpiredHour });
  }

  /** Begins a recording. All in one synchronous step, so that of two calls for one resourceId only one starts. */
  start(order: StartOrder): Started {
    const resource = this.#openResource(order, order);
    const earlier = this.#registry.byResource(order.resourceId);
    if (earlier !== null) return this.#startedBefore(earlier);
    this.#requireFresh(resource);
    this.#requireNoConflict(order);
    const permit = this.#reserve(order.web);
    try {
      return { sid: this.#launch(order, resource, permit), already: false };
    } catch (error) {
      permit[Symbol.dispose]();
      throw error;
    }
  }

  query(ref: RecordingRef): RecordingView {
    const live = this.#find(ref, null);
    requireStaying(live);
    return viewOf(live);
  }

  /** Pauses or resumes; returns once the files follow. */
  async update(call: RecordingCall, change: { readonly onhold: boolean }): Promise<void> {
    const live = this.#find(call, call);
    requireStaying(live);
    await live.inTurn(async () => await this.#hold(live, change.onhold));
  }

  /** Ends a recording. With `wait` it returns when all files are complete, otherwise at once. */
  async stop(call: RecordingCall, wait: boolean): Promise<Stopped> {
    const live = this.#find(call, call);
    if (live.exiting) throw new RecorderError('stop_repeated', `recording ${call.sid} is ending already`);
    live.stop((error) => this.#parts.log.error({ sid: call.sid, err: error }, 'stop failed'));
    const view = viewOf(live);
    if (!wait) return { ...view, end: null };
    const end = await within(this.#limits.stopMs, live.over, () =>
      notCompleted(`the files are still being completed after ${this.#limits.stopMs / 1000} s; the stop goes on`),
    );
    return { ...view, files: withPrefix(live.record, end.files), end };
  }

  /** Recordings that the last service left behind when it died; each is to be settled. */
  openRecordings(): OpenRecording[] {
    return this.#registry.openRecordings();
  }

  /** Writes down how an open recording ended; the first end stays. */
  settle(sid: string, end: RecordingEnd): void {
    this.#registry.settle(sid, end);
  }

  /** Takes no further starts, stops all recordings and waits for their ends. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#registry.stopAll();
  }

  #find(ref: RecordingRef, task: Task | null): LiveRecording {
    this.#openResource(ref, task);
    return this.#registry.find(ref, this.#now());
  }

  /** @param task whose it has to be; null when the call tells no cname and uid */
  #openResource({ appId, resourceId }: Omit<RecordingRef, 'sid'>, task: Task | null): OpenedResource {
    const resource = this.#parts.resourceIds.open(resourceId);
    if (!resource.isOfApp(appId)) {
      throw new RecorderError('resource_foreign', `the resourceId was acquired for another app id than ${appId}`);
    }
    if (task === null || resource.isOfTask(task)) return resource;
    throw new RecorderError('resource_mismatch', 'cname and uid must be those of the acquire that gave the resourceId');
  }

  #startedBefore({ sid }: RecordingRecord): Started {
    if (this.#registry.isLive(sid)) return { sid, already: true };
    throw new RecorderError(
      'resource_expired',
      `the resourceId was used up by recording ${sid}, which is over; a new recording needs a new acquire`,
    );
  }

  #requireFresh(resource: OpenedResource): void {
    const ageS = (this.#now() - resource.acquiredMs) / 1000;
    if (ageS <= START_WITHIN_S) return;
    throw new RecorderError(
      'resource_expired',
      `start must come within ${START_WITHIN_S} s of acquire, this one came after ${Math.ceil(ageS)} s`,
    );
  }

  #requireNoConflict(order: StartOrder): void {
    const running = this.#registry.runningTask(order);
    if (running === null) return;
    throw new RecorderError(
      'task_conflict',
      `this cname and uid are being recorded already: resourceId ${running.resourceId}, sid ${running.sid}`,
    );
  }

  #reserve(demand: Demand): Permit {
    if (this.#closing) throw new RecorderError('no_worker', 'the service is stopping and takes no further recordings');
    const permit = this.capacity.reserve(demand);
    if (permit === null) throw new RecorderError('no_worker', this.#fullness(demand));
    return permit;
  }

  #launch(order: StartOrder, resource: OpenedResource, permit: Permit): string {
    const sid = randomBytes(16).toString('hex');
    const { appId, cname, uid, resourceId, web } = order;
    const startedMs = this.#now();
    const record: RecordingRecord = {
      ...{ sid, resourceId, appId, cname, uid },
      plan: buildPlan(order, sid, this.#parts.places),
      prefix: web.prefix.join('/'),
      startedMs,
      limitMs: startedMs + resource.resourceExpiredHour * HOUR_MS,
      status: statusBefore(web.onhold),
      end: null,
    };
    this.#registry.launch(
      record,
      () => this.#parts.recorder.start(record.plan),
      () => permit[Symbol.dispose](),
    );
    this.#parts.log.info({ sid, appId, cname, uid, cores: permit.cores }, 'recording starts');
    return sid;
  }

  async #hold(live: LiveRecording, onhold: boolean): Promise<void> {
    const { updateMs } = this.#limits;
    await live.begun(updateMs, () => notCompleted('the recording has not begun yet; repeat the call'));
    requireStaying(live);
    const change = live.running.hold(onhold).catch((error: unknown) => {
      requireStaying(live);
      throw notCompleted(`the recording did not take the change: ${messageOf(error)}`);
    });
    await within(updateMs, change, () =>
      notCompleted(
        `the recording did not confirm the change within ${updateMs / 1000} s; query shows whether it took it`,
      ),
    );
  }

  #fullness(demand: Demand): string {
    const { usedCores, totalCores } = this.capacity;
    const size = `${demand.width}x${demand.height} at ${demand.fps} frames per second`;
    return `a recording of ${size} does not fit: ${usedCores.toFixed(2)} of ${totalCores} cores are taken; wait for one to end`;
  }
}

function requireStaying(live: LiveRecording): void {
  if (live.exiting) throw new RecorderError('recording_exiting', `recording ${live.record.sid} is ending`);
}

function notCompleted(message: string): RecorderError {
  return new RecorderError('not_completed', message);
}

function viewOf({ record, running }: LiveRecording): RecordingView {
  const { appId, cname, uid, plan } = record;
  const files = withPrefix(record, reportedFiles(plan, running.status.files));
  return { appId, cname, uid, status: running.status, files };
}

function withPrefix({ prefix }: RecordingRecord, files: readonly RecordedFile[]): RecordedFile[] {
  return files.map((file) => ({ ...file, name: prefix === '' ? file.name : `${prefix}/${file.name}` }));
}
