import { execFile } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import type { StorageOrder } from '../../src/recording/storage.ts';
import { openStore } from '../../src/store/open-store.ts';
import { makeTempFolder } from './temp-folder.ts';

const execute = promisify(execFile);

interface Task {
  readonly order: StorageOrder;
  readonly key: string;
  readonly bytes: number;
}

export interface PutReport {
  readonly seconds: number;
  /** Memory of the process at its peak, less what it had when the store had been used once. */
  readonly growthBytes: number;
}

/** Stores a file of this size, which takes no room on the disk, from a process of its own. */
export async function putSparse(task: Task): Promise<PutReport> {
  const { stdout } = await execute(process.execPath, [import.meta.filename, JSON.stringify(task)]);
  return JSON.parse(stdout);
}

async function measure({ order, key, bytes }: Task): Promise<PutReport> {
  await using folder = await makeTempFolder();
  const path = folder.file('sparse');
  const file = await open(path, 'w');
  await file.truncate(bytes);
  await file.close();
  const agents = { http: new Agent({ keepAlive: true }), https: new TlsAgent({ keepAlive: true }) };
  using store = openStore(order, { agents });
  const { signal } = new AbortController();
  const type = { contentType: 'video/mp4' };
  await store.put({ key: `${key}.first`, bytes: 1, ...type, open: () => Readable.from([Buffer.from('1')]) }, signal);
  const before = process.memoryUsage.rss();
  const start = performance.now();
  await store.put({ key, bytes, ...type, open: () => createReadStream(path) }, signal);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, growthBytes: peakBytes() - before };
}

/** Not `process.resourceUsage().maxRSS`, which counts in what the parent had when it forked. */
function peakBytes(): number {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kib) * 1024;
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? ''))));
