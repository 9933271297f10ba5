import type { TimedFrame } from '../output/take.ts';
import { TICKS_PER_SECOND } from '../output/transport-stream.ts';
import type { PicturePlan, SoundPlan } from '../recording/plan.ts';
import { type AacConfig, aacBlocks, NAL, nalType, nalUnits, payloadOf } from './elementary.ts';
import { aacBlock, aacHeader, avcHeader, avcPicture, silence } from './flv.ts';
import { Interleaver } from './interleave.ts';
import type { Sample } from './sample.ts';

export const SOUND_RATE = 48_000;
const LC_48_KHZ = { objectType: 2, rateIndex: 3 } as const;
const BLOCK_MS = (1024 / SOUND_RATE) * 1000;

/** Nothing for as long as this means that nothing will come for some time: the still is shown. */
const QUIET_MS = 2000;
/** Time between two looks counts for no more than this: when our own process stood still, frames are only waiting. */
const LONGEST_LOOK_MS = 250;
/** A frame that is further than this from where the wall clock is, as after a change of the clock, begins anew. */
const ADRIFT_MS = 5000;
/** No more than this is filled at once: a machine that slept owes nobody the time in between. */
const LONGEST_FILL_MS = 5000;
const STILL_MS = { least: 500, most: 2000 } as const;

export interface TimelineOptions {
  readonly picture: PicturePlan;
  readonly sound: SoundPlan;
}

interface Still {
  readonly body: Buffer;
  readonly header: Buffer;
}

/**
 * What the servers see: the recording's frames on a clock that, unlike the recording's own, runs on while it is held. Where
 * there are no frames, the latest key frame is shown again and again with silence, so that no server drops the stream; live
 * frames follow from the next key frame on. All times are milliseconds of one monotonic clock, handed in by the caller.
 */
export class Timeline {
  readonly #options: TimelineOptions;
  readonly #silence: Buffer;
  readonly #order = new Interleaver();
  readonly #headers: { video: Buffer | null; audio: Buffer };
  readonly #last = { video: Number.NEGATIVE_INFINITY, audio: Number.NEGATIVE_INFINITY };
  /** Ties the recording's clock to this one while live frames come. */
  #anchor: { mediaTime: number; ms: number } | null = null;
  #still: Still | null = null;
  #filling = false;
  #held = false;
  /** For how long no live frame has come. */
  #quietMs = 0;
  #lookedMs: number;

  constructor(options: TimelineOptions, nowMs: number) {
    this.#options = options;
    this.#lookedMs = nowMs;
    this.#silence = silence(options.sound.channels);
    this.#headers = { video: null, audio: aacHeader({ ...LC_48_KHZ, channels: options.sound.channels }) };
  }

  /** There is nothing to show: neither frames nor a key frame from before. */
  get wantsStill(): boolean {
    return this.#filling && this.#still === null;
  }

