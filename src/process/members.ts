import { readdirSync, readFileSync } from 'node:fs';

/** A process of a group, at one moment. */
export interface Member {
  readonly pid: string;
  /** Name of its program, cut off after 15 characters. */
  readonly program: string;
  /** CPU time of it and of its children that ended, in ticks. */
  readonly ticks: number;
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
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
  return { group: Number(fields[2]), member: { pid, program: text.slice(text.indexOf('(') + 1, nameEnd), ticks } };
}
