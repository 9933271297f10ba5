import type { Logger } from 'pino';
import { messageOf } from '../errors.ts';
import type { UploadEvent } from '../recording/storage.ts';
import { StoreError, type StoreFailure } from '../store/store-error.ts';
import type { Spool } from './spool.ts';
import type { UploadTiming } from './timing.ts';

/** Counted since the service started, for its figures. */
export interface UploadTally {
  storedFiles: number;
  storedBytes: number;
  /** Failed attempts by `StoreFailure`. */
  readonly failures: Record<string, number>;
}

export interface NewsParts {
  readonly tally: UploadTally;
  readonly spool: Spool;
  readonly timing: UploadTiming;
  readonly now: () => number;
  readonly log: Logger;
  readonly onEvent: (sid: string, event: UploadEvent) => void;
}

/** `source`: what was to be stored is not on the disk any more. */
interface Problem {
  readonly failure: StoreFailure | 'source';
  readonly message: string;
}

/** What is told of one recording's uploads, and what is wrong with them at the moment. */
export class News {
  readonly #sid: string;
  readonly #parts: NewsParts;
  #problem: Problem | null = null;

  constructor(sid: string, parts: NewsParts) {
    this.#sid = sid;
    this.#parts = parts;
  }

  /** Why the last attempt failed; null when it did not. */
  get problem(): Problem | null {
    return this.#problem;
  }

  /** Only something else than time can mend it. */
  get stuck(): boolean {
    return this.#problem?.failure === 'configuration' || this.#problem?.failure === 'source';
  }

  tell(event: UploadEvent): void {
    this.#parts.onEvent(this.#sid, event);
  }

  /** Once per recording; after a crash of the service in this very moment, twice rather than never. */
  tellOnce(what: string, event: UploadEvent): void {
    const { spool } = this.#parts;
    if (spool.told(this.#sid, what)) return;
    this.tell(event);
    spool.tell(this.#sid, what);
  }

  error(code: 32 | 47 | 50, message: string): void {
    this.tellOnce(`error ${code}`, { name: 'error', code, message });
  }

  /** A file took more than one attempt. */
  warning(code: 31 | 32, file: string): void {
    this.#parts.log.info({ sid: this.#sid, file }, code === 31 ? 'stored after all' : 'in the backup store');
    this.tellOnce(`warning ${code} ${file}`, { name: 'warning', code, file });
  }

  failed(error: unknown, file: string): void {
    const failure = error instanceof StoreError ? error.failure : 'refused';
    this.#problem = { failure, message: messageOf(error) };
    const { failures } = this.#parts.tally;
    failures[failure] = (failures[failure] ?? 0) + 1;
    this.#parts.log.warn({ sid: this.#sid, file, failure }, this.#problem.message);
    if (failure === 'configuration') this.error(32, this.#problem.message);
  }

  gone(error: unknown, file: string): void {
    this.#problem = { failure: 'source', message: messageOf(error) };
    this.#parts.log.error({ sid: this.#sid, file }, this.#problem.message);
    this.error(47, this.#problem.message);
  }

  succeeded(): void {
    this.#problem = null;
  }

  stored(bytes: number): void {
    this.#parts.tally.storedFiles += 1;
    this.#parts.tally.storedBytes += bytes;
    this.succeeded();
  }

  /** @param since when what fails now began to fail */
  failingSince(since: number): void {
    const { now, timing } = this.#parts;
    if (this.#problem === null || this.stuck || now() - since < timing.reportAfterMs) return;
    this.error(47, this.#problem.message);
  }
}
