import type { QualityReport } from '../recording/status.ts';

/** Cores are told as the mean over this time. */
const WINDOW_MS = 30_000;
const MB = 1_000_000;

/** By all processes of a recording. */
export interface Used {
  /** CPU time so far. */
  readonly cpuSeconds: number;
  /** Memory now, shared pages counted in parts (PSS); null when it was not looked at. */
  readonly memoryBytes: number | null;
}

/** What a recording costs its machine. */
export class Cost {
  readonly #cpu: { seconds: number; atMs: number }[] = [];
  #memoryBytes = 0;

  /** @param atMs any steady clock */
  add({ cpuSeconds, memoryBytes }: Used, atMs: number): void {
    this.#cpu.push({ seconds: cpuSeconds, atMs });
    while (this.#cpu.length > 2 && (this.#cpu[1]?.atMs ?? atMs) <= atMs - WINDOW_MS) this.#cpu.shift();
    this.#memoryBytes = memoryBytes ?? this.#memoryBytes;
  }

  get report(): Pick<QualityReport, 'cores' | 'memoryMB'> {
    return { cores: this.#cores, memoryMB: Math.round(this.#memoryBytes / MB) };
  }

  get #cores(): number {
    const [first] = this.#cpu;
    const last = this.#cpu.at(-1);
    if (!first || !last || last.atMs <= first.atMs) return 0;
    const cores = ((last.seconds - first.seconds) * 1000) / (last.atMs - first.atMs);
    return Math.round(cores * 100) / 100;
  }
}
