import { RecorderError } from '../errors.ts';
import { within } from '../kit/deadline.ts';
import { Child, type Exit } from '../process/child.ts';
import { childEnvironment } from '../process/environment.ts';
import type { PicturePlan, SoundPlan } from '../recording/plan.ts';
import type { Identity } from '../types.ts';
import { type EncoderInputs, encoderArgs, GATE, openGate } from './args.ts';

const ARM_MS = 10_000;
const FINISH_MS = 10_000;

/** ffmpeg's line once the first picture and the first sound have reached their encoders. */
const ARMED_LINE = /^Output #0/;

export interface EncoderOptions {
  readonly inputs: EncoderInputs;
  readonly picture: PicturePlan;
  readonly sound: SoundPlan;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly identity: Identity | null;
  /** Transport stream as it comes. */
  readonly onData: (chunk: Buffer) => void;
}

/**
 * One ffmpeg, first armed (running, hardly any picture passes), then open until it is finished. Armed ahead of time, it
 * starts a recording at an exact moment with a key frame.
 */
export class Encoder implements AsyncDisposable {
  readonly #child: Child;
  readonly #ended: Promise<Exit>;
  readonly #armed: Promise<void>;

  private constructor(child: Child, armed: Promise<void>, ended: Promise<Exit>) {
    this.#child = child;
    this.#armed = armed;
    this.#ended = ended;
  }

  static start(options: EncoderOptions): Encoder {
    const { promise: first, resolve: onFirst } = Promise.withResolvers<void>();
    const child = new Child({
      name: 'encoder',
      command: 'ffmpeg',
      args: encoderArgs(options.inputs, options.picture, options.sound),
      env: childEnvironment(options.folder, options.env),
      identity: options.identity,
      stdio: { stdin: 'pipe', stdout: 'pipe' },
      onLine: (line) => {
        if (ARMED_LINE.test(line)) onFirst();
      },
    });
    child.stdout.on('data', options.onData);
    const closed = new Promise<void>((resolve) => child.stdout.once('close', () => resolve()));
    // Ended means: gone, and everything it wrote has been read.
    const ended = Promise.all([child.exited, closed]).then(([exit]) => exit);
    const failure = () =>
      new RecorderError('encoder_failed', `expected ffmpeg to deliver picture and sound: ${child.describeExit()}`);
    const died = child.exited.then(() => Promise.reject(failure()));
    const armed = within(ARM_MS, Promise.race([first, died]), failure);
    armed.catch(() => {});
    died.catch(() => {});
    return new Encoder(child, armed, ended);
  }

  /** Resolves when picture and sound arrive. */
  get armed(): Promise<void> {
    return this.#armed;
  }

  get ended(): Promise<Exit> {
    return this.#ended;
  }

  describeExit(): string {
    return this.#child.describeExit();
  }

  /** Lets every picture captured from `fromMs` on through; at least gateLeadMs ahead. */
  openFrom(fromMs: number): void {
    this.#child.stdin.write(`c${GATE} -1 enable ${openGate(fromMs)}\n`);
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
