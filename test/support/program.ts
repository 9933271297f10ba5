import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

/** The product's program, as a user starts it, run to its end. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves with the first line of standard output that matches. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
}

/** @param main of another copy of the project */
export function startProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  main: string = MAIN,
): Program {
  // A test that is cut short takes its program along.
  const program = [process.execPath, '--disable-warning=ExperimentalWarning', main];
  const child = spawn('setpriv', ['--pdeathsig=TERM', '--', ...program, ...args], {
    env: { ...withoutSettings(process.env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const look of watchers) look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return {
    process: child,
    finished,
    line(pattern) {
      const found = Promise.withResolvers<RegExpExecArray>();
      const look = () => {
        const match = pattern.exec(stdout);
        if (match) found.resolve(match);
      };
      watchers.add(look);
      look();
      void finished.then((end) =>
        found.reject(new Error(`the program ended without ${pattern}: ${end.stdout}${end.stderr}`)),
      );
      return found.promise.finally(() => watchers.delete(look));
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await finished;
    },
  };
}

/** Settings of whoever runs the tests must not change what is tested. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TAPEHEAD_')));
}
