import { messageOf } from '../errors.ts';
import type { ReadyFile } from '../recording/link.ts';
import type { StorageOrder, UploadView } from '../recording/storage.ts';
import type { Store } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import type { Backup } from './backup.ts';
import type { Breaker } from './breaker.ts';
import { Carrier } from './carrier.ts';
import { bytesOf, LocalCopies } from './local-copies.ts';
import { News, type NewsParts } from './news.ts';
import { PlaylistUpload } from './playlist-upload.ts';
import type { SpooledJob, SpooledObject, Step, Work } from './spool.ts';
import { Target } from './target.ts';
import { retryWait } from './timing.ts';
import { SourceError } from './transfer.ts';
import { progressOf, viewOf } from './view.ts';

export interface LaneParts extends NewsParts {
  /** @throws StoreError */
  readonly openStore: (order: StorageOrder) => Store;
  readonly places: Map<string, Breaker>;
  readonly backup: Backup | null;
}

/**
 * The way of one recording's files into the store: says what can be done next, does it, and draws the conclusions. All that
 * must be remembered lies in the spool, so a lane made anew goes on where the last one ended.
 */
export class Lane {
  readonly #parts: LaneParts;
  readonly #news: News;
  readonly #copies: LocalCopies;
  readonly #playlist: PlaylistUpload;
  readonly #carrier: Carrier;
  readonly #busy = new Map<number, Work>();
  #job: SpooledJob;
  #target: Target;
  #over: boolean;
  #restUntil = 0;
  /** Conclusions could not be written down. */
  #unsettled = false;
  #progressAt: number;

  constructor(job: SpooledJob, parts: LaneParts) {
    this.#job = job;
    this.#over = job.finished;
    this.#parts = parts;
    this.#news = new News(job.sid, parts);
    this.#copies = new LocalCopies(job, parts.spool, parts.log);
    this.#playlist = new PlaylistUpload({ ...parts, copies: this.#copies });
    this.#carrier = new Carrier({ ...parts, copies: this.#copies, news: this.#news, playlist: this.#playlist });
    this.#target = this.#newTarget();
    this.#progressAt = parts.now() + parts.timing.progressEveryMs;
  }

  /** Everything is stored, and nothing is left to do. */
  get done(): boolean {
    return this.#job.done;
  }

  get busy(): number {
    return this.#busy.size;
  }

