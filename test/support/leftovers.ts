import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Processes that have the recording's id in their command line or environment, and its runtime folder. */
function leftoversNow(sid: string): string[] {
  const folder = join(tmpdir(), `tapehead-${process.getuid?.() ?? 0}`, sid);
  return [...processesOf(sid), ...(existsSync(folder) ? [folder] : [])];
}

/** What a recording left behind; gives the kernel a moment to take ended processes away. */
export async function leftovers(sid: string): Promise<string[]> {
  for (let tries = 0; tries < 20 && leftoversNow(sid).length > 0; tries += 1) await sleep(100);
  return leftoversNow(sid);
}

/** Process ids of a recording by what their command line begins with: `chromium`, `ffmpeg`, `Xorg`, `pulseaudio`, `node`. */
export function processIds(sid: string, program: string): number[] {
  return processesOf(sid)
    .map((line) => /^(\d+) (\S+)/.exec(line))
    .flatMap((match) => (match?.[2]?.endsWith(program) ? [Number(match[1])] : []));
}

function processesOf(sid: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    const command = read(`/proc/${pid}/cmdline`);
    const belongs = command.includes(sid) || read(`/proc/${pid}/environ`).includes(sid);
    // A zombie has no command line; whoever inherited it takes it away in its own time.
    return belongs && command !== '' ? [`${pid} ${command.replaceAll('\0', ' ').slice(0, 200)}`] : [];
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It ended while we looked, or belongs to somebody else.
    return '';
  }
}
