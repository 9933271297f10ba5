import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';

/** Linux counts CPU time in ticks of 10 ms on every platform that Node runs on. */
const TICKS_PER_SECOND = 100;
const LOOK_EVERY_MS = 1_000;
/** Long enough that the start of a browser, which takes all that it gets for a second or two, does not pass for a load. */
const WINDOW_MS = 10_000;
/** The kernel counts in steps: what is shorter says nothing. */
const SHORTEST_MS = 1_000;

/** CPU seconds since some beginning. */
interface Reading {
  readonly atMs: number;
  readonly idleS: number;
  /** Of the control group of this process, which may have a limit of its own; null: none is told. */
  readonly groupS: number | null;
}

/** How many cores of the machine, or of the container, nobody uses. */
export class MachineLoad implements Disposable {
  readonly #readings: Reading[] = [];
  readonly #timer: NodeJS.Timeout;

  private constructor() {
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Looks on until it is disposed of. */
  static watch(): MachineLoad {
    return new MachineLoad();
  }

  /** Over the last ten seconds, or as many as there are; null: not watched for long enough. */
  get idleCores(): number | null {
    const [first, last] = [this.#readings.at(0), this.#readings.at(-1)];
    if (!first || !last || last.atMs - first.atMs < SHORTEST_MS) return null;
    return idleBetween(first, last, { cores: availableParallelism(), groupLimit: groupLimit() });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const reading = readNow();
    if (reading === null) return;
    this.#readings.push(reading);
    while ((this.#readings[0]?.atMs ?? reading.atMs) < reading.atMs - WINDOW_MS) this.#readings.shift();
  }
}

/** At once, without watching; a guess, as processes that wait for a disk count as well. */
export function idleLastMinute(): number {
  return Math.max(0, availableParallelism() - (loadavg()[0] ?? 0));
}

/** @param room `cores`: that this process may run on; `groupLimit`: of its control group together, null for none */
export function idleBetween(
  from: Reading,
  to: Reading,
  { cores, groupLimit }: { readonly cores: number; readonly groupLimit: number | null },
): number {
  const seconds = (to.atMs - from.atMs) / 1000;
  const idle = Math.min(cores, (to.idleS - from.idleS) / seconds);
  if (groupLimit === null || from.groupS === null || to.groupS === null) return idle;
  return Math.max(0, Math.min(idle, groupLimit - (to.groupS - from.groupS) / seconds));
}

function readNow(): Reading | null {
  const idleS = parseIdle(readText('/proc/stat'));
  return idleS === null
    ? null
    : { atMs: performance.now(), idleS, groupS: parseUsage(readText('/sys/fs/cgroup/cpu.stat')) };
}

/** Pure: CPU seconds that all cores together had nothing to do, out of the text of /proc/stat. */
export function parseIdle(stat: string): number | null {
  const [, , , , idle, waiting] = /^cpu .*$/m.exec(stat)?.[0].split(/\s+/) ?? [];
  return idle === undefined ? null : (Number(idle) + Number(waiting ?? 0)) / TICKS_PER_SECOND;
}

/** Pure: out of the text of a control group's cpu.stat. */
export function parseUsage(stat: string): number | null {
  const us = /^usage_usec (\d+)$/m.exec(stat)?.[1];
  return us === undefined ? null : Number(us) / 1e6;
}

function groupLimit(): number | null {
  return parseLimit(readText('/sys/fs/cgroup/cpu.max'));
}

/** Pure: cores, out of the text of a control group's cpu.max: `200000 100000` is 2. */
export function parseLimit(max: string): number | null {
  const [quota, period] = max.trim().split(' ').map(Number);
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : null;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not on this machine.
    return '';
  }
}
