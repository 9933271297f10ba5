import { LEAD_IN, type TimedFrame } from '../output/take.ts';
import { SOUND_TICKS, tracksOf } from '../output/tracks.ts';
import { TICKS_PER_SECOND } from '../output/transport-stream.ts';
import type { MediaPlan } from '../recording/plan.ts';
import { NO_QUALITY, type QualityReport } from '../recording/status.ts';
import type { Identity } from '../types.ts';
import { BlackWatch, type Look } from './black.ts';
import { Cost, type Used } from './cost.ts';
import { brightestPixel } from './key-picture.ts';
import { payloadBytes } from './payload.ts';
import { Repeats } from './repeats.ts';
import { SilenceWatch } from './silence.ts';
import { SoundOffset } from './sound-offset.ts';
import { StillWatch } from './still.ts';

/** More time between two pictures on the wall than in the media means that the recording was held, or cut. */
const HELD_MS = 1_000;

export interface QualityWatchOptions extends MediaPlan {
  /** Home, and user, of the process that looks at a picture now and then. */
  readonly folder: string;
  readonly identity: Identity | null;
  /** A block of sound that is not silence. */
  readonly onHeard?: () => void;
  readonly look?: Look;
}

type HowTold = Pick<QualityReport, 'capture' | 'encoder' | 'economies'>;

/** What makes the pictures, how, and what was done to make them cheaper. */
export interface HowMade extends HowTold {
  /** Seconds from one key frame that is due to the next; others come where the screen changes. */
  readonly keyEveryS: number;
  /** Ticks that all sound is put later on purpose. */
  readonly soundShift: number;
}

/** A picture that waits to be judged. */
interface Picture {
  readonly frame: TimedFrame;
  readonly key: boolean;
  readonly bytes: number;
  readonly atMs: number;
  readonly missing: number;
}

/** What happened beside the media. */
export type QualityNote = 'reloads' | 'browsersReplaced' | 'encodersReplaced';

/**
 * Judges a recording while it is made, by the sizes and times of its encoded frames: some additions per frame, and now and then a
 * look at one picture.
 */
export class QualityWatch implements AsyncDisposable {
  readonly #interval: number;
  readonly #onHeard: () => void;
  readonly #silence = new SilenceWatch();
  /** Null: there are no pictures. */
  readonly #still: StillWatch | null;
  readonly #black: BlackWatch | null;
  readonly #repeats: Repeats<Picture> | null;
  readonly #offset = new SoundOffset();
  readonly #leaving = new AbortController();
  readonly #notes: Record<QualityNote, number> = { reloads: 0, browsersReplaced: 0, encodersReplaced: 0 };
  readonly #cost = new Cost();
  #tables: Buffer = Buffer.alloc(0);
  #keyPackets: Buffer | null = null;
  #how: HowTold = { capture: null, encoder: null, economies: [] };
  #first: TimedFrame | null = null;
  #last: TimedFrame | null = null;
  #mediaEndMs = 0;
  #pictures = 0;
  #repeated = 0;

  constructor(options: QualityWatchOptions) {
    const { picture, folder, identity, onHeard = () => {} } = options;
    const { signal } = this.#leaving;
    const { look = (stream) => brightestPixel(stream, { folder, identity, signal }) } = options;
    this.#interval = tracksOf(options).interval;
    this.#onHeard = onHeard;
    this.#still = picture && new StillWatch(picture.fps);
    this.#black = picture && new BlackWatch(picture, look);
    this.#repeats = picture && this.#sieve(picture.fps);
  }

  /** The stream's tables, needed before the first frame. */
  set tables(tables: Buffer) {
    this.#tables = tables;
  }

