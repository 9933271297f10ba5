import type { CaptureLoad, Pace } from '../capture/frames.ts';
import type { Exit } from '../process/child.ts';
import type { PicturePlan } from '../recording/plan.ts';
import type { CaptureKind } from '../recording/status.ts';
import type { Identity } from '../types.ts';
import type { PictureEncoder } from './codecs.ts';

/** What an encoder looks at, or listens to; null where there is nothing of the kind. */
export interface EncoderInputs {
  /** X display, `:3`. */
  readonly display: string | null;
  /** PulseAudio source. */
  readonly source: string | null;
}

export interface EncoderOptions {
  /** Its home. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly identity: Identity | null;
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

/** Pictures: given from an exact moment on, the first as a key frame. */
export interface PictureSource extends Encoder {
  readonly capture: CaptureKind;
  /** It ended because there were no pictures to encode, through no fault of the encoder's. */
  readonly captureLost: boolean;
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

export interface PictureOptions extends EncoderOptions {
  readonly display: string;
  readonly picture: PicturePlan;
  readonly encoder: PictureEncoder;
  readonly pace: Pace;
}
