import { RecorderError } from '../errors.ts';
import { within } from '../kit/deadline.ts';
import { Child, type Exit } from '../process/child.ts';
import { childEnvironment } from '../process/environment.ts';
import type { Encoder, EncoderOptions } from './encoder.ts';

const ARM_MS = 10_000;
const FINISH_MS = 10_000;
const TAIL_LINES = 100;

export interface FfmpegOptions extends EncoderOptions {
  /** Short name for errors: `sound encoder`. */
  readonly name: string;
  readonly args: readonly string[];
  /** See ChildOptions. */
  readonly niceness?: number;
}

/** One ffmpeg with one input, which gives a transport stream on descriptor 1. */
export class Ffmpeg implements Encoder {
  /** Gone, and everything it wrote has been read. */
  readonly ended: Promise<Exit>;
  /** Resolves when what is to be encoded has reached the codec. @throws RecorderError `encoder_failed` */
  readonly armed: Promise<void>;
  readonly #child: Child;
  #inputStartMs = 0;

  constructor({ name, args, folder, env, identity, onData, niceness }: FfmpegOptions) {
    const { promise: first, resolve: onFirst } = Promise.withResolvers<void>();
    const child = new Child({
      name,
      command: 'ffmpeg',
      args,
      env: childEnvironment(folder, env),
      identity,
      stdio: { stdin: 'pipe', stdout: 'pipe' },
      ...(niceness !== undefined && { niceness }),
      onLine: (line) => {
        const start = /^\s+Duration: .*\bstart: (\d+\.\d+)/.exec(line)?.[1];
        if (start !== undefined) this.#inputStartMs = Number(start) * 1000;
        if (line.startsWith('Output #0')) onFirst();
      },
    });
    this.#child = child;
    child.stdout.on('data', onData);
    const closed = new Promise<void>((resolve) => child.stdout.once('close', () => resolve()));
    this.ended = Promise.all([child.exited, closed]).then(([exit]) => exit);
    const failure = () =>
      new RecorderError('encoder_failed', `expected ffmpeg to deliver what it encodes: ${child.describeExit()}`);
    const died = child.exited.then(() => Promise.reject(failure()));
    this.armed = within(ARM_MS, Promise.race([first, died]), failure);
    // One that does not arm is of no use: it ends as one that died.
    this.armed.catch(() => child.signal('SIGKILL'));
    died.catch(() => {});
  }

  /** It has ended, or is about to. */
  get over(): boolean {
    return this.#child.exit !== null;
  }

  /** The time of the first that came in, UTC ms; 0 before it is known. */
  get inputStartMs(): number {
    return this.#inputStartMs;
  }

  describeExit(): string {
    return this.#child.describeExit();
  }

  /** The last lines of its log. */
  tail(): string {
    return this.#child.tail(TAIL_LINES);
  }

  kill(): void {
    this.#child.signal('SIGKILL');
  }

  /** A command to one of its filters. */
  command(text: string): void {
    this.#child.stdin.write(`c${text}\n`);
  }

  /** What comes in goes on until it is told to finish. */
  endAt(_atMs: number): void {}

  /** Encodes what it has read so far and ends. May be called again. */
  async finish(): Promise<Exit> {
    await this.#child.close(FINISH_MS, () => this.#child.stdin.write('q'));
    return await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.close(0);
  }
}
