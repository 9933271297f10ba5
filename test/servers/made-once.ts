import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What tests fetch once and keep: below node_modules, so nobody commits it and `npm ci` takes it away. */
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/test-servers');

/**
 * The folder `name` of the cache, filled by `fill` if it is not there. Of several processes that want it one fills it and the
 * others wait. It gets its name when it is complete, so a half-filled one is never taken for a whole one.
 */
export async function madeOnce(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  await using _lock = await lock(`${folder}.lock`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished);
  await fill(unfinished);
  await rename(unfinished, folder);
  return folder;
}

/** Node has no flock of its own. The lock goes with its holder: a dead one's pipe closes, which ends `cat`. */
async function lock(file: string): Promise<AsyncDisposable> {
  const holder = spawn('flock', [file, 'sh', '-c', 'echo locked; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'exit');
  const locked = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!locked) throw new Error(`could not lock ${file}`);
  return {
    async [Symbol.asyncDispose]() {
      holder.stdin.end();
      await ended;
    },
  };
}
