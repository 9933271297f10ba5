import type { Follower } from '../controller/follower.ts';
import type { RecordingRecord } from '../controller/records.ts';
import { type Cost, type Demand, demandOf } from '../recording/demand.ts';
import type { QualityReport, RecordingEnd, RecordingStatus } from '../recording/status.ts';

/** Statuses tell the cores of the last 30 s, up to 5 s late: the next reading has nothing in common with this one. */
const READ_EVERY_MS = 30_000;
/** The first one has nothing of the start, which takes more than what follows. */
const FIRST_READ_MS = 35_000;
/** An old recording is learned from ever more seldom, so that one that runs for hours does not speak for all others. */
const LEARN_SHARE_OF_AGE = 0.1;
/** A shorter one says more of starts than of recordings. */
const SHORTEST_MEDIA_MS = 10_000;
/** Of the time since the first frame; the rest it was held. */
const LEAST_PLAYED = 0.8;
/** When recordings take so much of the machine, some may get less than they need. */
const FULL = 0.9;

/** Who is told what recordings take. `squeezed`: it may have got less than it would have taken. */
export interface UsageBook {
  measured(sid: string, cost: Cost, squeezed: boolean): void;
  learned(demand: Demand, cost: Cost, squeezed: boolean): void;
}

interface Watched {
  readonly demand: Demand;
  /** Of its latest status. */
  cores: number;
  /** When it first played. */
  beganMs: number | null;
  /** When the next reading is due; null while it does not play. */
  readMs: number | null;
  /** From when on a reading is learned from; null before the first. */
  learnMs: number | null;
}

/** Reads from the statuses of recordings what these take. A recording that is held takes less and tells nothing. */
export class UsageFollower implements Follower {
  readonly #book: UsageBook;
  readonly #machineCores: number;
  readonly #now: () => number;
  readonly #watched = new Map<string, Watched>();

  /** @param machineCores that there are, whatever recordings may fill of them. @param now any steady clock, ms */
  constructor(book: UsageBook, machineCores: number, now: () => number = () => performance.now()) {
    this.#book = book;
    this.#machineCores = machineCores;
    this.#now = now;
  }

  started({ sid, plan }: RecordingRecord): void {
    this.#watched.set(sid, { demand: demandOf(plan), cores: 0, beganMs: null, readMs: null, learnMs: null });
  }

  status({ sid }: RecordingRecord, { phase, onhold, quality }: RecordingStatus): void {
    const watched = this.#watched.get(sid);
    if (watched === undefined) return;
    watched.cores = quality.cores;
    if (phase === 'recording' && !onhold) this.#playing(sid, watched, quality);
    else watched.readMs = null;
  }

  /** Recordings too short for a reading are learned from as a whole. */
  ended({ sid }: RecordingRecord, end: RecordingEnd): void {
    const watched = this.#watched.get(sid);
    this.#watched.delete(sid);
    if (!watched || watched.learnMs !== null || !saysSomething(end)) return;
    const { cores, quality } = end;
    this.#book.learned(watched.demand, { cores, memoryMB: quality.memoryMB }, this.#isSqueezed(quality));
  }

  #playing(sid: string, watched: Watched, quality: QualityReport): void {
    const nowMs = this.#now();
    watched.beganMs ??= nowMs;
    watched.readMs ??= nowMs + FIRST_READ_MS;
    const { cores, memoryMB } = quality;
    if (nowMs < watched.readMs || cores === 0 || memoryMB === 0) return;
    watched.readMs = nowMs + READ_EVERY_MS;
    const squeezed = this.#isSqueezed(quality);
    this.#book.measured(sid, { cores, memoryMB }, squeezed);
    if (watched.learnMs !== null && nowMs < watched.learnMs) return;
    watched.learnMs = nowMs + (nowMs - watched.beganMs) * LEARN_SHARE_OF_AGE;
    this.#book.learned(watched.demand, { cores, memoryMB }, squeezed);
  }

  /** Made cheaper, or beside others that fill the machine. */
  #isSqueezed({ economies }: QualityReport): boolean {
    const cores = [...this.#watched.values()].reduce((sum, watched) => sum + watched.cores, 0);
    return economies.length > 0 || cores >= FULL * this.#machineCores;
  }
}

function saysSomething({ outcome, startedMs, endedMs, progress, cores, quality }: RecordingEnd): boolean {
  const playedMs = progress.mediaMs;
  const livedMs = endedMs - (startedMs ?? endedMs);
  const played = playedMs >= SHORTEST_MEDIA_MS && playedMs >= LEAST_PLAYED * livedMs;
  return outcome === 'complete' && played && cores > 0 && quality.memoryMB > 0;
}
