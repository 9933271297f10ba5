import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type CaptureLoad, Frames, type Pace } from '../capture/frames.ts';
import { RecorderError } from '../errors.ts';
import type { Exit } from '../process/child.ts';
import type { PictureOptions, PictureSource } from './encoder.ts';
import { Ffmpeg } from './ffmpeg.ts';
import { ODD_TIMES } from './key-frames.ts';
import { even, type PictureInput, pictureArgs } from './picture-args.ts';

/** The display, looked at when something has been drawn: a helper takes the pictures, ffmpeg encodes them. */
export class DamageEncoder implements PictureSource {
  readonly capture = 'damage';
  /** Orders are followed at once. */
  readonly leadMs = 0;
  readonly armed: Promise<void>;
  readonly ended: Promise<Exit>;
  readonly #frames: Frames;
  /** Null until the helper is armed: only then there is a pipe to read. */
  #ffmpeg: Ffmpeg | null = null;
  #over = false;
  #killed = false;
  #captureLost = false;
  #opened = false;

  constructor({ display, picture, encoder, pace, ...place }: PictureOptions) {
    const size = { width: even(picture.width), height: even(picture.height) };
    const pipe = join(place.folder, `pictures-${randomBytes(6).toString('hex')}`);
    const { folder, env, identity } = place;
    this.#frames = new Frames({ display, size, fps: picture.fps, pipe, folder, env, identity });
    this.#frames.pace(pace);
    const started = this.#frames.armed.then(() => {
      // What reads a pipe that nobody writes waits for ever.
      if (this.#killed) throw new RecorderError('encoder_failed', 'the encoder was ended before it was armed');
      const args = pictureArgs(damageInput(pipe), encoder, picture);
      this.#ffmpeg = new Ffmpeg({ ...place, name: 'picture encoder', args, niceness: NICENESS });
      return this.#ffmpeg;
    });
    this.armed = started.then((ffmpeg) => ffmpeg.armed);
    this.ended = this.#untilEnded(started);
    this.armed.catch(() => this.kill());
  }

  get over(): boolean {
    return this.#over;
  }

  get captureLost(): boolean {
    return this.#captureLost;
  }

  describeExit(): string {
    return [this.#frames.describeExit(), this.#ffmpeg?.describeExit()].filter(Boolean).join('; ');
  }

  tail(): string {
    return [this.#frames.tail(), this.#ffmpeg?.tail()].filter(Boolean).join('\n');
  }

  kill(): void {
    this.#killed = true;
    this.#frames.kill();
    this.#ffmpeg?.kill();
  }

  openFrom(fromMs: number): void {
    if (this.#opened) return;
    this.#opened = true;
    this.#frames.open(fromMs);
  }

  set pace(pace: Pace) {
    this.#frames.pace(pace);
  }

  takeLoad(): CaptureLoad {
    return this.#frames.takeLoad();
  }

  endAt(atMs: number): void {
    this.#frames.end(atMs);
  }

  /** The encoder ends by itself when its pictures do; told to, it would not read those that wait. */
  async finish(): Promise<Exit> {
    await this.#frames[Symbol.asyncDispose]();
    const hangs = setTimeout(() => this.kill(), FINISH_MS);
    try {
      return await this.ended;
    } finally {
      clearTimeout(hangs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.ended;
  }

  /** One without the other is of no use. */
  async #untilEnded(started: Promise<Ffmpeg>): Promise<Exit> {
    const helper = this.#frames.exited.then(({ code }) => {
      if (code !== 0 && code !== READER_GONE && !this.#over && !this.#killed) this.#captureLost = true;
    });
    const ffmpeg = await started.catch(() => null);
    if (ffmpeg === null) {
      this.#over = true;
      this.#captureLost = true;
      await helper;
      return { code: 1, signal: null };
    }
    void ffmpeg.ended.then(() => {
      this.#over = true;
      this.#frames.kill();
    });
    const [exit] = await Promise.all([ffmpeg.ended, helper]);
    return exit;
  }
}

/** Before it stand the page, which must draw in time, and the sound; what is drawn meanwhile waits in the helper's queue. */
const NICENESS = 5;
/** For what the encoder has still to read, and to give out. */
const FINISH_MS = 10_000;
/** Exit code of the helper. */
const READER_GONE = 3;

function damageInput(pipe: string): PictureInput {
  return {
    // The pipe tells all there is to know in its head; by default ffmpeg would look at many pictures first.
    input: ['-probesize', '32', '-analyzeduration', '0', '-f', 'matroska', '-i', pipe],
    filters: [],
    keyFrames: ODD_TIMES,
  };
}
