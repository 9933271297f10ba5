import { type Member, membersOf } from './members.ts';
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
 * Reads what a process group uses. What a process uses after a reading is lost when it ends and is nobody's waited-for child; read
 * often enough to keep that small. Memory, which costs much to read, is read now and then.
 */
export class UsageMeter {
  readonly #group: number;
  #members: readonly Member[] = [];
  /** Of members that are gone, and that nobody has waited for. */
  #goneTicks = 0;
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
    this.#goneTicks += goneTicks(this.#members, members);
    this.#members = members;
    const ticks = this.#goneTicks + sum(members, allTicks);
    return { cpuSeconds: ticks / TICKS_PER_SECOND, memoryBytes: this.#memoryBytes };
  }
}

/** Pure. What the processes that are gone had used, without what those that are there have taken over by waiting for them. */
export function goneTicks(before: readonly Member[], now: readonly Member[]): number {
  const stay = new Map(now.map((member) => [member.pid, member]));
  const gone = before.filter(({ pid }) => !stay.has(pid));
  const taken = sum(before, ({ pid, childTicks }) => (stay.get(pid)?.childTicks ?? childTicks) - childTicks);
  return Math.max(0, sum(gone, allTicks) - taken);
}

function allTicks({ ticks, childTicks }: Member): number {
  return ticks + childTicks;
}

function sum(members: readonly Member[], of: (member: Member) => number): number {
  return members.reduce((total, member) => total + of(member), 0);
}
