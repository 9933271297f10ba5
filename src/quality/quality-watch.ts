import { LEAD_IN, type TimedFrame } from '../output/take.ts';
import { tracksOf } from '../output/tracks.ts';
import { TICKS_PER_SECOND } from '../output/transport-stream.ts';
import type { MediaPlan } from '../recording/plan.ts';
import { NO_QUALITY, type QualityReport } from '../recording/status.ts';
import type { Identity } from '../types.ts';
import { BlackWatch, type Look } from './black.ts';
import { brightestPixel } from './key-picture.ts';
import { payloadBytes } from './payload.ts';
import { SilenceWatch } from './silence.ts';
import { SoundOffset } from './sound-offset.ts';
import { StillWatch } from './still.ts';
import type { Stretches } from './stretches.ts';

/** More time between two pictures on the wall than in the media means that the recording was held, or cut. */
const HELD_MS = 1_000;
/** Cores are told as the mean over this time. */
const CPU_WINDOW_MS = 30_000;

export interface QualityWatchOptions extends MediaPlan {
  /** Ticks that all sound is put later on purpose. */
  readonly soundShift: number;
  /** Home, and user, of the process that looks at a picture now and then. */
  readonly folder: string;
  readonly identity: Identity | null;
  /** A block of sound that is not silence. */
  readonly onHeard?: () => void;
  readonly look?: Look;
}

/** What happened beside the media. */
export type QualityNote = 'reloads' | 'browsersReplaced' | 'encodersReplaced';

/**
 * Judges a recording while it is made, by the sizes and times of its encoded frames: some additions per frame, and now and then a
 * look at one picture.
 */
export class QualityWatch implements AsyncDisposable {
  readonly #lead: TimedFrame['kind'];
  readonly #intervalMs: number;
  readonly #onHeard: () => void;
  readonly #silence = new SilenceWatch();
  /** Null: there are no pictures. */
  readonly #still: StillWatch | null;
  readonly #black: BlackWatch | null;
  readonly #offset: SoundOffset;
  readonly #leaving = new AbortController();
  readonly #notes: Record<QualityNote, number> = { reloads: 0, browsersReplaced: 0, encodersReplaced: 0 };
  readonly #cpu: { seconds: number; atMs: number }[] = [];
  #tables: Buffer = Buffer.alloc(0);
  #keyPackets: Buffer | null = null;
  #first: TimedFrame | null = null;
  #last: TimedFrame | null = null;
  #mediaEndMs = 0;
  #pictures = 0;
  #repeated = 0;

  constructor(options: QualityWatchOptions) {
    const { picture, soundShift, folder, identity, onHeard = () => {} } = options;
    const { signal } = this.#leaving;
    const { look = (stream) => brightestPixel(stream, { folder, identity, signal }) } = options;
    const { lead, interval } = tracksOf(options);
    this.#lead = lead;
    this.#intervalMs = toMs(interval);
    this.#onHeard = onHeard;
    this.#still = picture && new StillWatch(picture.fps);
    this.#black = picture && new BlackWatch(picture, look);
    this.#offset = new SoundOffset(soundShift);
  }

  /** The stream's tables, needed before the first frame. */
  set tables(tables: Buffer) {
    this.#tables = tables;
  }

  frame(frame: TimedFrame): void {
    this.#offset.frame(frame);
    const atMs = mediaMs(frame);
    if (frame.kind === this.#lead) this.#mediaEndMs = atMs + this.#intervalMs;
    if (frame.kind === 'video') this.#picture(frame, atMs);
    else if (this.#silence.sound(payloadBytes(frame.packets), atMs)) this.#onHeard();
  }

  note(what: QualityNote): void {
    this.#notes[what] += 1;
  }

  /** @param seconds CPU time used so far by all processes of the recording. @param atMs any steady clock */
  cpu(seconds: number, atMs: number): void {
    this.#cpu.push({ seconds, atMs });
    while (this.#cpu.length > 2 && (this.#cpu[1]?.atMs ?? atMs) <= atMs - CPU_WINDOW_MS) this.#cpu.shift();
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
      cores: this.#cores,
    };
  }

  /** The recording is over: what goes on ends with it. */
  end(): QualityReport {
    for (const stretches of this.#stretches) stretches.end(this.#mediaEndMs);
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
    const bytes = payloadBytes(frame.packets);
    if (this.#last && heldMs(this.#last, frame) > HELD_MS) this.#still?.interrupted(atMs);
    this.#silence.picture(atMs);
    if (frame.key) {
      this.#keyPackets = frame.packets;
      this.#still?.keyFrame(bytes, atMs);
      const stream = () => Buffer.concat([this.#tables, frame.packets]);
      const sameSinceMs = this.#still?.runFromMs ?? atMs;
      this.#black?.keyFrame({ bytes, atMs, sameSinceMs, wallMs: frame.capturedMs, stream });
    } else {
      this.#still?.picture(bytes, atMs);
      this.#black?.picture(atMs, this.#still?.runFromMs ?? atMs);
    }
    this.#first ??= frame;
    this.#last = frame;
    this.#pictures += 1;
    this.#repeated += frame.missing;
  }

  get #stretches(): Stretches[] {
    const watches = [this.#silence, this.#still, this.#black];
    return watches.flatMap((watch) => watch?.stretches ?? []);
  }

  get #reachedFps(): number {
    if (!this.#first) return 0;
    return rounded((this.#pictures * 1000) / (this.#mediaEndMs - mediaMs(this.#first)));
  }

  get #cores(): number {
    const [first] = this.#cpu;
    const last = this.#cpu.at(-1);
    if (!first || !last || last.atMs <= first.atMs) return 0;
    return rounded(((last.seconds - first.seconds) * 1000) / (last.atMs - first.atMs));
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
