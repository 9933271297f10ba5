import { readdirSync, readFileSync } from 'node:fs';

interface Membership {
  readonly pid: number;
  readonly group: number;
  readonly session: number;
}

/** Does a process with this id run, and is this text in its command line? Ids are used again, so the id alone proves nothing. */
export function runs(pid: number, text: string): boolean {
  return readProc(pid, 'cmdline')?.includes(text) ?? false;
}

/**
 * Is there a process left of a group whose leader has ended? The kernel gives no new process an id that a group or
 * session still goes by, so what carries it is of that group.
 */
export function leaderless(group: number): boolean {
  const members = memberships().filter((one) => one.group === group && one.session === group);
  return members.length > 0 && !members.some((one) => one.pid === group);
}

function memberships(): Membership[] {
  return readdirSync('/proc').flatMap((entry) => {
    const pid = Number(entry);
    const stat = Number.isInteger(pid) ? readProc(pid, 'stat') : null;
    if (!stat) return [];
    // The second field is the program's name in brackets and may hold spaces: count from the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [{ pid, group: Number(fields[2]), session: Number(fields[3]) }];
  });
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // The process ended while we looked.
    return null;
  }
}
