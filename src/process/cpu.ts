import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in ticks of 10 ms on every platform that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * CPU seconds used so far by all processes of a process group, with those of their children that ended already.
 * A process that ends between two readings and is nobody's waited-for child is lost; read often enough to keep that small.
 */
export function groupCpuSeconds(group: number): number {
  let ticks = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = readStat(entry);
    if (stat && stat.group === group) ticks += stat.ticks;
  }
  return ticks / TICKS_PER_SECOND;
}

function readStat(pid: string): { group: number; ticks: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold spaces: count from the last bracket.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
    return { group: Number(fields[2]), ticks };
  } catch {
    // The process ended while we looked.
    return null;
  }
}
