import { type ChildProcess, fork } from 'node:child_process';
import { LineRing } from '../kit/line-ring.ts';
import type { Exit } from './child.ts';
import { childEnvironment } from './environment.ts';

export interface ForkOptions {
  /**
   * Most that V8 gives to each half of what was allocated lately. By itself it takes 16 MB, of which a process that allocates
   * little but steadily fills all before it looks for what can go.
   */
  readonly youngMb?: number;
}

/**
 * A process of our own program in a process group of its own, spoken to by messages. It outlives its parent, to finish
 * what it is at; it learns of the parent's end by `disconnect`.
 */
export class Fork<In, Out> {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #tail = new LineRing(50);

  constructor(module: string, home: string, { youngMb }: ForkOptions = {}) {
    const young = youngMb === undefined ? [] : [`--max-semi-space-size=${youngMb}`];
    this.#process = fork(module, {
      execArgv: [...process.execArgv, ...young],
      detached: true,
      cwd: '/',
      env: { ...childEnvironment(home), ...compileCache() },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    this.pid = this.#process.pid ?? 0;
    this.exited = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => resolve({ code, signal }));
      this.#process.once('error', (error) => {
        this.#tail.push(error.message);
        resolve({ code: 127, signal: null });
      });
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => this.#tail.feed(text));
  }

  get alive(): boolean {
    return this.#process.connected;
  }

  onMessage(listener: (message: Out) => void): void {
    this.#process.on('message', (message) => listener(message as Out));
  }

  send(message: In): void {
    if (this.#process.connected) this.#process.send(message as object, () => {});
  }

  tail(): string {
    return this.#tail.last(10).join('\n');
  }

  /** Ends every process of the group by force: those that an ended leader left behind too. */
  killGroup(): void {
    killGroup(this.pid);
  }
}

/** The launcher's cache of compiled sources, when there is one: saves a third of the time to load them. */
function compileCache(): Record<string, string> {
  const folder = process.env['NODE_COMPILE_CACHE'];
  return folder ? { NODE_COMPILE_CACHE: folder } : {};
}

export function killGroup(group: number): void {
  try {
    if (group > 1) process.kill(-group, 'SIGKILL');
  } catch {
    // ESRCH: nobody is left.
  }
}
