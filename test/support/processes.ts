import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { until } from '../../src/kit/deadline.ts';

/** Does this process run? One that has ended and is only waited for does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

export async function isGone(pid: number): Promise<boolean> {
  return await until(20_000, 20, () => !isAlive(pid));
}

/** A process of a test, ended with all of its group at the end of the scope. */
export interface TestProcess extends AsyncDisposable {
  readonly pid: number;
  /** The next line that it writes. */
  line(): Promise<string>;
  /** Ends the process itself, not its group. @returns when it has been waited for. */
  kill(): Promise<void>;
}

export function startProcess(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): TestProcess {
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'inherit'], env: env ?? process.env });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const pid = pidOf(child);
  return {
    pid,
    async line() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${command} ended before it wrote a line`);
      return value;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async [Symbol.asyncDispose]() {
      killGroup(pid);
      await exited;
    },
  };
}

/** Runs a module of the text given, as its own Node process. */
export function startScript(text: string, args: readonly string[] = [], env?: NodeJS.ProcessEnv): TestProcess {
  return startProcess(process.execPath, ['--input-type=module', '-e', text, ...args], env);
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('the process did not start');
  return pid;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}
