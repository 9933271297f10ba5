import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RecorderError } from '../errors.ts';
import { within } from '../kit/deadline.ts';
import { Child, type Exit } from '../process/child.ts';
import { childEnvironment } from '../process/environment.ts';
import type { Identity, Size, UtcMs } from '../types.ts';

/** Built by the set-up where a compiler is to be had; see src/native. */
const HELPER = join(import.meta.dirname, '../../node_modules/.tapehead/frames');
const START_MS = 5_000;
const CLOSE_MS = 3_000;

export interface FramesOptions {
  /** X display, `:3`. */
  readonly display: string;
  readonly size: Size;
  readonly fps: number;
  /** Where the pictures go: a pipe of this name is made, and read by the encoder. */
  readonly pipe: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly identity: Identity | null;
}

/** How a capture has kept up since the last time that it was asked. */
export interface CaptureLoad {
  readonly pictures: number;
  /** Waiting now. */
  readonly queued: number;
  /** Given later than one interval after they were taken. */
  readonly late: number;
  /** Drawn, but not given. */
  readonly lost: number;
}

export const NO_LOAD: CaptureLoad = { pictures: 0, queued: 0, late: 0, lost: 0 };

/** How pictures are to follow each other. */
export interface Pace {
  /** At most so many a second. */
  readonly fps: number;
  /** As many, although nothing has changed. */
  readonly steady: boolean;
  /** Seconds between key frames. */
  readonly keyEveryS: number;
}

/** The helper that takes a picture of a display whenever something has been drawn there (src/native). */
export class Frames implements AsyncDisposable {
  /** The first picture is taken, and the pipe is there. @throws RecorderError `capture_failed` */
  readonly armed: Promise<void>;
  readonly #child: Child;
  #load = NO_LOAD;

  constructor({ display, size, fps, pipe, folder, env, identity }: FramesOptions) {
    const child = new Child({
      name: 'capture',
      command: HELPER,
      args: ['--size', `${size.width}x${size.height}`, '--fps', String(fps), '--out', pipe],
      env: childEnvironment(folder, { ...env, DISPLAY: display }),
      identity,
      stdio: { stdin: 'pipe', stdout: 'pipe' },
    });
    this.#child = child;
    const armed = Promise.withResolvers<void>();
    child.stdout.setEncoding('utf8');
    let rest = '';
    child.stdout.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === 'armed') armed.resolve();
        else this.#add(parseLoad(line));
      }
    });
    const failed = () => new RecorderError('capture_failed', `expected pictures: ${child.describeExit()}`);
    const died = child.exited.then(() => Promise.reject(failed()));
    this.armed = within(START_MS, Promise.race([armed.promise, died]), failed);
    this.armed.catch(() => child.signal('SIGKILL'));
    died.catch(() => {});
  }

  /** Could it be built on this machine? */
  static get available(): boolean {
    return existsSync(HELPER);
  }

  /** Code 3: nobody reads its pictures any more. */
  get exited(): Promise<Exit> {
    return this.#child.exited;
  }

  describeExit(): string {
    return this.#child.describeExit();
  }

  /** Gives what is there at this moment, and what is drawn from it on. */
  open(fromMs: UtcMs): void {
    this.#say(`open ${micros(fromMs)}`);
  }

  pace({ fps, steady, keyEveryS }: Pace): void {
    this.#say(`rate ${fps}`);
    this.#say(`steady ${steady ? 1 : 0}`);
    this.#say(`keys ${keyEveryS}`);
  }

  /** Gives a last picture with a time from this moment on, and ends. */
  end(atMs: UtcMs): void {
    this.#say(`end ${micros(atMs)}`);
  }

  kill(): void {
    this.#child.signal('SIGKILL');
  }

  /** What has come since the last time. */
  takeLoad(): CaptureLoad {
    const load = this.#load;
    this.#load = { ...NO_LOAD, queued: load.queued };
    return load;
  }

  /** The last lines that it wrote. */
  tail(): string {
    return this.#child.tail();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.close(CLOSE_MS, () => this.#child.stdin.end());
  }

  #say(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  #add({ pictures, queued, late, lost }: CaptureLoad): void {
    const sum = this.#load;
    this.#load = { pictures: sum.pictures + pictures, queued, late: sum.late + late, lost: sum.lost + lost };
  }
}

/** Pure: `pictures 30 queued 1 late 0 lost 0`. */
function parseLoad(line: string): CaptureLoad {
  const of = (name: string) => Number(new RegExp(`\\b${name} (\\d+)`).exec(line)?.[1] ?? 0);
  return { pictures: of('pictures'), queued: of('queued'), late: of('late'), lost: of('lost') };
}

function micros(ms: number): string {
  return String(Math.round(ms * 1000));
}
