import { setImmediate as afterThis } from 'node:timers/promises';
import type { Logger } from 'pino';
import { messageOf } from '../errors.ts';
import { until, within } from '../kit/deadline.ts';
import type { ReadyFile } from '../recording/link.ts';
import type { StorageOrder, UploadEvent, UploadJob, UploadView } from '../recording/storage.ts';
import type { Store } from '../store/store.ts';
import type { Breaker } from './breaker.ts';
import { Lane, type LaneParts } from './lane.ts';
import type { UploadTally } from './news.ts';
import type { Spool, SpooledJob, Work } from './spool.ts';
import { Target } from './target.ts';
import { UPLOAD_TIMING, type UploadTiming } from './timing.ts';
import { viewOf } from './view.ts';

export interface UploaderOptions {
  /** Closed by its owner, after the uploader. */
  readonly spool: Spool;
  /** @throws StoreError `configuration` when the order names no store that there can be */
  readonly openStore: (order: StorageOrder) => Store;
  readonly backup: { readonly order: StorageOrder; readonly prefix: string } | null;
  /** What is refused for this long goes to the backup store. */
  readonly backupAfterMs: number;
  readonly log: Logger;
  readonly onEvent: (sid: string, event: UploadEvent) => void;
  /** Milliseconds since 1970, never set back while the service runs. */
  readonly now?: () => number;
  readonly timing?: UploadTiming;
}

/** What is not stored yet, over all recordings. */
export interface Backlog {
  readonly pendingFiles: number;
  /** In the backup store, waiting to be handed over. */
  readonly backupFiles: number;
  readonly pendingBytes: number;
  /** Age of the oldest file, ms. */
  readonly lagMs: number;
}

/** Requests that were told to end do so within this time, or are left to themselves. */
const CLOSE_MS = 5_000;
const LOOK_MS = 50;

/**
 * Stores the files of all recordings while they are made, and goes on until everything has arrived, whatever becomes of the
 * store, the service or the machine in between. Nothing that goes wrong here is thrown: recordings go on without it.
 */
export class Uploader implements AsyncDisposable {
  readonly #options: UploaderOptions;
  readonly #timing: UploadTiming;
  readonly #now: () => number;
  readonly #laneParts: LaneParts;
  /** The one that was served last is the last. */
  readonly #lanes = new Map<string, Lane>();
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  readonly #tally: UploadTally = { storedFiles: 0, storedBytes: 0, failures: {} };
  #timer: NodeJS.Timeout | undefined;

