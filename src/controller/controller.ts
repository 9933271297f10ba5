import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { messageOf, RecorderError } from '../errors.ts';
import { within } from '../kit/deadline.ts';
import { type Demand, demandOf } from '../recording/demand.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import type { Recorder, RunningRecording } from '../recording/recorder.ts';
import { type RecordedFile, statusBefore } from '../recording/status.ts';
import type { StorageOrder } from '../recording/storage.ts';
import type { UtcMs } from '../types.ts';
import { type Named, requireAllowed } from './addresses.ts';
import { type Capacity, fullness, type Permit } from './capacity.ts';
import { type Follower, Followers } from './follower.ts';
import type { Known } from './known.ts';
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
  UpdateOrder,
} from './orders.ts';
import { buildPlan, type Places, reportedFiles } from './plan.ts';
import type { RecordingRecord, Records } from './records.ts';
import { type LostAndFound, recoverLost } from './recovery.ts';
import { Registry } from './registry.ts';
import { openResource, requireFresh } from './resource-check.ts';
import type { OpenedResource, ResourceIds } from './resource-id.ts';
import { subscriptionOf } from './subscription.ts';
import type { Uploads } from './uploads.ts';

const HOUR_MS = 3_600_000;

/** How long a call waits before it answers that it is not completed. */
export interface AnswerLimits {
  readonly updateMs: number;
  /** Below the 60 s after which common proxies give up. */
  readonly stopMs: number;
  /** Of these, at most so long for the last files to be stored. */
  readonly uploadMs: number;
}

const ANSWER_LIMITS: AnswerLimits = { updateMs: 10_000, stopMs: 45_000, uploadMs: 20_000 };

