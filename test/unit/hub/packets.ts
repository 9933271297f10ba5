import { parseRtp, type Rtp } from '../../../src/hub/rtp.ts';

export interface PacketFields {
  readonly sequence: number;
  readonly timestamp?: number;
  readonly ssrc?: number;
  readonly payloadType?: number;
  readonly marker?: boolean;
  readonly payload?: readonly number[];
  readonly padding?: number;
  /** One-byte header extensions. */
  readonly extensions?: Readonly<Record<number, readonly number[]>>;
}

/** An RTP packet, byte by byte as RFC 3550 and RFC 8285 have it. */
export function rtpBytes(fields: PacketFields): Buffer {
  const { sequence, timestamp = 0, ssrc = 1, payloadType = 96, marker = false, payload = [1], padding = 0 } = fields;
  const extensions = Object.entries(fields.extensions ?? {}).flatMap(([id, value]) => [
    (Number(id) << 4) | (value.length - 1),
    ...value,
  ]);
  const words = Math.ceil(extensions.length / 4);
  const head = Buffer.alloc(12 + (words > 0 ? 4 + words * 4 : 0));
  head[0] = 0x80 | (padding > 0 ? 0x20 : 0) | (words > 0 ? 0x10 : 0);
  head[1] = (marker ? 0x80 : 0) | payloadType;
  head.writeUInt16BE(sequence & 0xffff, 2);
  head.writeUInt32BE(timestamp >>> 0, 4);
  head.writeUInt32BE(ssrc, 8);
  if (words > 0) {
    head.writeUInt16BE(0xbede, 12);
    head.writeUInt16BE(words, 14);
    head.set(extensions, 16);
  }
  const tail = Buffer.alloc(padding);
  if (padding > 0) tail[padding - 1] = padding;
  return Buffer.concat([head, Buffer.from(payload), tail]);
}

export function rtpOf(fields: PacketFields): Rtp {
  const packet = parseRtp(rtpBytes(fields));
  if (!packet) throw new Error('the test made a packet that cannot be read');
  return packet;
}
