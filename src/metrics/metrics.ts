import { collectDefaultMetrics, type Histogram, Registry } from 'prom-client';
import type { Follower } from '../controller/follower.ts';
import { Instruments } from './instruments.ts';
import { RecordingMetrics } from './recordings.ts';
import { measureTotals, type Totals } from './totals.ts';

/** Seconds; the longest call is a stop that waits for its files. */
const CALL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 45];

/**
 * The figures of the service in the form of Prometheus. No label takes a value from a request: neither sid nor app id, of which
 * there is no end.
 */
export class Metrics {
  /** To be told what happens to the recordings. */
  readonly follower: Follower;
  readonly #registry = new Registry();
  readonly #read: () => Totals;
  readonly #calls: Histogram<'call' | 'status'>;
  /** Of the scrape under way. */
  #totals: Totals | null = null;

  /** @param read asked once for each scrape. @param now UTC ms */
  constructor(read: () => Totals, now: () => number = Date.now) {
    this.#read = read;
    const instruments = new Instruments(this.#registry);
    this.follower = new RecordingMetrics(instruments);
    measureTotals(instruments, () => this.#current, now);
    const calls = { name: 'http_request_duration_seconds', help: 'Answered HTTP requests, by call and status.' };
    this.#calls = instruments.histogram(calls, ['call', 'status'], CALL_BUCKETS);
    collectDefaultMetrics({ register: this.#registry });
  }

  /** @param call its name, one of a handful */
  answered(call: string, status: number, seconds: number): void {
    this.#calls.observe({ call, status: String(status) }, seconds);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    this.#totals = null;
    return await this.#registry.metrics();
  }

  get #current(): Totals {
    this.#totals ??= this.#read();
    return this.#totals;
  }
}
