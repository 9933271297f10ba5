import type { Readable } from 'node:stream';
import { Child, type Exit } from '../../src/process/child.ts';
import type { Size } from '../../src/types.ts';
import { type RawPicture, readRawPictures } from './raw-pictures.ts';

const PATH = '/usr/bin:/bin';

export type DisplayEnvironment = Readonly<Record<string, string>>;

/** A program that is told by lines what to do, and answers by lines. */
export class TalkingProgram implements AsyncDisposable {
  readonly child: Child;
  readonly lines: string[] = [];
  #wake = () => {};

  constructor(command: string, args: readonly string[], env: DisplayEnvironment) {
    const stdio = { stdin: 'pipe', stdout: 'pipe' } as const;
    this.child = new Child({ name: command, command, args, env: { PATH, ...env }, identity: null, stdio });
    void this.#read(this.child.stdout);
  }

  get exited(): Promise<Exit> {
    return this.child.exited;
  }

  say(line: string): void {
    this.child.stdin.write(`${line}\n`);
  }

  /** The first line that matches, from this place in what was said on; waits for it. */
  async line(pattern: RegExp, from = 0): Promise<string> {
    for (;;) {
      const found = this.lines.slice(from).find((line) => pattern.test(line));
      if (found !== undefined) return found;
      if (this.child.exit !== null) throw new Error(`expected a line ${pattern}: ${this.child.describeExit()}`);
      await this.#next();
    }
  }

  /** Says something and waits for the answer. */
  async ask(order: string, answer: RegExp): Promise<string> {
    const from = this.lines.length;
    this.say(order);
    return await this.line(answer, from);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.close(0);
  }

  async #read(stdout: Readable): Promise<void> {
    let rest = '';
    for await (const text of stdout.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines);
      this.#wake();
    }
    await this.child.exited;
    this.#wake();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

export interface CaptureOptions {
  readonly program: string;
  readonly env: DisplayEnvironment;
  readonly size: Size;
  readonly fps: number;
  readonly pipe: string;
}

/** The capture helper, and all pictures that it gives. */
export class Capture extends TalkingProgram {
  readonly pictures: RawPicture[] = [];
  /** All pictures have been read. */
  readonly read: Promise<void>;
  #arrived = () => {};

  private constructor({ program, env, size, fps, pipe }: CaptureOptions) {
    super(program, ['--size', `${size.width}x${size.height}`, '--fps', String(fps), '--out', pipe], env);
    this.read = this.line(/^armed$/).then(() => this.#collect(pipe));
    this.read.catch(() => {});
  }

  /** Once it is armed and its first picture has been read. */
  static async start(options: CaptureOptions): Promise<Capture> {
    const capture = new Capture(options);
    await capture.until((pictures) => pictures.length > 0);
    return capture;
  }

  /** Those that were asked for: all but the first. */
  get given(): RawPicture[] {
    return this.pictures.slice(1);
  }

  /** Waits until the pictures that have been read are as wanted. */
  async until(wanted: (pictures: readonly RawPicture[]) => boolean): Promise<void> {
    const over = this.read.then(() => {
      if (!wanted(this.pictures)) throw new Error(`${this.pictures.length} pictures, then none: ${this.child.tail()}`);
    });
    while (!wanted(this.pictures))
      await Promise.race([over, new Promise<void>((resolve) => (this.#arrived = resolve))]);
    over.catch(() => {});
  }

  open(at = nowUs()): number {
    this.say(`open ${at}`);
    return at;
  }

  /** Asks for the last picture and waits for the end. */
  async end(at = nowUs()): Promise<Exit> {
    this.say(`end ${at}`);
    await this.read;
    return await this.exited;
  }

  async #collect(pipe: string): Promise<void> {
    for await (const picture of readRawPictures(pipe)) {
      this.pictures.push(picture);
      this.#arrived();
    }
  }
}

export function nowUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}
