import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const REAPER = join(import.meta.dirname, 'reaper.pl');
/** Unit of the times in /proc. It is the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export interface Command {
  readonly argv: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly folder?: string;
}

/** CPU seconds so far, by program name for the processes alive, `ended` for those that are not. */
export interface Sample {
  /** Seconds on a clock that only rises. */
  readonly at: number;
  readonly total: number;
  /** Of the whole machine, other programs included. */
  readonly machine: number;
  readonly parts: ReadonlyMap<string, number>;
}

/** A command under measurement, with all that it starts. */
export interface Metered extends AsyncDisposable {
  /** What the tree has used so far. */
  sample(): Sample;
  /** Whether a program of this name runs anywhere in the tree. */
  runs(name: string): boolean;
  /** Exit code and what it printed. Never rejects. */
  readonly ended: Promise<Ended>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function startMetered({ argv, env, folder }: Command): Metered {
  const child = spawn('perl', [REAPER, ...argv], {
    ...(folder === undefined ? {} : { cwd: folder }),
    env: env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const root = child.pid;
  if (root === undefined) throw new Error('perl is needed to measure, and could not be started');
  const ended = collect(child);
  return {
    ended,
    sample: () => sampleTree(root),
    runs: (name) => readTree(root).some((one) => one.name === name),
    async [Symbol.asyncDispose]() {
      for (const { pid } of readTree(root)) kill(pid, 'SIGTERM');
      await Promise.race([ended, sleep(5000)]);
      for (const { pid } of readTree(root)) kill(pid, 'SIGKILL');
      await ended;
    },
  };
}

async function collect(child: ChildProcess): Promise<Ended> {
  const pieces = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      pieces[name] = (pieces[name] + text).slice(-100_000);
    });
  }
  // Not `close`: what the command leaves behind may hold the pipes open.
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null)).on('exit', (exit) => setTimeout(() => resolve(exit), 100));
  });
  return { code, ...pieces };
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly own: number;
  /** Of its children that have ended and been waited for, and theirs. */
  readonly ended: number;
}

/** A process that ends between two reads of /proc is missed once; the sum only ever rises, so the higher of two is right. */
function sampleTree(root: number): Sample {
  const [first, second] = [sumTree(root), sumTree(root)];
  return first.total > second.total ? first : second;
}

function sumTree(root: number): Sample {
  const parts = new Map<string, number>();
  const add = (name: string, seconds: number) => parts.set(name, (parts.get(name) ?? 0) + seconds);
  const at = performance.now() / 1000;
  let total = 0;
  for (const { name, own, ended } of readTree(root)) {
    total += own + ended;
    add(name, own);
    add('ended', ended);
  }
  return { at, total, machine: machineSeconds(), parts };
}

/** All that /proc/stat counts but the time spent idle and waiting for disks; what a host has taken away is not ours either. */
function machineSeconds(): number {
  const [, user, nice, system, , , irq, softirq] =
    readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/ +/) ?? [];
  return [user, nice, system, irq, softirq].reduce((sum, ticks) => sum + Number(ticks) / TICKS_PER_SECOND, 0);
}

function readTree(root: number): Process[] {
  const all = readdirSync('/proc').flatMap((entry) => (/^\d+$/.test(entry) ? (readProcess(entry) ?? []) : []));
  const children = Map.groupBy(all, ({ parent }) => parent);
  const tree = all.filter(({ pid }) => pid === root);
  for (const one of tree) tree.push(...(children.get(one.pid) ?? []));
  return tree;
}

function readProcess(pid: string): Process | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return null;
  }
}

/** The name, in brackets, may itself contain spaces and brackets. */
export function parseStat(stat: string): Process {
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ');
  const seconds = (first: number) => (Number(fields[first]) + Number(fields[first + 1])) / TICKS_PER_SECOND;
  return {
    pid: Number.parseInt(stat, 10),
    name: stat.slice(stat.indexOf('(') + 1, end),
    parent: Number(fields[1]),
    own: seconds(11),
    ended: seconds(13),
  };
}
