import { RecorderError } from '../errors.ts';
import { within } from '../kit/deadline.ts';
import { Child, type Exit } from '../process/child.ts';
import { childEnvironment } from '../process/environment.ts';
import type { MediaPlan } from '../recording/plan.ts';
import type { Identity } from '../types.ts';
import { type EncoderInputs, encoderArgs, GATE, openGate } from './args.ts';
import { grabToKeep } from './grabs.ts';

const ARM_MS = 10_000;
const FINISH_MS = 10_000;
const TAIL_LINES = 100;

/** What ffmpeg says of its inputs when it begins. */
class InputWatch {
  /** When the display was grabbed for the first time, UTC ms. */
  grabStartMs = 0;
  readonly #onOutput: () => void;
  #input = '';

  /** @param onOutput called once the first picture and the first sound, if there are both, have reached their encoders. */
  constructor(onOutput: () => void) {
    this.#onOutput = onOutput;
  }

  read(line: string): void {
    this.#input = /^Input #\d+, (\w+)/.exec(line)?.[1] ?? this.#input;
    const start = /^\s+Duration: .*\bstart: (\d+\.\d+)/.exec(line)?.[1];
    if (start !== undefined && this.#input === 'x11grab') this.grabStartMs = Number(start) * 1000;
    if (line.startsWith('Output #0')) this.#onOutput();
  }
}

export interface EncoderOptions extends MediaPlan {
  readonly inputs: EncoderInputs;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly identity: Identity | null;
  /** Transport stream as it comes. */
  readonly onData: (chunk: Buffer) => void;
}

/**
 * One ffmpeg, first armed (running, hardly any picture passes), then open until it is finished. Armed ahead of time, it
 * starts a recording at an exact moment with a key frame. Sound is given out from the first moment on.
 */
export class Encoder implements AsyncDisposable {
  readonly #child: Child;
  readonly #inputs: InputWatch;
  /** Null: no pictures. */
  readonly #fps: number | null;
  readonly #ended: Promise<Exit>;
  readonly #armed: Promise<void>;

  private constructor(
    child: Child,
    inputs: InputWatch,
    fps: number | null,
    armed: Promise<void>,
    ended: Promise<Exit>,
  ) {
    this.#inputs = inputs;
    this.#fps = fps;
    this.#child = child;
    this.#armed = armed;
    this.#ended = ended;
  }

  static start(options: EncoderOptions): Encoder {
    const { promise: first, resolve: onFirst } = Promise.withResolvers<void>();
    const inputs = new InputWatch(onFirst);
    const child = new Child({
      name: 'encoder',
      command: 'ffmpeg',
      args: encoderArgs(options.inputs, options),
      env: childEnvironment(options.folder, options.env),
      identity: options.identity,
      stdio: { stdin: 'pipe', stdout: 'pipe' },
      onLine: (line) => inputs.read(line),
    });
    child.stdout.on('data', options.onData);
    const closed = new Promise<void>((resolve) => child.stdout.once('close', () => resolve()));
    // Ended means: gone, and everything it wrote has been read.
    const ended = Promise.all([child.exited, closed]).then(([exit]) => exit);
    const failure = () =>
      new RecorderError('encoder_failed', `expected ffmpeg to deliver what it encodes: ${child.describeExit()}`);
    const died = child.exited.then(() => Promise.reject(failure()));
    const armed = within(ARM_MS, Promise.race([first, died]), failure);
    // One that does not arm is of no use: it ends as one that died.
    armed.catch(() => child.signal('SIGKILL'));
    died.catch(() => {});
    return new Encoder(child, inputs, options.picture?.fps ?? null, armed, ended);
  }

  /** Resolves when what is to be encoded arrives. */
  get armed(): Promise<void> {
    return this.#armed;
  }

  get ended(): Promise<Exit> {
    return this.#ended;
  }

  /** It has ended, or is about to. */
  get over(): boolean {
    return this.#child.exit !== null;
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

  /**
   * Lets pictures captured from `fromMs` on through, as many a second as are recorded; at least gateLeadMs ahead. Called again,
   * it only follows the page's clock. @param frameStartMs when a frame of the page began, UTC ms.
   */
  openFrom(fromMs: number, frameStartMs: number): void {
    const fps = this.#fps;
    if (fps === null) return;
    const kept = grabToKeep({ grabStartMs: this.#inputs.grabStartMs, frameStartMs, fps }, fromMs, Date.now());
    this.#child.stdin.write(`c${GATE} -1 enable ${openGate(fromMs, kept, fps)}\n`);
  }

  /** Encodes what was captured so far and ends. May be called again. */
  async finish(): Promise<Exit> {
    await this.#child.close(FINISH_MS, () => this.#child.stdin.write('q'));
    return await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.close(0);
  }
}
