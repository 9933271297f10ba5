import { readFileSync } from 'node:fs';
import type { Member } from './members.ts';

/** Pages are of 4096 bytes on every platform that Chromium runs on. */
const PAGE_BYTES = 4096;
const KIB = 1024;

/**
 * Bytes of memory of these processes, shared pages counted in parts (PSS). The kernel walks their page tables for it: some 30 ms
 * for a Chromium with a page, so it is to be asked seldom. It is shown to root and to the processes' own user only, and to root
 * in a container only with a capability of its own; where one reading is refused, all is estimated.
 */
export function memoryOf(members: readonly Member[]): number {
  try {
    return members.reduce((sum, { pid }) => sum + readPss(pid), 0);
  } catch {
    return estimateMemory(members);
  }
}

/**
 * The same from figures that everybody may read: what each process has for itself, and once per program the most that one of its
 * processes shares. Within 5 percent of the PSS of a Chromium that is alone on its machine; too much by what several of them share.
 */
export function estimateMemory(members: readonly Member[]): number {
  let own = 0;
  const shared = new Map<string, number>();
  for (const { pid, program } of members) {
    const [, resident = 0, sharing = 0] = (readOf(pid, 'statm') ?? '').split(' ').map(Number);
    own += resident - sharing;
    shared.set(program, Math.max(shared.get(program) ?? 0, sharing));
  }
  return [...shared.values()].reduce((sum, pages) => sum + pages, own) * PAGE_BYTES;
}

/** Zero for a process that has ended. Throws when it may not be read. */
function readPss(pid: string): number {
  const [, kib] = /^Pss:\s+(\d+)/m.exec(readOf(pid, 'smaps_rollup') ?? '') ?? [];
  return Number(kib ?? 0) * KIB;
}

/** Null when the process has ended. */
function readOf(pid: string, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}
