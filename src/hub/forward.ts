import { randomInt } from 'node:crypto';
import {
  RtcpSenderInfo,
  RtcpSourceDescriptionPacket,
  RtcpSrPacket,
  RtpHeader,
  SourceDescriptionChunk,
  SourceDescriptionItem,
} from 'werift';
import type { OfferedCodec } from './offer.ts';
import type { Received } from './received.ts';
import { extensionOf, type Rtp, sequenceDistance } from './rtp.ts';
import type { Layer, Track, TrackListener } from './track.ts';
import type { Outlet } from './transport.ts';

/** Low enough that the first round of numbers does not end while packets of its beginning may still be lost. */
const FIRST_SEQUENCE = 1000;
/** An encrypted key frame may not be known as such; after this time any frame will do. */
const SWITCH_LIMIT_MS = 1_500;
const SDES_CNAME = 1;
/** RFC 8285, 4.2. */
const MOST_ONE_BYTE = 16;
/**
 * Browsers know a clock after two reports of it; publishers report that of their sound every five seconds. So what is known is
 * told more often, and most often in the beginning.
 */
const FIRST_CLOCKS = 4;
const CLOCK_EVERY_MS = 1_000;

export interface ForwardOptions {
  readonly track: Track;
  readonly size: 'high' | 'low';
  /** As the viewer numbers it. */
  readonly codec: OfferedCodec;
  /** Number of the header extension by which colours are told, with publisher and viewer; null: not told. */
  readonly colorSpace: { readonly from: number; readonly to: number } | null;
  /** Names all tracks of one publisher. */
  readonly cname: string;
  readonly transport: Outlet;
}

/** What the present layer's numbers become for the viewer. */
interface Numbering {
  readonly layer: Layer;
  readonly source: Received;
  /** First packet of this layer that was sent on, as its publisher numbers it. */
  readonly firstSequence: number;
  readonly sequenceOffset: number;
  readonly timestampOffset: number;
}

/**
 * One track on its way to one viewer: packets go on as they came, numbered without gaps whatever layer they are of. Times are
 * the publisher's own, so that the viewer can put sound and picture together.
 */
export class Forward implements TrackListener, Disposable {
  readonly ssrc = randomInt(1, 2 ** 32);
  readonly rtxSsrc = randomInt(1, 2 ** 32);
  readonly #options: ForwardOptions;
  readonly #header: RtpHeader;
  readonly #rtxHeader: RtpHeader;
  #numbering: Numbering | null = null;
  #target: Layer | null = null;
  #targetSinceMs = 0;
  #highest = FIRST_SEQUENCE - 1;
  #last = { timestamp: 0, sentMs: 0 };
  #rtxSequence = FIRST_SEQUENCE;
  #packets = 0;
  #octets = 0;
  #clocks = 0;
  #clockSentMs = 0;

  constructor(options: ForwardOptions) {
    this.#options = options;
    const { codec, track } = options;
    this.#header = new RtpHeader({ ssrc: this.ssrc, payloadType: codec.primary.payloadType });
    this.#rtxHeader = new RtpHeader({ ssrc: this.rtxSsrc, payloadType: codec.rtx?.payloadType ?? 0 });
    track.listeners.add(this);
  }

  [Symbol.dispose](): void {
    this.#options.track.listeners.delete(this);
  }

  /** The viewer can be reached: begins as soon as packets come. */
  start(nowMs: number): void {
    this.#aim(nowMs);
    this.wantKeyFrame();
  }