export interface ControllerParts {
  readonly recorder: Recorder;
  readonly records: Records;
  readonly capacity: Capacity;
  readonly resourceIds: ResourceIds;
  readonly places: Places;
  readonly uploads: Uploads;
  readonly followers: readonly Follower[];
  /** Says why an address must not be opened; null when nothing speaks against it so far. */
  readonly forbids: (url: string) => string | null;
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
    const followers = new Followers(parts.followers, (error) => parts.log.error({ err: error }, 'a follower failed'));
    this.#registry = new Registry(parts.records, followers, parts.log);
    this.#now = parts.now ?? Date.now;
    this.#limits = parts.limits ?? ANSWER_LIMITS;
  }

  /** Recordings that have not ended. */
  get runningCount(): number {
    return this.#registry.runningCount;
  }

  /** @returns a resourceId, good for one start within five minutes */
  acquire(order: AcquireOrder): string {
    if (!this.capacity.fits(order.demand))
      throw new RecorderError('over_capacity', fullness(this.capacity, order.demand));
    const { resourceExpiredHour } = order;
    return this.#parts.resourceIds.seal(order, { acquiredMs: this.#now(), resourceExpiredHour });
  }

  /** Begins a recording. All in one synchronous step, so that of two calls for one resourceId only one starts. */
  start(order: StartOrder): Started {
    const resource = openResource(this.#parts.resourceIds, order, order);
    const earlier = this.#registry.byResource(order.resourceId);
    if (earlier !== null) return this.#startedBefore(earlier);
    requireAllowed(addressesOf(order), this.#parts.forbids);
    requireFresh(resource, this.#now());
    this.#requireNoConflict(order);
    const sid = randomBytes(16).toString('hex');
    const plan = buildPlan(order, sid, this.#parts.places);
    const permit = this.#reserve(sid, demandOf(plan));
    try {
      this.#launch(order, plan, resource, permit);
      return { sid, already: false };
    } catch (error) {
      permit[Symbol.dispose]();
      throw error;
    }
  }

  query(ref: RecordingRef): RecordingView {
    const live = this.#find(ref, null);
    requireStaying(live);
    return this.#viewOf(live);
  }

  /** Changes a recording; what is wrong with one member keeps all from taking effect. Returns once the files follow. */
  async update(call: RecordingCall, order: UpdateOrder): Promise<void> {
    const { onhold, pushes, storage, layout, lists } = order;
    requireAllowed(order, this.#parts.forbids);
    const live = this.#find(call, call);
    requireStaying(live);
    if (storage !== undefined) this.#requireStored(call.sid);
    const subscription = lists && subscriptionOf(lists, live.record.plan);
    await live.inTurn(async () => {
      if (storage !== undefined) this.#parts.uploads.renew(call.sid, storage);
      if (onhold !== undefined) await this.#change(live, (running) => running.hold(onhold));
      if (pushes !== undefined) await this.#change(live, (running) => running.push(pushes));
      if (layout !== undefined) await this.#change(live, (running) => running.layout(layout));
      if (subscription !== undefined) await this.#change(live, (running) => running.subscribe(subscription));
    });
  }

  /** Ends a recording. With `wait` it returns when all files are complete, otherwise at once. */
  async stop(call: RecordingCall, wait: boolean): Promise<Stopped> {
    const live = this.#find(call, call);
    if (live.exiting) {
      this.#registry.misfit(live);
      throw new RecorderError('stop_repeated', `recording ${call.sid} is ending already`);
    }
    this.#registry.stopAsked(call.sid);
    live.stop((error) => this.#parts.log.error({ sid: call.sid, err: error }, 'stop failed'));
    const askedMs = performance.now();
    const view = this.#viewOf(live);
    if (!wait) return { ...view, end: null };
    const end = await within(this.#limits.stopMs, live.over, () =>
      notCompleted(`the files are still being completed after ${this.#limits.stopMs / 1000} s; the stop goes on`),
    );
    const leftMs = this.#limits.stopMs - (performance.now() - askedMs);
    const upload = await this.#parts.uploads.settled(call.sid, Math.min(leftMs, this.#limits.uploadMs));
    const status = { ...view.status, pushes: live.running.status.pushes };
    return { ...view, status, files: withPrefix(live.record, end.files), end, upload };
  }

  /** Sids of the recordings that were running when the last service died. */
  get lostSids(): string[] {
    return this.#registry.openRecordings().map(({ sid }) => sid);
  }

  /** Goes on with these from the first moment on, or has them completed. @returns when the latter is done */
  async recover(found: LostAndFound): Promise<void> {
    const { recorder, capacity, places, log } = this.#parts;
    await recoverLost({ registry: this.#registry, recorder, capacity, places, log, now: this.#now(), ...found });
  }

  /** The latest recordings, whether they run or not, the newest first. */
  latest(count: number): Known[] {
    return this.#registry.latest(count).map((record) => this.#known(record));
  }

  bySid(sid: string): Known | null {
    const record = this.#registry.bySid(sid);
    return record && this.#known(record);
  }

  /** Takes no further starts. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Ended recordings are forgotten after this time; their files are not touched. */
  prune(ageMs: number): void {
    this.#registry.prune(this.#now() - ageMs);
  }

  /** Takes no further starts, stops all recordings and waits for their ends. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#registry.stopAll();
  }

  #known(record: RecordingRecord): Known {
    const status = this.#registry.live(record.sid)?.running.status ?? record.status;
    return { record, status, upload: this.#parts.uploads.view(record.sid) };
  }

  #find(ref: RecordingRef, task: Task | null): LiveRecording {
    openResource(this.#parts.resourceIds, ref, task);
    return this.#registry.find(ref, this.#now());
  }

  #startedBefore({ sid }: RecordingRecord): Started {
    const live = this.#registry.live(sid);
    if (live !== null) {
      this.#registry.misfit(live);
      return { sid, already: true };
    }
    throw new RecorderError(
      'resource_expired',
      `the resourceId was used up by recording ${sid}, which is over; a new recording needs a new acquire`,
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

  #reserve(sid: string, demand: Demand): Permit {
    if (this.#closing) throw new RecorderError('no_worker', 'the service is stopping and takes no further recordings');
    const permit = this.capacity.reserve(sid, demand);
    if (permit === null) throw new RecorderError('no_worker', fullness(this.capacity, demand));
    return permit;
  }

  #launch(order: StartOrder, plan: RecordingPlan, resource: OpenedResource, permit: Permit): void {
    const { appId, cname, uid, resourceId, work } = order;
    const { sid } = plan;
    const startedMs = this.#now();
    const record: RecordingRecord = {
      ...{ sid, resourceId, appId, cname, uid },
      plan,
      prefix: work.prefix.join('/'),
      startedMs,
      limitMs: startedMs + resource.resourceExpiredHour * HOUR_MS,
      stopAsked: false,
      status: statusBefore(plan.onhold, plan.channel),
      end: null,
    };
    this.#beginUpload(record, work.storage);
    this.#registry.launch(
      record,
      () => this.#parts.recorder.start(plan),
      () => permit[Symbol.dispose](),
    );
    this.#parts.log.info(
      { sid, mode: work.mode, appId, cname, uid, picture: plan.picture, expected: permit.cost },
      'recording starts',
    );
  }

  #beginUpload({ sid, plan, prefix }: RecordingRecord, storage: StorageOrder | null): void {
    if (storage === null) return;
    const { folder, stem, hls, mp4 } = plan.files;
    this.#parts.uploads.begin({ sid, folder, stem, prefix, hls, mp4: mp4 !== null, storage });
  }

  #requireStored(sid: string): void {
    if (this.#parts.uploads.view(sid) !== null) return;
    throw new RecorderError(
      'request_invalid',
      'storageConfig: expected a recording that was started with storageConfig, whose credentials it renews; this one keeps its files locally',
    );
  }

  #viewOf({ record, running }: LiveRecording): RecordingView {
    const { appId, cname, uid, plan } = record;
    const files = withPrefix(record, reportedFiles(plan, running.status.files));
    return { appId, cname, uid, plan, status: running.status, files, upload: this.#parts.uploads.view(record.sid) };
  }

  async #change(live: LiveRecording, order: (running: RunningRecording) => Promise<void>): Promise<void> {
    const { updateMs } = this.#limits;
    await live.begun(updateMs, () => notCompleted('the recording has not begun yet; repeat the call'));
    requireStaying(live);
    const change = order(live.running).catch((error: unknown) => {
      requireStaying(live);
      throw notCompleted(`the recording did not take the change: ${messageOf(error)}`);
    });
    await within(updateMs, change, () =>
      notCompleted(
        `the recording did not confirm the change within ${updateMs / 1000} s; query shows whether it took it`,
      ),
    );
  }
}

function addressesOf({ work }: StartOrder): Named {
  return work.mode === 'web' ? work : { storage: work.storage, layout: work.channel.layout };
}

function requireStaying(live: LiveRecording): void {
  if (live.exiting) throw new RecorderError('recording_exiting', `recording ${live.record.sid} is ending`);
}

function notCompleted(message: string): RecorderError {
  return new RecorderError('not_completed', message);
}

function withPrefix({ prefix }: RecordingRecord, files: readonly RecordedFile[]): RecordedFile[] {
  return files.map((file) => ({ ...file, name: prefix === '' ? file.name : `${prefix}/${file.name}` }));
}