  constructor(options: UploaderOptions) {
    this.#options = options;
    this.#timing = options.timing ?? UPLOAD_TIMING;
    this.#now = options.now ?? (() => performance.timeOrigin + performance.now());
    const { spool, openStore, backup, backupAfterMs, log, onEvent } = options;
    const shared = { places: new Map<string, Breaker>(), timing: this.#timing, now: this.#now };
    const target = backup && new Target({ ...shared, open: () => openStore(backup.order) });
    this.#laneParts = {
      ...{ ...shared, spool, openStore, log, onEvent, tally: this.#tally },
      backup: target && { target, prefix: backup.prefix, afterMs: backupAfterMs },
    };
  }

  /** From here on, the files of this recording are stored. Whether the store takes them is told by events. */
  begin(job: UploadJob): void {
    const { storage: _, ...rest } = job;
    const lane = this.#safely(job.sid, () => {
      this.#options.spool.begin(job, this.#now());
      return this.#open({ ...rest, finished: false, done: false });
    });
    // Not before the caller is through: whoever hears of it may look for the recording.
    this.#track(job.sid, async () => {
      await afterThis();
      if (lane === undefined) return this.#notNoted(job.sid);
      lane.begun();
      await lane.probe(this.#closing.signal);
    });
  }

  /** A file of the recording is whole. */
  fileReady(sid: string, file: ReadyFile): void {
    this.#safely(sid, () => this.#lanes.get(sid)?.fileReady(file));
    this.#pump();
  }

  /** The recording is over, and its folder is as it will be: what was not told of is taken up. May be called again. */
  finish(sid: string): void {
    this.#lanes.get(sid)?.finish();
    this.#closeIfDone(sid);
    this.#pump();
  }

  /** Other credentials for the same place; what failed is tried again at once. */
  renew(sid: string, storage: StorageOrder): void {
    const lane = this.#lanes.get(sid);
    if (lane === undefined) return;
    this.#safely(sid, () => this.#options.spool.renew(sid, storage));
    lane.renew();
    this.#track(sid, () => lane.probe(this.#closing.signal));
    this.#pump();
  }

  /** Null when nothing of this recording is to be stored. */
  view(sid: string): UploadView | null {
    return this.#safely(sid, () => this.#view(sid)) ?? null;
  }

  /** Waits until all of a recording that is over is stored, at most this long, or as long as there is hope. */
  async settled(sid: string, ms: number): Promise<UploadView | null> {
    const settled = await until(ms, LOOK_MS, () => this.#safely(sid, () => this.#isSettled(sid)) ?? true);
    if (!settled) this.#safely(sid, () => this.#lanes.get(sid)?.late(ms));
    return this.view(sid);
  }

  /**
   * Goes on with what the last service left, once, before anything else.
   * @param live sids of recordings that go on, or are still being completed; all others are over.
   */
  resume(live: ReadonlySet<string>): void {
    this.#safely('', () => this.#options.spool.retryAll());
    for (const job of this.#safely('', () => this.#options.spool.openJobs()) ?? []) {
      const lane = this.#open(job);
      this.#safely(job.sid, () => lane.begun());
      if (!live.has(job.sid)) lane.finish();
      this.#closeIfDone(job.sid);
    }
    this.#pump();
  }

  /** Counted since this service started. */
  get tally(): Readonly<UploadTally> {
    return this.#tally;
  }

  get backlog(): Backlog {
    const views = [...this.#lanes.keys()].flatMap((sid) => this.view(sid) ?? []);
    const open = views.filter(({ status }) => status !== 'uploaded');
    return {
      pendingFiles: open.reduce((sum, view) => sum + view.pendingFiles, 0),
      backupFiles: open.reduce((sum, view) => sum + view.backupFiles, 0),
      pendingBytes: open.reduce((sum, view) => sum + view.pendingBytes, 0),
      lagMs: Math.max(0, ...open.map(({ lagMs }) => lagMs)),
    };
  }

  /** Forgets the uploads that were done this long ago. */
  prune(ageMs: number): void {
    this.#safely('', () => this.#options.spool.prune(this.#now() - ageMs));
  }

  /** Ends what is under way; the next service goes on with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    await within(CLOSE_MS, Promise.all(this.#running), () => new Error('an upload did not end')).catch((error) =>
      this.#options.log.warn(messageOf(error)),
    );
    for (const lane of this.#lanes.values()) lane.close();
    this.#lanes.clear();
    this.#laneParts.backup?.target.retire();
  }

  #notNoted(sid: string): void {
    const message = 'expected to note down what is to be stored; the files of this recording stay on the machine';
    this.#options.onEvent(sid, { name: 'error', code: 47, message });
  }

  #open(job: SpooledJob): Lane {
    const lane = new Lane(job, this.#laneParts);
    this.#lanes.set(job.sid, lane);
    this.#timer ??= setInterval(() => this.#tick(), this.#timing.tickMs);
    return lane;
  }

  #closeIfDone(sid: string): void {
    const lane = this.#lanes.get(sid);
    if (!lane?.done) return;
    lane.close();
    this.#lanes.delete(sid);
    if (this.#lanes.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #view(sid: string): UploadView | null {
    const lane = this.#lanes.get(sid);
    if (lane !== undefined) return lane.view;
    const { spool } = this.#options;
    if (spool.job(sid) === null) return null;
    return viewOf(spool.counts(sid), this.#now(), { stuck: false, problem: null });
  }

  #isSettled(sid: string): boolean {
    const lane = this.#lanes.get(sid);
    return lane === undefined || lane.stuck || this.#closing.signal.aborted || lane.uploaded;
  }

  #tick(): void {
    for (const [sid, lane] of this.#lanes) {
      this.#safely(sid, () => lane.tick());
      this.#closeIfDone(sid);
    }
    this.#pump();
  }

  /** Begins whatever can be begun. */
  #pump(): void {
    while (!this.#closing.signal.aborted) {
      const found = this.#next();
      if (found === null) return;
      const { sid, lane, work } = found;
      this.#track(sid, async () => {
        await lane.run(work, this.#closing.signal);
        this.#closeIfDone(sid);
      });
    }
  }

  /** Whoever has the least under way comes first, and among those who was served longest ago. */
  #next(): { sid: string; lane: Lane; work: Work } | null {
    const lanes = [...this.#lanes].sort(([, a], [, b]) => a.busy - b.busy);
    const sum = (numberOf: (lane: Lane) => number) => lanes.reduce((total, [, lane]) => total + numberOf(lane), 0);
    if (sum((lane) => lane.busy) >= this.#timing.inAll) return null;
    const mp4 = sum((lane) => lane.busyMp4s) < this.#timing.mp4s;
    for (const [sid, lane] of lanes) {
      const work = lane.next(mp4);
      if (work === null) continue;
      this.#lanes.delete(sid);
      this.#lanes.set(sid, lane);
      return { sid, lane, work };
    }
    return null;
  }

  #track(sid: string, job: () => Promise<void>): void {
    const running = job()
      .catch((error: unknown) => this.#options.log.error({ sid, err: error }, 'an upload failed in itself'))
      .finally(() => {
        this.#running.delete(running);
        this.#pump();
      });
    this.#running.add(running);
  }

  /** Whatever happens here, recordings go on. */
  #safely<T>(sid: string, job: () => T): T | undefined {
    try {
      return job();
    } catch (error) {
      this.#options.log.error({ sid, err: error }, 'the spool of the uploads cannot be used');
      return undefined;
    }
  }
}
