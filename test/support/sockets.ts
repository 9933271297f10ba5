import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** UDP sockets that are open in some processes; each WebRTC connection has one at the least. */
export function countUdpSockets(pids: readonly number[]): number {
  const inodes = new Set(['/proc/net/udp', '/proc/net/udp6'].flatMap(inodesIn));
  return pids.flatMap(socketsOf).filter((inode) => inodes.has(inode)).length;
}

/** The process that has such a path in its command line, of those that a process has started. */
export function childOf(pid: number, path: string): number {
  const found = readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    const stat = read(`/proc/${entry}/stat`);
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return parent === pid && read(`/proc/${entry}/cmdline`).includes(path);
  });
  if (found.length !== 1) throw new Error(`expected one child of ${pid} that runs ${path}, found ${found.length}`);
  return Number(found[0]);
}

/** Processes of a group. */
export function groupOf(group: number): number[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    const stat = read(`/proc/${entry}/stat`);
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]) === group ? [Number(entry)] : [];
  });
}

function socketsOf(pid: number): string[] {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).flatMap((name) => /^socket:\[(\d+)\]$/.exec(link(`${folder}/${name}`))?.[1] ?? []);
  } catch {
    // It has ended.
    return [];
  }
}

function inodesIn(table: string): string[] {
  return read(table)
    .split('\n')
    .slice(1)
    .flatMap((line) => line.trim().split(/\s+/)[9] ?? []);
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // It was closed while we looked.
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It ended while we looked.
    return '';
  }
}
