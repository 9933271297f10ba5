/** One RTP packet as it came out of SRTP: the whole of it, and where its parts are. */
export interface Rtp {
  readonly data: Buffer;
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  /** Where the payload begins; what is behind it is payload and padding. */
  readonly payloadAt: number;
  /** Bytes of padding at the end. */
  readonly padding: number;
}

/**
 * How a picture's numbers stand for colours: another matrix for each kind of source, which VP8 cannot tell otherwise.
 * https://webrtc.googlesource.com/src/+/refs/heads/main/docs/native-code/rtp-hdrext/color-space/README.md
 */
export const COLOR_SPACE = 'http://www.webrtc.org/experiments/rtp-hdrext/color-space';

const HEADER = 12;
const ONE_BYTE_PROFILE = 0xbede;

/** Pure. @returns null for what is no RTP packet. */
export function parseRtp(data: Buffer): Rtp | null {
  const payloadAt = payloadOffset(data);
  if (payloadAt === null) return null;
  const first = data[0] ?? 0;
  const second = data[1] ?? 0;
  const padding = (first & 0x20) === 0 ? 0 : (data[data.length - 1] ?? 0);
  if (payloadAt + padding > data.length) return null;
  return {
    data,
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: data.readUInt16BE(2),
    timestamp: data.readUInt32BE(4),
    ssrc: data.readUInt32BE(8),
    payloadAt,
    padding,
  };
}

/** Pure: length of the header with all that belongs to it, also of an encrypted packet. */
export function payloadOffset(data: Buffer): number | null {
  const first = data[0] ?? 0;
  if (data.length < HEADER || first >> 6 !== 2) return null;
  let at = HEADER + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (at + 4 > data.length) return null;
    at += 4 + data.readUInt16BE(at + 2) * 4;
  }
  return at > data.length ? null : at;
}

/** Pure: the value of a header extension (RFC 8285), null when the packet has none with this id. */
export function extensionOf({ data, payloadAt }: Rtp, id: number): Buffer | null {
  const first = data[0] ?? 0;
  if ((first & 0x10) === 0) return null;
  let at = HEADER + (first & 0x0f) * 4;
  const oneByte = data.readUInt16BE(at) === ONE_BYTE_PROFILE;
  at += 4;
  while (at < payloadAt) {
    const head = data[at] ?? 0;
    if (head === 0) {
      at += 1;
      continue;
    }
    const [found, length, start] = oneByte ? [head >> 4, (head & 0x0f) + 1, at + 1] : [head, data[at + 1] ?? 0, at + 2];
    if (oneByte && found === 15) return null;
    if (found === id) return start + length <= payloadAt ? data.subarray(start, start + length) : null;
    at = start + length;
  }
  return null;
}

/** Pure: a retransmission (RFC 4588) as the packet that it repeats; null for one that carries only padding. */
export function unwrapRtx(rtx: Rtp, ssrc: number, payloadType: number): Rtp | null {
  if (rtx.payloadAt + 2 + rtx.padding > rtx.data.length) return null;
  const payload = rtx.data.subarray(rtx.payloadAt + 2);
  const data = Buffer.concat([rtx.data.subarray(0, rtx.payloadAt), payload]);
  data[1] = (rtx.marker ? 0x80 : 0) | payloadType;
  data.writeUInt16BE(rtx.data.readUInt16BE(rtx.payloadAt), 2);
  data.writeUInt32BE(ssrc, 8);
  return parseRtp(data);
}

/** Pure: how far `to` is ahead of `from`, -32768 to 32767. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from + 0x8000) & 0xffff) - 0x8000;
}
