import type { Exit } from '../process/child.ts';
import type { PicturePlan, SoundPlan } from '../recording/plan.ts';
import type { CaptureKind } from '../recording/status.ts';
import type { PictureEncoder } from './codecs.ts';
import { Ffmpeg, type FfmpegPlace } from './ffmpeg.ts';
import { soundArgs } from './sound-args.ts';

/** What an encoder looks at, or listens to; null where there is nothing of the kind. */
export interface EncoderInputs {
  /** X display, `:3`. */
  readonly display: string | null;
  /** PulseAudio source. */
  readonly source: string | null;
}

export interface EncoderOptions extends FfmpegPlace {
  /** Transport stream as it comes. */
  readonly onData: (chunk: Buffer) => void;
}

/** Something that captures and encodes, armed ahead of time: everything is open and running before it is wanted. */
export interface Encoder extends AsyncDisposable {
  /** Resolves when what is to be encoded arrives. @throws RecorderError `encoder_failed` */
  readonly armed: Promise<void>;
  /** Resolves when it is gone and everything it wrote has been read. */
  readonly ended: Promise<Exit>;
  /** It has ended, or is about to. */
  readonly over: boolean;
  describeExit(): string;
  /** The last lines of its log. */
  tail(): string;
  kill(): void;
  /** Nothing captured from this moment on is wanted, UTC ms; a frame past it still comes, so that it can be told. */
  endAt(atMs: number): void;
  /** Encodes what was captured so far and ends. May be called again. */
  finish(): Promise<Exit>;
}

/** How the capture has kept up since the last time that it was asked. */
export interface CaptureLoad {
  readonly pictures: number;
  /** Given later than one interval after they were taken. */
  readonly late: number;
  /** Drawn, but not given. */
  readonly lost: number;
  /** Waiting now. */
  readonly queued: number;
}

/** Pictures: given from an exact moment on, the first as a key frame. */
export interface PictureSource extends Encoder {
  readonly capture: CaptureKind;
  /** How far ahead `openFrom` must be told, ms. */
  readonly leadMs: number;
  /**
   * Gives what is captured from `fromMs` on, UTC ms. Called again, it only follows the page's clock.
   * @param frameStartMs when a frame of the page began, UTC ms
   */
  openFrom(fromMs: number, frameStartMs: number): void;
  set pace(pace: Pace);
  /** Null when it cannot tell. */
  takeLoad(): CaptureLoad | null;
}

/** How pictures are to follow each other. */
export interface Pace {
  /** At most so many a second. */
  readonly fps: number;
  /** As many, although nothing has changed. */
  readonly steady: boolean;
  /** Seconds between key frames. */
  readonly keyEveryS: number;
}

export interface PictureOptions extends EncoderOptions {
  readonly display: string;
  readonly picture: PicturePlan;
  readonly encoder: PictureEncoder;
  readonly pace: Pace;
}

/** The sound of a recording. It is given out from the first moment on. */
export class SoundEncoder implements Encoder {
  readonly #ffmpeg: Ffmpeg;

  constructor({ source, sound, ...place }: EncoderOptions & { readonly source: string; readonly sound: SoundPlan }) {
    this.#ffmpeg = new Ffmpeg({ ...place, name: 'sound encoder', args: soundArgs(source, sound) });
  }

  get armed(): Promise<void> {
    return this.#ffmpeg.armed;
  }

  get ended(): Promise<Exit> {
    return this.#ffmpeg.ended;
  }

  get over(): boolean {
    return this.#ffmpeg.over;
  }

  describeExit(): string {
    return this.#ffmpeg.describeExit();
  }

  tail(): string {
    return this.#ffmpeg.tail();
  }

  kill(): void {
    this.#ffmpeg.kill();
  }

  /** Sound goes on until it is told to finish. */
  endAt(): void {}

  async finish(): Promise<Exit> {
    return await this.#ffmpeg.finish();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ffmpeg[Symbol.asyncDispose]();
  }
}
