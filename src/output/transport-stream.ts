/**
 * MPEG-2 transport stream, as far as slicing needs it: packets of 188 bytes, the timestamps inside, the marks of key
 * frames (ISO/IEC 13818-1, 2.4.3). All times are ticks of 90 kHz.
 */
export const PACKET = 188;
export const TICKS_PER_SECOND = 90_000;
/** Timestamps have 33 bits and wrap after 26.5 hours. */
export const WRAP = 2 ** 33;

export const PID_PAT = 0;
/** Where ffmpeg's muxer puts the programme map, the picture and the sound. */
export const PID_PMT = 0x1000;
export const PID_VIDEO = 0x100;
export const PID_AUDIO = 0x101;

const SYNC = 0x47;
/**
 * The encoders write clock references equal to decoding times. A player needs them earlier, to buffer by, and by no less than sound
 * and picture of one moment come apart from each other.
 */
const BUFFERING = TICKS_PER_SECOND / 2;

export interface PacketHead {
  readonly pid: number;
  /** First packet of a frame (payload_unit_start_indicator). */
  readonly start: boolean;
  /** A decoder can begin here (random_access_indicator). */
  readonly key: boolean;
  readonly hasPayload: boolean;
  /** Offset of the clock reference, if there is one. */
  readonly pcrAt: number | null;
  readonly payloadAt: number;
}

/** @throws RangeError when `packet` does not begin with the sync byte. */
export function readHead(packet: Buffer): PacketHead {
  if (packet[0] !== SYNC) throw new RangeError(`expected a transport stream packet, got byte ${packet[0]}`);
  const control = (packet.readUInt8(3) >> 4) & 3;
  const adaptation = (control & 2) !== 0 ? packet.readUInt8(4) : -1;
  const flags = adaptation > 0 ? packet.readUInt8(5) : 0;
  return {
    pid: packet.readUInt16BE(1) & 0x1fff,
    start: (packet.readUInt8(1) & 0x40) !== 0,
    key: (flags & 0x40) !== 0,
    hasPayload: (control & 1) !== 0,
    pcrAt: (flags & 0x10) !== 0 ? 6 : null,
    payloadAt: 5 + adaptation,
  };
}

/** Sets the counter that tells a reader of lost packets. */
export function writeContinuity(packet: Buffer, counter: number): void {
  packet.writeUInt8((packet.readUInt8(3) & 0xf0) | (counter & 0x0f), 3);
}

export function readContinuity(packet: Buffer): number {
  return packet.readUInt8(3) & 0x0f;
}

/** Presentation and decoding time in the head of a frame; null when it carries none. */
export function readTimes(packet: Buffer, payloadAt: number): { pts: number; dts: number } | null {
  const flags = packet.readUInt8(payloadAt + 7) >> 6;
  if ((flags & 2) === 0) return null;
  const pts = readTimestamp(packet, payloadAt + 9);
  return { pts, dts: flags === 3 ? readTimestamp(packet, payloadAt + 14) : pts };
}

/** Adds `shift` ticks to all times of the packet, less the time for buffering to its clock reference. */
export function shiftTimes(packet: Buffer, head: PacketHead, shift: number): void {
  if (head.pcrAt !== null) writePcr(packet, head.pcrAt, wrap(readPcr(packet, head.pcrAt) + shift - BUFFERING));
  if (!head.start || (head.pid !== PID_VIDEO && head.pid !== PID_AUDIO)) return;
  const flags = packet.readUInt8(head.payloadAt + 7) >> 6;
  if ((flags & 2) !== 0) shiftTimestamp(packet, head.payloadAt + 9, shift);
  if (flags === 3) shiftTimestamp(packet, head.payloadAt + 14, shift);
}

/** The difference a − b of two wrapping times, at most 13 hours either way. */
export function ticksBetween(a: number, b: number): number {
  const difference = wrap(a - b);
  return difference < WRAP / 2 ? difference : difference - WRAP;
}

export function wrap(ticks: number): number {
  return ((ticks % WRAP) + WRAP) % WRAP;
}

// 33 bits in 5 bytes: 3, 15 and 15 bits, each followed by a marker bit. Too wide for 32-bit operators.
function readTimestamp(packet: Buffer, at: number): number {
  const high = (packet.readUInt8(at) >> 1) & 7;
  const middle = packet.readUInt16BE(at + 1) >> 1;
  const low = packet.readUInt16BE(at + 3) >> 1;
  return high * 2 ** 30 + middle * 2 ** 15 + low;
}

function shiftTimestamp(packet: Buffer, at: number, shift: number): void {
  const ticks = wrap(readTimestamp(packet, at) + shift);
  const high = Math.floor(ticks / 2 ** 30);
  const middle = Math.floor(ticks / 2 ** 15) % 2 ** 15;
  packet.writeUInt8((packet.readUInt8(at) & 0xf0) | (high << 1) | 1, at);
  packet.writeUInt16BE((middle << 1) | 1, at + 1);
  packet.writeUInt16BE(((ticks % 2 ** 15) << 1) | 1, at + 3);
}

// The clock reference: 33 bits of 90 kHz, 6 reserved, 9 of 27 MHz (left as they are).
function readPcr(packet: Buffer, at: number): number {
  return packet.readUInt32BE(at) * 2 + (packet.readUInt8(at + 4) >> 7);
}

function writePcr(packet: Buffer, at: number, ticks: number): void {
  packet.writeUInt32BE(Math.floor(ticks / 2), at);
  packet.writeUInt8((packet.readUInt8(at + 4) & 0x7f) | ((ticks % 2) << 7), at + 4);
}
