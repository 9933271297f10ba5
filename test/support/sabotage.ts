import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(tmpdir(), `tapehead-${process.getuid?.() ?? 0}`);

/** The recording's own process, which leads a group of all others. */
export function sessionId(sid: string): number {
  const pid = Number.parseInt(readFileSync(join(ROOT, `${sid}.pid`), 'utf8'), 10);
  if (!(pid > 1)) throw new Error(`expected the process of recording ${sid}, got ${pid}`);
  return pid;
}

/** Processes of the recording's browser that draw pages. */
export function rendererIds(sid: string, group = sessionId(sid)): number[] {
  const all = execFileSync('ps', ['-eo', 'pid=,pgid=,args='], { encoding: 'utf8' });
  return all.split('\n').flatMap((line) => {
    const [pid, pgid] = line.trim().split(/\s+/).map(Number);
    return pgid === group && line.includes('--type=renderer') ? [pid as number] : [];
  });
}

/** Takes away every stream that is played to the recording's sound daemon. @returns how many there were. */
export async function killSoundStreams(sid: string): Promise<number> {
  const socket = join(ROOT, sid, 'sound/control');
  const listed = await askDaemon(socket, 'list-sink-inputs');
  const streams = [...listed.matchAll(/^\s+index: (\d+)$/gm)].map(([, index]) => index);
  for (const index of streams) await askDaemon(socket, `kill-sink-input ${index}`);
  return streams.length;
}

async function askDaemon(path: string, command: string): Promise<string> {
  const socket = connect(path).setEncoding('utf8');
  socket.end(`${command}\n`);
  return (await socket.toArray()).join('');
}
