import { type ChildProcess, spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { LineRing } from '../kit/line-ring.ts';
import type { Identity } from '../types.ts';
import { killAtExit } from './kill-set.ts';

export interface ChildOptions {
  /** Short name for logs and errors: `display`, `browser`, `encoder`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; nothing is inherited, so no secret of the service reaches a browser or an encoder. */
  readonly env: Readonly<Record<string, string>>;
  /** Run as this user; null keeps the user of the service. */
  readonly identity: Identity | null;
  readonly cwd?: string;
  /** How far it stands back where the processor is short: 1 to 19. */
  readonly niceness?: number;
  /** What file descriptors 0, 1 and further ones are; descriptor 2 is always read into the tail. */
  readonly stdio?: { readonly stdin?: 'pipe'; readonly stdout?: 'pipe'; readonly extra?: number };
  readonly onLine?: (line: string) => void;
}

/** How a process ended. A killed one has a signal and no code; judge by both. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const TAIL_LINES = 200;

/**
 * One child process and all that is known of it. It dies with the process that started it, whatever way that ends
 * (`setpriv --pdeathsig`), because killing "the children of a dead parent" later finds none.
 */
export class Child {
  readonly name: string;
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #tail = new LineRing(TAIL_LINES);
  #exit: Exit | null = null;

  constructor(options: ChildOptions) {
    this.name = options.name;
    this.#process = spawn('setpriv', [...dropTo(options.identity), '--', options.command, ...options.args], {
      cwd: options.cwd ?? '/',
      env: { ...options.env },
      stdio: stdioOf(options),
    });
    const release = killAtExit(this.#process);
    standBack(this.#process.pid, options.niceness);
    this.exited = new Promise((resolve) => {
      const settle = (exit: Exit) => {
        release();
        this.#exit ??= exit;
        resolve(this.#exit);
      };
      this.#process.once('exit', (code, signal) => settle({ code, signal }));
      this.#process.once('error', (error) => {
        this.#tail.push(error.message);
        settle({ code: 127, signal: null });
      });
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of this.#tail.feed(text)) options.onLine?.(line);
    });
    // A child that dies takes its pipes along: writing to it must not become an unhandled error of ours.
    this.#process.stdin?.on('error', () => {});
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get exit(): Exit | null {
    return this.#exit;
  }

  get stdin(): Writable {
    return present(this.#process.stdin, this.name);
  }

  get stdout(): Readable {
    return present(this.#process.stdout, this.name);
  }

  /** Descriptor 3 and up, as streams in both directions. */
  extra(descriptor: number): Readable & Writable {
    return present(this.#process.stdio[descriptor], this.name) as Readable & Writable;
  }

  /** The last lines of its standard error. */
  tail(count = 8): string {
    return this.#tail.last(count).join('\n');
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#exit) this.#process.kill(signal);
  }

  /** Asks it to end, and ends it by force after `graceMs`. May be called again. */
  async close(graceMs: number, ask: () => void = () => this.signal('SIGTERM')): Promise<Exit> {
    if (this.#exit) return this.#exit;
    ask();
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** One sentence about how it ended, with its last lines. */
  describeExit(): string {
    const exit = this.#exit;
    const how = !exit ? 'is running' : exit.signal ? `was ended by ${exit.signal}` : `ended with code ${exit.code}`;
    const tail = this.tail(3);
    return tail ? `${this.name} ${how}: ${tail}` : `${this.name} ${how}`;
  }
}

/** setpriv sets the death signal last, after the change of user, which would clear it. */
function dropTo(identity: Identity | null): string[] {
  const user = identity ? [`--reuid=${identity.uid}`, `--regid=${identity.gid}`, '--clear-groups'] : [];
  return ['--pdeathsig=KILL', ...user];
}

function stdioOf(options: ChildOptions): ('ignore' | 'pipe')[] {
  const extra = Array.from({ length: options.stdio?.extra ?? 0 }, () => 'pipe' as const);
  return [options.stdio?.stdin ?? 'ignore', options.stdio?.stdout ?? 'ignore', 'pipe', ...extra];
}

/** One that is gone already needs no place in the order. */
function standBack(pid: number | undefined, niceness: number | undefined): void {
  if (pid === undefined || niceness === undefined) return;
  try {
    setPriority(pid, niceness);
  } catch {
    // ESRCH.
  }
}

function present<T>(stream: T | null | undefined, name: string): T {
  if (!stream) throw new TypeError(`${name} was started without this pipe`);
  return stream;
}
