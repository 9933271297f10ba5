import type { Rtp } from './rtp.ts';

export type VideoCodec = 'VP8' | 'VP9' | 'H264';

const H264_IDR = 5;
const H264_SPS = 7;
const H264_STAP_A = 24;
const H264_FU_A = 28;

/**
 * Pure: whether a packet begins a key frame. Only to find a good moment for a change of layer: of an encrypted frame it may
 * be wrong, and then the viewer asks for a key frame once more.
 */
export function beginsKeyFrame(codec: VideoCodec, { data, payloadAt, padding }: Rtp): boolean {
  const payload = data.subarray(payloadAt, data.length - padding);
  if (codec === 'VP8') return beginsVp8(payload);
  if (codec === 'VP9') return beginsVp9(payload);
  return beginsH264(payload);
}

/** RFC 7741, 4.2 and 4.3. */
function beginsVp8(payload: Buffer): boolean {
  const first = payload[0] ?? 0;
  const startOfFrame = (first & 0x10) !== 0 && (first & 0x07) === 0;
  if (!startOfFrame) return false;
  let at = 1;
  if ((first & 0x80) !== 0) {
    const extended = payload[1] ?? 0;
    at = 2;
    if ((extended & 0x80) !== 0) at += ((payload[at] ?? 0) & 0x80) === 0 ? 1 : 2;
    if ((extended & 0x40) !== 0) at += 1;
    if ((extended & 0x30) !== 0) at += 1;
  }
  return at < payload.length && ((payload[at] ?? 1) & 0x01) === 0;
}

/** RFC 9628, 4.2: predicted from nothing, and the beginning of a frame. */
function beginsVp9(payload: Buffer): boolean {
  const first = payload[0] ?? 0;
  return payload.length > 1 && (first & 0x40) === 0 && (first & 0x08) !== 0;
}

/** RFC 6184, 5.4: parameter sets or an IDR slice, alone, among others or in fragments. */
function beginsH264(payload: Buffer): boolean {
  const type = (payload[0] ?? 0) & 0x1f;
  if (type === H264_FU_A) {
    const header = payload[1] ?? 0;
    return (header & 0x80) !== 0 && isKey(header & 0x1f);
  }
  return isKey(type === H264_STAP_A ? (payload[3] ?? 0) & 0x1f : type);
}

function isKey(type: number): boolean {
  return type === H264_IDR || type === H264_SPS;
}
