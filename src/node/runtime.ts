import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { RecorderError } from '../errors.ts';
import { killGroup } from '../process/fork.ts';
import { leaderless, runs } from '../process/groups.ts';

/** Beside the folder, not in it: the recorded page's browser may write there, and what a sweep kills is not for it to say. */
const OWNER = '.pid';
const SESSION_COMMAND = 'session/main.ts';
const X_LOCK = /^\.X(\d+)-lock$/;

/** Where sessions keep displays, sound daemons and browser profiles: one folder per session. */
export function runtimeRoot(): string {
  return join(tmpdir(), `tapehead-${process.getuid?.() ?? 0}`);
}

/** @param name the recording's sid, or of a session that waits for one a name of its own */
export function runtimeFolder(name: string): string {
  return join(runtimeRoot(), name);
}

/**
 * Writes down which process a runtime folder belongs to, so that a later sweep can prove it.
 * @param sid of the recording that is made there, if the folder has another name
 */
export function noteOwner(folder: string, pid: number, sid = basename(folder)): void {
  // Others may pass through to files of their own below, but not look around.
  mkdirSync(runtimeRoot(), { recursive: true, mode: 0o711 });
  requireOwnRoot();
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  writeFileSync(`${folder}${OWNER}`, `${pid} ${sid}`);
}

/** Its name can be foretold, so somebody else may have made it first, to read or lead astray what is put there. */
function requireOwnRoot(): void {
  const root = lstatSync(runtimeRoot());
  if (root.isDirectory() && root.uid === process.getuid?.()) return;
  throw new RecorderError(
    'config_invalid',
    `expected ${runtimeRoot()} to be a folder of this user's, it is not; remove it`,
  );
}

/**
 * Gives back what sessions left behind whose service was killed: their processes, folders, display locks.
 *
 * @param lost recordings that nobody runs any more; their processes are ended. Of others only what is left of dead ones is removed.
 */
export function sweep(lost: ReadonlySet<string>): void {
  for (const name of new Set(entries(runtimeRoot()).map((entry) => entry.replace(OWNER, '')))) {
    const folder = runtimeFolder(name);
    const [owner, sid = name] = readText(`${folder}${OWNER}`).split(' ');
    const pid = Number(owner);
    const running = runs(pid, SESSION_COMMAND);
    if (running && !lost.has(sid)) continue;
    if (running || leaderless(pid)) killGroup(pid);
    removeRuntime(folder);
  }
  for (const name of entries('/tmp')) removeStaleDisplay(name);
}

export function removeRuntime(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  rmSync(`${folder}${OWNER}`, { force: true });
}

/** A display that was killed leaves a lock and a socket; displays of living servers are not touched. */
function removeStaleDisplay(name: string): void {
  const number = X_LOCK.exec(name)?.[1];
  if (number === undefined) return;
  const pid = Number(readText(join('/tmp', name)));
  if (!(pid > 0) || runs(pid, 'X')) return;
  for (const path of [join('/tmp', name), `/tmp/.X11-unix/X${number}`]) {
    try {
      rmSync(path, { force: true });
    } catch {
      // Another user's: not ours to remove.
    }
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not there: nothing was left.
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
