import { RtcpReceiverInfo } from 'werift';
import { type Rtp, sequenceDistance } from './rtp.ts';

/** More than a second of a picture at 4 Mbit/s: what a viewer may ask for again. A power of two. */
const KEPT = 1024;
/** A jump by more is another beginning, not a loss. */
const MAX_GAP = 3000;
/** Packets may overtake each other for as long before one is asked for again. */
const REORDER_MS = 8;
/** Longer each time: how far the publisher is away is not known. */
const ASK_AGAIN_MS = 60;
/** What comes later than that is shown by no browser. */
const GIVE_UP_MS = 1_000;

interface Missing {
  readonly sinceMs: number;
  askedMs: number;
  asks: number;
}

/** The publisher's clock at one moment: 64 bits of NTP time, the RTP timestamp of that time, and when we were told. */
export interface SenderClock {
  readonly ntp: bigint;
  readonly rtp: number;
  readonly heardMs: number;
}

/** One RTP source of a publisher: what came, what is missing, and how it runs against its sender's clock. Times in ms. */
export class Received {
  readonly ssrc: number;
  readonly clockRate: number;
  readonly #repairs: boolean;
  readonly #kept = new Array<Rtp | undefined>(KEPT);
  readonly #missing = new Map<number, Missing>();
  #clock: SenderClock | null = null;
  #first = -1;
  /** Sequence numbers counted on beyond 65535. */
  #highest = -1;
  #count = 0;
  #bytes = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #firstMs = 0;
  #jitter = 0;
  #transit = 0;
  #reported = { expected: 0, count: 0 };

  /** @param repairs what is lost can be asked for */
  constructor(ssrc: number, clockRate: number, repairs: boolean) {
    this.ssrc = ssrc;
    this.#repairs = repairs;
    this.clockRate = clockRate;
  }

  get clock(): SenderClock | null {
    return this.#clock;
  }

  /** All payload so far. */
  get bytes(): number {
    return this.#bytes;
  }

  get firstMs(): number {
    return this.#firstMs;
  }

  arrivedWithin(ms: number, nowMs: number): boolean {
    return nowMs - this.#lastMs <= ms;
  }

  /** @returns false for a packet that was there already. */
  add(packet: Rtp, nowMs: number): boolean {
    const index = this.#indexOf(packet.sequence);
    if (index === null || this.#count === 0) this.#begin(packet, nowMs);
    else if (index > this.#highest) this.#advance(index, packet, nowMs);
    else if (this.#at(index) !== null || index <= this.#highest - KEPT) return false;
    this.#missing.delete(index ?? packet.sequence);
    this.#kept[packet.sequence % KEPT] = packet;
    this.#count += 1;
    this.#bytes += packet.data.length - packet.payloadAt - packet.padding;
    this.#lastMs = nowMs;
    return true;
  }

  /** A packet that came not long ago. */
  find(sequence: number): Rtp | null {
    const index = this.#indexOf(sequence);
    return index === null ? null : this.#at(index);
  }

  get incomplete(): boolean {
    return this.#missing.size > 0;
  }

  /** Sequence numbers to ask for, again or for the first time. */
  wanted(nowMs: number): number[] {
    const wanted: number[] = [];
    for (const [index, missing] of this.#missing) {
      const waitMs = missing.asks === 0 ? REORDER_MS : ASK_AGAIN_MS * missing.asks;
      if (nowMs - missing.sinceMs > GIVE_UP_MS) this.#missing.delete(index);
      else if (nowMs - missing.askedMs >= waitMs) {
        missing.askedMs = nowMs;
        missing.asks += 1;
        wanted.push(index & 0xffff);
      }
    }
    return wanted;
  }

  setClock(ntp: bigint, rtp: number, nowMs: number): void {
    this.#clock = { ntp, rtp, heardMs: nowMs };
  }

  /** RFC 3550, 6.4.1: what the sender is told of the time since the last report. */
  report(nowMs: number): RtcpReceiverInfo {
    const expected = this.#highest - this.#first + 1;
    const expectedNow = expected - this.#reported.expected;
    const lostNow = expectedNow - (this.#count - this.#reported.count);
    this.#reported = { expected, count: this.#count };
    const lastReport = this.#clock ? Number((this.#clock.ntp >> 16n) & 0xffffffffn) : 0;
    return new RtcpReceiverInfo({
      ssrc: this.ssrc,
      fractionLost: expectedNow > 0 && lostNow > 0 ? Math.min(255, Math.floor((lostNow * 256) / expectedNow)) : 0,
      packetsLost: Math.max(0, Math.min(0x7fffff, expected - this.#count)),
      highestSequence: (this.#highest - 0x10000) % 2 ** 32,
      jitter: Math.floor(this.#jitter),
      lsr: lastReport,
      dlsr: this.#clock ? Math.floor(((nowMs - this.#clock.heardMs) * 65536) / 1000) : 0,
    });
  }

  #indexOf(sequence: number): number | null {
    if (this.#count === 0) return sequence;
    const distance = sequenceDistance(this.#highest & 0xffff, sequence);
    return Math.abs(distance) > MAX_GAP ? null : this.#highest + distance;
  }

  #at(index: number): Rtp | null {
    const kept = this.#kept[(index & 0xffff) % KEPT];
    return kept?.sequence === (index & 0xffff) && index > this.#highest - KEPT ? kept : null;
  }

  #begin({ sequence }: Rtp, nowMs: number): void {
    // One round ahead, so that nothing that comes late is below zero.
    this.#first = sequence + 0x10000;
    this.#highest = this.#first;
    this.#count = 0;
    this.#reported = { expected: 0, count: 0 };
    this.#missing.clear();
    this.#kept.fill(undefined);
    this.#firstMs = nowMs;
  }

  #advance(index: number, { timestamp }: Rtp, nowMs: number): void {
    for (let gap = this.#highest + 1; this.#repairs && gap < index; gap += 1)
      this.#missing.set(gap, { sinceMs: nowMs, askedMs: nowMs, asks: 0 });
    this.#highest = index;
    const transit = (nowMs * this.clockRate) / 1000 - timestamp;
    const change = Math.abs(transit - this.#transit);
    // A timestamp that begins anew, or the first one, says nothing of jitter.
    if (change < this.clockRate * 10) this.#jitter += (change - this.#jitter) / 16;
    this.#transit = transit;
  }
}
