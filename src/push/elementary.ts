import { PACKET, readHead } from '../output/transport-stream.ts';

/** What AudioSpecificConfig says of the sound (ISO/IEC 14496-3, 1.6.2.1), as numbers of its tables. */
export interface AacConfig {
  /** 2: AAC-LC. */
  readonly objectType: number;
  /** 3: 48 kHz. */
  readonly rateIndex: number;
  readonly channels: number;
}

export interface AacBlock {
  readonly config: AacConfig;
  readonly payload: Buffer;
}

export const NAL = { keySlice: 5, parameters: 7, pictureParameters: 8, delimiter: 9 } as const;

const START_CODE = Buffer.from([0, 0, 1]);

/** What the transport packets of one frame carry, without the packets and the frame's head. */
export function payloadOf(packets: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < packets.length; at += PACKET) {
    const packet = packets.subarray(at, at + PACKET);
    const head = readHead(packet);
    if (!head.hasPayload) continue;
    // The head of a frame: 9 bytes, the last of which says how many more there are.
    const skipped = head.start ? 9 + packet.readUInt8(head.payloadAt + 8) : 0;
    pieces.push(packet.subarray(head.payloadAt + skipped));
  }
  return Buffer.concat(pieces);
}

/** The units of an H.264 stream of Annex B, without their start codes. */
export function nalUnits(bytes: Buffer): Buffer[] {
  const units: Buffer[] = [];
  let from = bytes.indexOf(START_CODE);
  while (from !== -1) {
    const begin = from + START_CODE.length;
    from = bytes.indexOf(START_CODE, begin);
    const unit = withoutZeros(bytes.subarray(begin, from === -1 ? bytes.length : from));
    if (unit.length > 0) units.push(unit);
  }
  return units;
}

export function nalType(unit: Buffer): number {
  return unit.readUInt8(0) & 0x1f;
}

/** No unit ends with a zero; those that stand there belong to the next start code, or fill up. */
function withoutZeros(unit: Buffer): Buffer {
  let end = unit.length;
  while (end > 0 && unit[end - 1] === 0) end -= 1;
  return unit.subarray(0, end);
}

/** The blocks of sound in ADTS form, each of 1024 samples. @throws RangeError for anything else */
export function aacBlocks(bytes: Buffer): AacBlock[] {
  const blocks: AacBlock[] = [];
  for (let at = 0; at < bytes.length; ) {
    const sync = bytes.readUInt16BE(at);
    if ((sync & 0xfff6) !== 0xfff0) throw new RangeError(`expected the head of a block of AAC, got ${sync}`);
    const length = (bytes.readUInt32BE(at + 3) >>> 13) & 0x1fff;
    // A checksum follows the head unless the last bit of the sync word is set.
    const head = (sync & 1) === 1 ? 7 : 9;
    if (length < head || at + length > bytes.length) throw new RangeError('expected a whole block of AAC');
    blocks.push({ config: aacConfig(bytes.readUInt16BE(at + 2)), payload: bytes.subarray(at + head, at + length) });
    at += length;
  }
  return blocks;
}

/** From the third and fourth byte of the head: 2 bits profile, 4 rate, 1 private, 3 channels. */
function aacConfig(bits: number): AacConfig {
  return { objectType: 1 + (bits >> 14), rateIndex: (bits >> 10) & 0xf, channels: (bits >> 6) & 7 };
}