  wantKeyFrame(): void {
    const { track } = this.#options;
    track.wantKeyFrame(this.#numbering?.layer ?? this.#target);
  }

  onPacket(layer: Layer, packet: Rtp, nowMs: number): void {
    if (!this.#options.transport.connected) return;
    if (!this.#isCurrent(layer) && !this.#takesOver(layer, packet, nowMs)) return;
    const numbering = this.#numbering;
    if (!numbering || sequenceDistance(numbering.firstSequence, packet.sequence) < 0) return;
    this.#send(numbering, packet, nowMs);
  }

  onClock(layer: Layer, nowMs: number): void {
    if (this.#isCurrent(layer)) this.#sendClock(nowMs);
  }

  onTick(nowMs: number): void {
    if (!this.#options.transport.connected) return;
    this.#aim(nowMs);
    const everyMs = this.#clocks < FIRST_CLOCKS ? 0 : CLOCK_EVERY_MS;
    if (nowMs - this.#clockSentMs >= everyMs) this.#sendClock(nowMs);
  }

  /** Sends again what the viewer has missed, as far as it is still there. */
  resend(lost: readonly number[]): void {
    const numbering = this.#numbering;
    if (!numbering) return;
    for (const sequence of lost) {
      const original = (sequence - numbering.sequenceOffset) & 0xffff;
      if (sequenceDistance(numbering.firstSequence, original) < 0) continue;
      const packet = numbering.source.find(original);
      if (packet) this.#resendOne(numbering, packet, sequence);
    }
  }

  #isCurrent(layer: Layer): boolean {
    return this.#numbering?.layer === layer && this.#numbering.source === layer.received;
  }

  /** Chooses the layer to send; a key frame of it is asked for, with which it takes over. */
  #aim(nowMs: number): void {
    const { track, size } = this.#options;
    const best = track.pick(size, nowMs);
    const target = best === this.#numbering?.layer ? null : best;
    if (target !== this.#target) this.#targetSinceMs = nowMs;
    this.#target = target;
    if (target) track.wantKeyFrame(target);
  }

  #takesOver(layer: Layer, packet: Rtp, nowMs: number): boolean {
    const { track } = this.#options;
    const first = this.#numbering === null;
    const again = this.#numbering?.layer === layer;
    if (!first && !again) {
      if (layer !== this.#target) return false;
      const waited = nowMs - this.#targetSinceMs > SWITCH_LIMIT_MS;
      if (!waited && !track.beginsKeyFrame(packet)) return false;
    } else if (first && this.#target !== null && layer !== this.#target) return false;
    this.#renumber(layer, packet, nowMs);
    if (!first) track.wantKeyFrame(track.beginsKeyFrame(packet) ? null : layer);
    return true;
  }

  #renumber(layer: Layer, packet: Rtp, nowMs: number): void {
    const source = layer.received;
    if (!source) return;
    const timestampOffset = this.#timestampOffset(source, packet, nowMs);
    this.#numbering = {
      layer,
      source,
      firstSequence: packet.sequence,
      sequenceOffset: (this.#highest + 1 - packet.sequence) & 0xffff,
      timestampOffset,
    };
    this.#target = null;
    this.#sendClock(nowMs);
  }

  /** Each layer counts time from a beginning of its own; the senders' clocks tell how they belong together. */
  #timestampOffset(source: Received, packet: Rtp, nowMs: number): number {
    const before = this.#numbering;
    if (!before) return 0;
    const [old, now] = [before.source.clock, source.clock];
    const elapsed = Math.round(((nowMs - this.#last.sentMs) * source.clockRate) / 1000);
    const guessed = (this.#last.timestamp + Math.max(1, elapsed) - packet.timestamp) | 0;
    if (!old || !now) return guessed;
    const between = Math.round((Number(now.ntp - old.ntp) / 2 ** 32) * source.clockRate);
    const known = (before.timestampOffset + old.rtp + between - now.rtp) | 0;
    // Time must not go back, and what is known must not be far from what is seen.
    const isLater = ((known + packet.timestamp - this.#last.timestamp) | 0) > 0;
    return isLater && Math.abs((known - guessed) | 0) < source.clockRate * 5 ? known : guessed;
  }

  #send(numbering: Numbering, packet: Rtp, nowMs: number): void {
    const sequence = (packet.sequence + numbering.sequenceOffset) & 0xffff;
    const header = this.#fill(this.#header, numbering, packet);
    header.sequenceNumber = sequence;
    const payload = packet.data.subarray(packet.payloadAt);
    this.#options.transport.sendRtp(header, payload);
    this.#packets = (this.#packets + 1) >>> 0;
    this.#octets = (this.#octets + payload.length) >>> 0;
    if (sequenceDistance(this.#highest, sequence) <= 0) return;
    this.#highest = sequence;
    this.#last = { timestamp: header.timestamp, sentMs: nowMs };
  }

  #resendOne(numbering: Numbering, packet: Rtp, sequence: number): void {
    const { codec, transport } = this.#options;
    const payload = packet.data.subarray(packet.payloadAt);
    if (codec.rtx === null) {
      const header = this.#fill(this.#header, numbering, packet);
      header.sequenceNumber = sequence;
      transport.sendRtp(header, payload);
      return;
    }
    const header = this.#fill(this.#rtxHeader, numbering, packet);
    header.sequenceNumber = this.#rtxSequence;
    this.#rtxSequence = (this.#rtxSequence + 1) & 0xffff;
    const original = Buffer.allocUnsafe(2);
    original.writeUInt16BE(sequence);
    transport.sendRtp(header, Buffer.concat([original, payload]));
  }

  #fill(header: RtpHeader, { timestampOffset }: Numbering, packet: Rtp): RtpHeader {
    header.marker = packet.marker;
    // The padding itself is at the end of what goes on as the payload.
    header.padding = packet.padding > 0;
    header.timestamp = (packet.timestamp + timestampOffset) >>> 0;
    header.extensions = this.#extensions(packet);
    header.extension = header.extensions.length > 0;
    return header;
  }

  #extensions(packet: Rtp): RtpHeader['extensions'] {
    const { colorSpace } = this.#options;
    const payload = colorSpace && extensionOf(packet, colorSpace.from);
    // A longer one, of HDR, would need the other form of extensions, which the viewer need not know.
    return payload && payload.length <= MOST_ONE_BYTE ? [{ id: colorSpace.to, payload }] : [];
  }

  /** The publisher's clock, put forward to this moment. */
  #sendClock(nowMs: number): void {
    const numbering = this.#numbering;
    const clock = numbering?.source.clock;
    if (!numbering || !clock) return;
    this.#clocks += 1;
    this.#clockSentMs = nowMs;
    const elapsedS = (nowMs - clock.heardMs) / 1000;
    const rtp = clock.rtp + numbering.timestampOffset + Math.round(elapsedS * numbering.source.clockRate);
    const senderInfo = new RtcpSenderInfo({
      ntpTimestamp: clock.ntp + BigInt(Math.round(elapsedS * 2 ** 32)),
      rtpTimestamp: rtp >>> 0,
      packetCount: this.#packets,
      octetCount: this.#octets,
    });
    const name = new SourceDescriptionItem({ type: SDES_CNAME, text: this.#options.cname });
    this.#options.transport.sendRtcp(
      new RtcpSrPacket({ ssrc: this.ssrc, senderInfo, reports: [] }),
      new RtcpSourceDescriptionPacket({ chunks: [new SourceDescriptionChunk({ source: this.ssrc, items: [name] })] }),
    );
  }
}