  /** @param picture H.264 of Annex B: a key frame with its parameters. Ignored when there is a newer one. */
  setStill(picture: Buffer): void {
    if (this.#still === null) this.#still = this.#stillOf(nalUnits(picture));
  }

  /** While held no frame is shown, whatever comes. */
  hold(onhold: boolean): Sample[] {
    this.#held = onhold;
    if (onhold) return this.#goStill();
    // Nothing is on show that would have to be kept up: the first frame may well come before a still could.
    if (this.#still === null) this.#filling = false;
    this.#quietMs = 0;
    return [];
  }

  /** @throws RangeError for what the encoder would never give */
  frame(frame: TimedFrame, nowMs: number): Sample[] {
    if (this.#held) return [];
    const start = this.#follows(frame, nowMs) ? [] : this.#goLive(frame, nowMs);
    if (this.#anchor === null) return [];
    this.#quietMs = 0;
    const samples = frame.kind === 'video' ? this.#picture(frame) : this.#sounds(frame);
    return [...start, ...samples.flatMap((sample) => this.#order.push(sample))];
  }

  /** To be called several times a second. @returns the still and silence up to now, when there is nothing else to show. */
  fill(nowMs: number): Sample[] {
    this.#quietMs += Math.min(nowMs - this.#lookedMs, LONGEST_LOOK_MS);
    this.#lookedMs = nowMs;
    const before = this.#filling || this.#quietMs < QUIET_MS ? [] : this.#goStill();
    return this.#filling ? [...before, ...this.#fillTo(nowMs)] : before;
  }

  /** @returns what was kept back to be put in order. */
  flush(): Sample[] {
    return this.#order.flush();
  }

  #follows(frame: TimedFrame, nowMs: number): boolean {
    return this.#anchor !== null && Math.abs(this.#timeOf(frame) - nowMs) < ADRIFT_MS;
  }

  #timeOf({ mediaTime }: TimedFrame): number {
    const anchor = this.#anchor ?? { mediaTime, ms: 0 };
    return anchor.ms + ((mediaTime - anchor.mediaTime) * 1000) / TICKS_PER_SECOND;
  }

  #goLive(frame: TimedFrame, nowMs: number): Sample[] {
    this.#anchor = null;
    if (frame.kind !== 'video' || !frame.key) return [];
    const filled = [...this.#order.flush(), ...(Number.isFinite(this.#last.video) ? this.#fillTo(nowMs) : [])];
    this.#anchor = { mediaTime: frame.mediaTime, ms: Math.max(nowMs, this.#last.video + 1) };
    this.#filling = false;
    return filled;
  }

  #goStill(): Sample[] {
    this.#anchor = null;
    this.#filling = true;
    return this.#order.flush();
  }

  #picture(frame: TimedFrame): Sample[] {
    const units = nalUnits(payloadOf(frame.packets));
    const header = this.#avcHeaderOf(units);
    if (header === null) return [];
    const body = avcPicture(units.filter(isOfPicture), frame.key);
    if (frame.key) this.#still = { body, header };
    this.#last.video = Math.max(this.#timeOf(frame), this.#last.video + 1);
    return [{ kind: 'video', key: frame.key, ms: this.#last.video, body, header }];
  }

  #sounds(frame: TimedFrame): Sample[] {
    const fromMs = this.#timeOf(frame);
    return aacBlocks(payloadOf(frame.packets)).flatMap(({ config, payload }, i) => {
      const ms = fromMs + i * BLOCK_MS;
      // Its time has been filled with silence.
      if (ms < this.#last.audio + BLOCK_MS / 2) return [];
      this.#last.audio = ms;
      return [{ kind: 'audio' as const, key: false, ms, body: aacBlock(payload), header: this.#aacHeaderOf(config) }];
    });
  }

  #stillOf(units: readonly Buffer[]): Still | null {
    const header = this.#avcHeaderOf(units);
    return header === null ? null : { body: avcPicture(units.filter(isOfPicture), true), header };
  }

  #avcHeaderOf(units: readonly Buffer[]): Buffer | null {
    const parameters = units.find((unit) => nalType(unit) === NAL.parameters);
    const pictureParameters = units.find((unit) => nalType(unit) === NAL.pictureParameters);
    if (parameters && pictureParameters) {
      this.#headers.video = sameOr(this.#headers.video, avcHeader(parameters, pictureParameters));
    }
    return this.#headers.video;
  }

  #aacHeaderOf(config: AacConfig): Buffer {
    this.#headers.audio = sameOr(this.#headers.audio, aacHeader(config));
    return this.#headers.audio;
  }

  #fillTo(nowMs: number): Sample[] {
    const still = this.#still;
    if (still === null) return [];
    const pictures = this.#steps('video', this.#stillMs(still), nowMs).map((ms) => this.#sample('video', ms, still));
    const silent = { body: this.#silence, header: this.#headers.audio };
    const sounds = this.#steps('audio', BLOCK_MS, nowMs).map((ms) => this.#sample('audio', ms, silent));
    return [...pictures, ...sounds].sort((a, b) => a.ms - b.ms);
  }

  /** The times from the last one of this kind to now. */
  #steps(kind: Sample['kind'], stepMs: number, nowMs: number): number[] {
    const next = Math.max(this.#last[kind] + stepMs, nowMs - LONGEST_FILL_MS);
    const beginMs = Number.isFinite(this.#last[kind]) ? next : nowMs;
    const count = Math.max(0, Math.floor((nowMs - beginMs) / stepMs) + 1);
    return Array.from({ length: count }, (_, i) => beginMs + i * stepMs);
  }

  #sample(kind: Sample['kind'], ms: number, { body, header }: Still): Sample {
    this.#last[kind] = ms;
    return { kind, key: kind === 'video', ms, body, header };
  }

  /** As often as the stream's own bit rate allows: a connection that carries the live picture carries the still too. */
  #stillMs({ body }: Still): number {
    const ms = (body.length * 8) / this.#options.picture.bitrateKbps;
    return Math.min(STILL_MS.most, Math.max(STILL_MS.least, ms));
  }
}

/** Delimiters are of the transport stream; the parameters are in the header. */
function isOfPicture(unit: Buffer): boolean {
  const type = nalType(unit);
  return type !== NAL.delimiter && type !== NAL.parameters && type !== NAL.pictureParameters;
}

function sameOr(known: Buffer | null, fresh: Buffer): Buffer {
  return known?.equals(fresh) ? known : fresh;
}
