import { membersOf } from './members.ts';
import { memoryOf } from './memory.ts';

/** Linux counts CPU time in ticks of 10 ms on every platform that Node runs on. */
const TICKS_PER_SECOND = 100;
/** A browser has taken most of what it will take. */
const FIRST_MEMORY_MS = 10_000;
const NEXT_MEMORY_MS = 30_000;

/** What the processes of a recording have used. */
export interface Usage {
  /** Since they were started, with what their children used that ended already. */
  readonly cpuSeconds: number;
  /** At the latest reading; 0 before the first. */
  readonly memoryBytes: number;
}

/**
 * Reads what a process group uses. A process that ends between two readings and is nobody's waited-for child is lost; read often
 * enough to keep that small. Memory, which costs much to read, is read now and then.
 */
export class UsageMeter {
  readonly #group: number;
  #memoryBytes = 0;
  #memoryDueMs: number;

  /** @param nowMs any steady clock */
  constructor(group: number, nowMs: number) {
    this.#group = group;
    this.#memoryDueMs = nowMs + FIRST_MEMORY_MS;
  }

  read(nowMs: number): Usage {
    const members = membersOf(this.#group);
    if (nowMs >= this.#memoryDueMs) {
      this.#memoryBytes = memoryOf(members);
      this.#memoryDueMs = nowMs + NEXT_MEMORY_MS;
    }
    const ticks = members.reduce((sum, member) => sum + member.ticks, 0);
    return { cpuSeconds: ticks / TICKS_PER_SECOND, memoryBytes: this.#memoryBytes };
  }
}