  get busyMp4s(): number {
    return [...this.#busy.values()].filter(({ object }) => object.kind === 'mp4').length;
  }

  /** Only something else than time can bring the files into the store. */
  get stuck(): boolean {
    return this.#news.stuck;
  }

  get view(): UploadView {
    const { spool, now } = this.#parts;
    return viewOf(spool.counts(this.#job.sid), now(), this.#news);
  }

  /** The recording is over and all of it is stored. */
  get uploaded(): boolean {
    return this.#job.finished && this.view.status === 'uploaded';
  }

  begun(): void {
    this.#news.tellOnce('uploader_started', { name: 'uploader_started' });
  }

  /** Finds out whether bucket and key are right. */
  async probe(signal: AbortSignal): Promise<void> {
    if (this.done) return;
    const target = this.#target;
    try {
      await target.use((store) => store.probe(signal));
      this.#restUntil = 0;
    } catch (error) {
      if (!signal.aborted && target === this.#target) this.#news.failed(error, 'probe');
    }
  }

  fileReady(file: ReadyFile): void {
    if (!this.#job.hls && file.kind !== 'mp4') return;
    const { spool, now } = this.#parts;
    const bytes = bytesOf(this.#copies.path(file.name));
    // Told again by a session that took over, when it was stored and removed already.
    if (bytes === null && spool.inStore(this.#job.sid, file.name) !== null) return;
    spool.add(this.#job.sid, { ...file, bytes: bytes ?? 0 }, now());
    if (file.kind === 'playlist') this.#playlist.changed();
    this.#restUntil = 0;
  }

  /** The recording is over. What its session could not tell is taken up. */
  finish(): void {
    this.#over = true;
    try {
      if (!this.#job.finished) this.#takeUpAll();
      this.#settle();
    } catch (error) {
      this.#spoolFailed(error);
    }
  }

  /** Other credentials. What is under way ends with the old ones. */
  renew(): void {
    this.close();
    this.#target = this.#newTarget();
    this.#news.succeeded();
    this.#playlist.retryAt(0);
    this.#restUntil = 0;
  }

  /** What can be done now; null when there is nothing. @param mp4 one may be begun */
  next(mp4: boolean): Work | null {
    const { timing, now } = this.#parts;
    if (this.done || now() < this.#restUntil || this.busy >= timing.perRecording) return null;
    try {
      // MP4s take long; one way stays free for slices.
      const work = this.#choose(mp4 && this.busyMp4s < Math.max(1, timing.perRecording - 1));
      if (work === null) this.#restUntil = now() + timing.tickMs;
      else this.#busy.set(work.object.id, work);
      return work;
    } catch (error) {
      this.#spoolFailed(error);
      return null;
    }
  }

  /** Does it. Never rejects: what went wrong is done again. */
  async run(work: Work, signal: AbortSignal): Promise<void> {
    const target = this.#target;
    try {
      await this.#carrier.perform(work, this.#job, target, signal);
      this.#restUntil = 0;
      this.#settle();
    } catch (error) {
      if (!signal.aborted) this.#noteFailure(work, error, target);
    } finally {
      this.#busy.delete(work.object.id);
    }
  }

  /** What time brings by itself. */
  tick(): void {
    const { spool, now, timing } = this.#parts;
    if (this.#unsettled && now() >= this.#restUntil) {
      this.#unsettled = false;
      if (this.#over) this.finish();
    }
    if (!this.#over && now() >= this.#progressAt) {
      this.#progressAt = now() + timing.progressEveryMs;
      this.#news.tell({ name: 'progress', progress: progressOf(spool.counts(this.#job.sid)) });
    }
    const since = this.#target.failingSince;
    if (since !== null) this.#news.failingSince(since);
  }

  /** Somebody waited for it in vain. */
  late(ms: number): void {
    this.#news.error(
      50,
      `expected all files to be stored within ${ms / 1000} s of the recording's end; the rest follows`,
    );
  }

  close(): void {
    this.#target.retire();
  }

  #newTarget(): Target {
    const { spool, openStore } = this.#parts;
    const orderOf = () => {
      try {
        return spool.storageOf(this.#job.sid);
      } catch (cause) {
        throw new StoreError('configuration', messageOf(cause), { cause });
      }
    };
    return new Target({ ...this.#parts, open: () => openStore(orderOf()) });
  }

  #choose(mp4: boolean): Work | null {
    const due = this.#target.available ? this.#playlist.due(this.#job) : null;
    const playlist = due === null || this.#busy.has(due.id) ? null : { step: 'playlist' as const, object: due };
    if (playlist !== null && this.#playlist.overdue) return playlist;
    for (const step of this.#steps()) {
      const object = this.#first(step, mp4);
      if (object !== null) return { step, object };
    }
    return playlist;
  }

  /** What the stores allow, in the order of preference: what was refused for long enough goes to the backup first. */
  #steps(): Step[] {
    const store = this.#target.available;
    const backup = this.#parts.backup?.target.available ?? false;
    const misconfigured = this.#news.problem?.failure === 'configuration';
    return [
      ...(backup && !misconfigured ? (['back_up'] as const) : []),
      ...(store ? (['send'] as const) : []),
      ...(store && backup ? (['hand_over'] as const) : []),
      ...(backup ? (['forget'] as const) : []),
    ];
  }

  #first(step: Step, mp4: boolean): SpooledObject | null {
    const { spool, backup, now } = this.#parts;
    const failedBefore = now() - (backup?.afterMs ?? 0);
    const since = this.#target.failingSince;
    // A store that has failed all the time has refused what was never tried as well.
    const addedBefore = since !== null && since < failedBefore ? failedBefore : 0;
    const query = { now: now(), mp4, limit: this.busy + 1, failedBefore, addedBefore };
    return spool.ready(this.#job.sid, step, query).find(({ id }) => !this.#busy.has(id)) ?? null;
  }

  #takeUpAll(): void {
    const { spool, now } = this.#parts;
    spool.finish(this.#job.sid, this.#copies.found(), now());
    this.#job = { ...this.#job, finished: true };
    this.#playlist.changed();
    this.#restUntil = 0;
  }

  /** Draws the line under a recording that is over, as far as it can be drawn. */
  #settle(): void {
    if (!this.#job.finished || this.done) return;
    const { spool, now } = this.#parts;
    const { stored, backedUp, waiting, backupCopies } = spool.counts(this.#job.sid);
    if (waiting > 0) return;
    this.#copies.removeAll();
    const end = backedUp === 0 ? 'uploaded' : 'backuped';
    if (stored + backedUp > 0) this.#news.tellOnce(end, { name: end });
    if (backedUp > 0 || backupCopies > 0) return;
    spool.done(this.#job.sid, now());
    this.#job = { ...this.#job, done: true };
  }

  #noteFailure(work: Work, error: unknown, target: Target): void {
    try {
      this.#failed(work, error, target);
    } catch (unwritten) {
      this.#spoolFailed(unwritten);
    }
  }

  /** What is done without it would be done again and again, so nothing is done for a while. */
  #spoolFailed(error: unknown): void {
    const { log, now, timing } = this.#parts;
    log.error({ sid: this.#job.sid, err: error }, 'the spool of the uploads cannot be used');
    this.#restUntil = now() + timing.retryLongestMs;
    this.#unsettled = true;
  }

  #failed({ step, object }: Work, error: unknown, target: Target): void {
    if (step === 'back_up' || step === 'forget' || error instanceof SourceError) {
      this.#failedElsewhere({ step, object }, error);
    } else if (target !== this.#target) {
      // It failed with settings that have been replaced.
      if (step === 'playlist') this.#playlist.retryAt(0);
    } else {
      this.#refused({ step, object }, error);
    }
  }

  #refused({ step, object }: Work, error: unknown): void {
    const { spool, timing, now } = this.#parts;
    const retryMs = now() + retryWait(timing, object.failures + 1);
    if (step === 'playlist') this.#playlist.retryAt(retryMs);
    this.#news.failed(error, object.name);
    const isSettings = error instanceof StoreError && error.failure === 'configuration';
    spool.failed(object.id, isSettings ? null : now(), retryMs);
    if (object.failedMs !== null) this.#news.failingSince(object.failedMs);
  }

  /** The backup store is to blame, or the local disk. */
  #failedElsewhere({ step, object }: Work, error: unknown): void {
    const { spool, timing, now, log } = this.#parts;
    const gone = error instanceof SourceError && step !== 'hand_over';
    const retryMs = now() + (gone ? timing.retryConfigurationMs : timing.retryLongestMs);
    if (step === 'playlist') this.#playlist.retryAt(retryMs);
    if (gone) this.#news.gone(error, object.name);
    else log.warn({ sid: this.#job.sid, file: object.name, step }, messageOf(error));
    spool.postpone(object.id, retryMs);
  }
}