  frame(frame: TimedFrame): void {
    this.#offset.frame(frame);
    const atMs = mediaMs(frame);
    const lasts = frame.kind === 'video' ? this.#interval : SOUND_TICKS;
    this.#mediaEndMs = Math.max(this.#mediaEndMs, atMs + toMs(lasts));
    if (frame.kind === 'video') this.#picture(frame, atMs);
    else if (this.#silence.sound(payloadBytes(frame.packets), atMs)) this.#onHeard();
  }

  note(what: QualityNote): void {
    this.#notes[what] += 1;
  }

  /** To be told before the first frame, and whenever it changes. */
  told({ keyEveryS, soundShift, ...how }: HowMade): void {
    this.#how = how;
    this.#offset.shift = soundShift;
    if (this.#still) this.#still.keyEveryS = keyEveryS;
  }

  /** What all processes of the recording have used so far. @param atMs any steady clock */
  used(used: Used, atMs: number): void {
    this.#cost.add(used, atMs);
  }

  /** A take ends at this media time: its last picture is shown until then. */
  endAt(mediaTime: number): void {
    if (this.#mediaEndMs > 0) this.#mediaEndMs = toMs(mediaTime - LEAD_IN);
  }

  get report(): QualityReport {
    const nowMs = this.#mediaEndMs;
    return {
      ...NO_QUALITY,
      ...this.#notes,
      fps: this.#reachedFps,
      repeatedFrames: this.#repeated,
      silent: this.#silence.stretches.list(nowMs),
      black: this.#black?.stretches.list(nowMs) ?? [],
      frozen: this.#still?.stretches.list(nowMs) ?? [],
      soundOffsetMs: this.#offset.ms,
      ...this.#cost.report,
      ...this.#how,
    };
  }

  /** The recording is over: what goes on ends with it. */
  end(): QualityReport {
    this.#repeats?.flush();
    this.#black?.end(this.#mediaEndMs);
    this.#still?.stretches.end(this.#mediaEndMs);
    this.#silence.stretches.end(this.#mediaEndMs);
    return this.report;
  }

  /** The latest key frame as a stream of its own. */
  get lastKeyFrame(): Buffer | null {
    return this.#keyPackets && Buffer.concat([this.#tables, this.#keyPackets]);
  }

  /** Resolves when no look at a picture is under way. */
  async looked(): Promise<void> {
    await this.#black?.looked();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leaving.abort();
    await this.looked();
  }

  #picture(frame: TimedFrame, atMs: number): void {
    const { key, missing, packets } = frame;
    if (this.#last && heldMs(this.#last, frame) > HELD_MS) {
      this.#repeats?.flush();
      this.#still?.interrupted(atMs);
    }
    this.#silence.picture(atMs);
    if (key) this.#keyPackets = packets;
    this.#repeats?.push({ frame, key, bytes: payloadBytes(packets), atMs, missing });
    this.#first ??= frame;
    this.#last = frame;
    this.#pictures += 1;
    this.#repeated += missing;
  }

  #sieve(fps: number): Repeats<Picture> {
    return new Repeats({
      fps,
      onPicture: (picture) => {
        const { key, bytes, atMs } = picture;
        if (key) this.#still?.keyFrame(bytes, atMs);
        else this.#still?.picture(bytes, atMs);
        this.#lookForBlack(picture);
      },
      onRepeat: (picture) => {
        this.#still?.repeat(picture);
        this.#lookForBlack(picture);
      },
      onRest: (toMs) => this.#still?.rest(toMs),
    });
  }

  #lookForBlack({ frame, key, bytes, atMs }: Picture): void {
    const sameSinceMs = this.#still?.runFromMs ?? atMs;
    const stream = () => Buffer.concat([this.#tables, frame.packets]);
    if (key) this.#black?.keyFrame({ bytes, atMs, sameSinceMs, wallMs: frame.capturedMs, stream });
    else this.#black?.picture(atMs, sameSinceMs);
  }

  get #reachedFps(): number {
    if (!this.#first) return 0;
    return rounded((this.#pictures * 1000) / (this.#mediaEndMs - mediaMs(this.#first)));
  }
}

function mediaMs({ mediaTime }: TimedFrame): number {
  return toMs(mediaTime - LEAD_IN);
}

function toMs(ticks: number): number {
  return (ticks / TICKS_PER_SECOND) * 1000;
}

/** Wall time between two pictures that is not in the media. */
function heldMs(before: TimedFrame, frame: TimedFrame): number {
  return frame.capturedMs - before.capturedMs - (mediaMs(frame) - mediaMs(before));
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
