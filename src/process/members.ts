import { readdirSync, readFileSync } from 'node:fs';

/** A process of a group, at one moment. */
export interface Member {
  readonly pid: string;
  /** Name of its program, cut off after 15 characters. */
  readonly program: string;
  /** CPU time, in ticks: its own, and that of its children that ended and were waited for. */
  readonly ticks: number;
  readonly childTicks: number;
}

/** All processes of a process group. */
export function membersOf(group: number): Member[] {
  return readdirSync('/proc').flatMap((entry) => {
    const read = /^\d+$/.test(entry) ? readStat(entry) : null;
    return read?.group === group ? [read.member] : [];
  });
}

function readStat(pid: string): { group: number; member: Member } | null {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // The process ended while we looked.
    return null;
  }
}

function parseStat(pid: string, text: string): { group: number; member: Member } {
  // The second field is the program's name in brackets and may hold spaces and brackets: count from the last one.
  const nameEnd = text.lastIndexOf(')');
  const fields = text.slice(nameEnd + 2).split(' ');
  const [ticks, childTicks] = [11, 13].map((at) => Number(fields[at]) + Number(fields[at + 1])) as [number, number];
  const program = text.slice(text.indexOf('(') + 1, nameEnd);
  return { group: Number(fields[2]), member: { pid, program, ticks, childTicks } };
}
