import { sequenceDistance } from './rtp.ts';

const RTCP_FEEDBACK = 205;
const FORMAT_TRANSPORT_CC = 15;
/** Arrival times are told in quarters of a millisecond, the first from a multiple of 64 ms. */
const TICKS_PER_MS = 4;
const TICKS_PER_REFERENCE = 256;
/** Two bits each, behind the two that say so. */
const STATUSES_PER_CHUNK = 7;
const SMALL = 1;
const LARGE = 2;
/** Packets that one report covers at most; what is missing beyond is not told. */
const MAX_COVERED = 1000;

interface Arrival {
  readonly sequence: number;
  readonly tick: number;
}

/**
 * When packets of one transport arrived, for its sender to find out how much the way carries: transport-wide congestion control
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01).
 */
export class Arrivals {
  readonly #senderSsrc: number;
  #arrivals: Arrival[] = [];
  #mediaSsrc = 0;
  /** The next sequence number to be told of. */
  #next: number | null = null;
  #reports = 0;

  constructor(senderSsrc: number) {
    this.#senderSsrc = senderSsrc;
  }

  note(sequence: number, mediaSsrc: number, nowMs: number): void {
    this.#mediaSsrc = mediaSsrc;
    this.#arrivals.push({ sequence, tick: Math.floor(nowMs * TICKS_PER_MS) });
  }

  /** What arrived since the last report; null when nothing did. */
  report(): { serialize(): Buffer } | null {
    const anchor = this.#next ?? this.#arrivals[0]?.sequence;
    if (anchor === undefined || this.#arrivals.length === 0) return null;
    const offsets = new Map(this.#arrivals.map(({ sequence, tick }) => [sequenceDistance(anchor, sequence), tick]));
    this.#arrivals = [];
    const last = Math.max(...offsets.keys());
    const lowest = Math.min(...offsets.keys());
    // From where the last report ended, so that losses between the two are seen; after a long silence only what came.
    const first = Math.max(last - MAX_COVERED + 1, last > MAX_COVERED ? lowest : Math.min(lowest, 0));
    this.#next = (anchor + Math.max(last, -1) + 1) & 0xffff;
    const ticks = Array.from({ length: last - first + 1 }, (_, index) => offsets.get(first + index) ?? null);
    const head = { base: (anchor + first) & 0xffff, number: this.#reports++ & 0xff };
    const ssrcs = { sender: this.#senderSsrc, media: this.#mediaSsrc };
    return { serialize: () => encodeArrivals(ticks, head, ssrcs) };
  }
}

/** Pure. @param ticks one per sequence number from `base` on, null for what did not come. */
function encodeArrivals(
  ticks: readonly (number | null)[],
  { base, number }: { readonly base: number; readonly number: number },
  ssrcs: { readonly sender: number; readonly media: number },
): Buffer {
  const firstTick = ticks.find((tick) => tick !== null) ?? 0;
  const reference = Math.floor(firstTick / TICKS_PER_REFERENCE);
  const { statuses, deltas } = encodeDeltas(ticks, reference * TICKS_PER_REFERENCE);
  const chunks = Math.ceil(statuses.length / STATUSES_PER_CHUNK);
  const used = 20 + chunks * 2 + deltas.length;
  const padding = (4 - (used % 4)) % 4;
  const packet = Buffer.alloc(used + padding);
  packet[0] = 0x80 | (padding > 0 ? 0x20 : 0) | FORMAT_TRANSPORT_CC;
  packet[1] = RTCP_FEEDBACK;
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  packet.writeUInt32BE(ssrcs.sender, 4);
  packet.writeUInt32BE(ssrcs.media, 8);
  packet.writeUInt16BE(base, 12);
  packet.writeUInt16BE(ticks.length, 14);
  packet.writeUIntBE(reference & 0xffffff, 16, 3);
  packet[19] = number;
  for (let chunk = 0; chunk < chunks; chunk += 1)
    packet.writeUInt16BE(encodeChunk(statuses, chunk * STATUSES_PER_CHUNK), 20 + chunk * 2);
  packet.set(deltas, 20 + chunks * 2);
  if (padding > 0) packet[packet.length - 1] = padding;
  return packet;
}

function encodeDeltas(ticks: readonly (number | null)[], start: number): { statuses: number[]; deltas: number[] } {
  const deltas: number[] = [];
  let last = start;
  const statuses = ticks.map((tick) => {
    if (tick === null) return 0;
    const delta = Math.max(-0x8000, Math.min(0x7fff, tick - last));
    last = tick;
    const small = delta >= 0 && delta <= 0xff;
    deltas.push(...(small ? [delta] : [(delta >> 8) & 0xff, delta & 0xff]));
    return small ? SMALL : LARGE;
  });
  return { statuses, deltas };
}

function encodeChunk(statuses: readonly number[], from: number): number {
  let chunk = 0b11;
  for (let index = from; index < from + STATUSES_PER_CHUNK; index += 1) chunk = (chunk << 2) | (statuses[index] ?? 0);
  return chunk;
}
