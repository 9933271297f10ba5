import { beginsKeyFrame, type VideoCodec } from './key-frame.ts';
import type { OfferedCodec } from './offer.ts';
import { Received } from './received.ts';
import type { Rtp } from './rtp.ts';

/** A browser sends at least one picture a second, even of a screen on which nothing moves. */
const LAYER_ALIVE_MS = 2_000;
/** Sizes are told apart by their data rate, once each has been there for as long. */
const MEASURE_MS = 2_000;
/** A larger picture needs more data; by less than this it may be chance. */
const CLEARLY_MORE = 1.3;
/** A key frame costs as much as ten others; whoever joins within this time shares one. */
const KEY_FRAME_EVERY_MS = 300;

/** One size of a picture, or the whole of a sound. */
export class Layer {
  /** Null where there is only one. */
  readonly rid: string | null;
  received: Received | null = null;
  /** Bytes per second, lately. */
  rate = 0;
  #askedMs = Number.NEGATIVE_INFINITY;
  #wanted = false;
  #measured = { bytes: 0, atMs: 0 };

  constructor(rid: string | null) {
    this.rid = rid;
  }

  alive(nowMs: number): boolean {
    return this.received?.arrivedWithin(LAYER_ALIVE_MS, nowMs) ?? false;
  }

  wantKeyFrame(): void {
    this.#wanted = true;
  }

  /** Whether the publisher is to be asked for a key frame now; then it counts as asked. */
  takeKeyFrameWish(nowMs: number): boolean {
    if (!this.#wanted || !this.received || nowMs - this.#askedMs < KEY_FRAME_EVERY_MS) return false;
    this.#wanted = false;
    this.#askedMs = nowMs;
    return true;
  }

  measure(nowMs: number): void {
    const bytes = this.received?.bytes ?? 0;
    const { bytes: before, atMs } = this.#measured;
    if (nowMs - atMs < MEASURE_MS) return;
    this.rate = Math.max(0, ((bytes - before) * 1000) / (nowMs - atMs));
    this.#measured = { bytes, atMs: nowMs };
  }

  /** Whether its rate says something about its size. */
  rated(nowMs: number): boolean {
    return this.rate > 0 && nowMs - (this.received?.firstMs ?? nowMs) > 2 * MEASURE_MS;
  }
}

/** Who gets the packets of a track. */
export interface TrackListener {
  onPacket(layer: Layer, packet: Rtp, nowMs: number): void;
  /** The sender of a layer has told its clock. */
  onClock(layer: Layer, nowMs: number): void;
  /** Time to choose anew. */
  onTick(nowMs: number): void;
}

/** Sound or picture of one publisher, in one or more sizes. */
export class Track {
  readonly kind: 'audio' | 'video';
  readonly codec: OfferedCodec;
  readonly layers: readonly Layer[];
  readonly listeners = new Set<TrackListener>();
  readonly #askForKeyFrames: () => void;

  /** @param rids as offered; none for a single size. @param askForKeyFrames there is a wish */
  constructor(kind: 'audio' | 'video', codec: OfferedCodec, rids: readonly string[], askForKeyFrames: () => void) {
    this.kind = kind;
    this.codec = codec;
    this.layers = rids.length === 0 ? [new Layer(null)] : rids.map((rid) => new Layer(rid));
    this.#askForKeyFrames = askForKeyFrames;
  }

  /** The source of a layer; another one takes its place when the browser begins anew. */
  sourceOf(layer: Layer, ssrc: number): Received {
    const { clockRate, rtcpFeedback } = this.codec.primary;
    const repairs = rtcpFeedback.some(({ type, parameter }) => type === 'nack' && parameter === undefined);
    if (layer.received?.ssrc !== ssrc) layer.received = new Received(ssrc, clockRate, repairs);
    return layer.received;
  }

  beginsKeyFrame(packet: Rtp): boolean {
    return this.kind === 'video' && beginsKeyFrame(this.codec.name as VideoCodec, packet);
  }

  wantKeyFrame(layer: Layer | null): void {
    if (this.kind === 'audio' || !layer) return;
    layer.wantKeyFrame();
    this.#askForKeyFrames();
  }

  /** The largest or smallest size that is being sent; null when nothing is. */
  pick(size: 'high' | 'low', nowMs: number): Layer | null {
    const alive = this.layers.filter((layer) => layer.alive(nowMs));
    return alive.reduce<Layer | null>((best, layer) => {
      if (!best) return layer;
      return this.#isLarger(layer, best, nowMs) === (size === 'high') ? layer : best;
    }, null);
  }

  /** By what they send, where that is clear; else by their order, in which browsers put the smallest first (JSEP). */
  #isLarger(one: Layer, other: Layer, nowMs: number): boolean {
    if (one.rated(nowMs) && other.rated(nowMs)) {
      if (one.rate > other.rate * CLEARLY_MORE) return true;
      if (other.rate > one.rate * CLEARLY_MORE) return false;
    }
    return this.layers.indexOf(one) > this.layers.indexOf(other);
  }
}
