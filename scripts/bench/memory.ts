import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../../test/probe/cadence.ts';
import { startProgram } from '../../test/support/program.ts';
import { childOf, groupOf } from '../../test/support/sockets.ts';
import { type Bench, newFile, SIZE } from './bench-run.ts';
import { table } from './report.ts';

const FPS = 30;
const RUNS = 3;
/** From the command on; by then everything has come up, and some slices are written. */
const AFTER_S = 20;
const SECONDS = AFTER_S + 5;
const LIMIT_MB = 600;
const SESSION = 'src/session/main.ts';

/**
 * What one recording of the animated page takes, its share of pages that several processes use told by the kernel (PSS): all
 * processes of the recording, and the command's own. Another Chromium beside it would take over a part of what both have loaded.
 */
export async function measureMemory(bench: Bench): Promise<void> {
  const runs: ReadonlyMap<string, number>[] = [];
  for (let run = 1; run <= RUNS; run += 1) {
    const kinds = await measureOne(bench);
    runs.push(kinds);
    bench.say(`  run ${run}: ${Math.round(sum(kinds))} MB`);
  }
  const names = [...new Set(runs.flatMap((kinds) => [...kinds.keys()]))];
  const rows = names
    .map((name) => [name, median(runs.map((kinds) => kinds.get(name) ?? 0))] as const)
    .sort((a, b) => b[1] - a[1]);
  bench.say(`\n${table(['process', 'PSS, MB (median)'], rows)}\n`);
  const title = `one recording of the animated page, ${SIZE.width}x${SIZE.height}, median of ${RUNS}`;
  bench.report.atMost('memory', title, median(runs.map(sum)), LIMIT_MB, 'MB');
}

/** @returns megabytes by kind of process. */
async function measureOne({ pages, workshop }: Bench): Promise<ReadonlyMap<string, number>> {
  const file = newFile(workshop);
  const size = `${SIZE.width}x${SIZE.height}`;
  const order = ['--out', file, '--duration', `${SECONDS}s`, '--size', size, '--fps', String(FPS)];
  // As scripts/tapehead does it: without the cache each process of Node loads a compiler.
  const env = { NODE_COMPILE_CACHE: join(workshop.folder, 'compiled') };
  await using program = startProgram(['record', pages.url('animated'), ...order], env);
  const command = program.process.pid ?? 0;
  const ended = await Promise.race([program.finished, sleep(AFTER_S * 1000, null)]);
  if (ended) throw new Error(`record ended with code ${ended.code}: ${ended.stderr}`);
  const kinds = new Map<string, number>();
  for (const pid of [command, ...groupOf(childOf(command, SESSION))]) {
    const kind = pid === command ? 'node, command' : kindOf(pid);
    kinds.set(kind, (kinds.get(kind) ?? 0) + shareOf(pid));
  }
  const { code, stderr } = await program.finished;
  if (code !== 0) throw new Error(`record ended with code ${code}: ${stderr}`);
  await rm(file);
  return kinds;
}

/** Programs by their names, Chromium's processes by what they are for. */
function kindOf(pid: number): string {
  const words = read(pid, 'cmdline').split('\0');
  if (words.some((word) => word.endsWith(SESSION))) return 'node, session';
  // Chromium writes its own command line as one word.
  const [program = '', ...rest] = words.join(' ').split(' ');
  const name = basename(program);
  if (name !== 'chromium') return name;
  const value = (option: string) => rest.find((word) => word.startsWith(`--${option}=`))?.split('=')[1];
  return `chromium, ${value('utility-sub-type') ?? value('type') ?? 'browser'}`;
}

/** Megabytes. */
function shareOf(pid: number): number {
  return Number(/^Pss: +(\d+) kB$/m.exec(read(pid, 'smaps_rollup'))?.[1] ?? 0) / 1024;
}

/** Empty when the process has ended. @throws Error `EACCES` for a sandboxed process: of these only root may know. */
function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

function sum(kinds: ReadonlyMap<string, number>): number {
  return [...kinds.values()].reduce((total, one) => total + one, 0);
}
