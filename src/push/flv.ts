import type { PicturePlan, SoundPlan } from '../recording/plan.ts';
import { encodeAmf, encodeEcmaArray } from './amf.ts';
import type { AacConfig } from './elementary.ts';

/** Bodies of RTMP messages: they are those of FLV's tags (Adobe Flash Video File Format 10.1, annex E). */
const AVC_KEY = 0x17;
const AVC_OTHER = 0x27;
/** AAC; the bits for rate and channels are fixed, the stream's own header has the true ones. */
const AAC = 0xaf;
const AVC_CODEC = 7;
const AAC_CODEC = 10;
const SAMPLE_BITS = 16;

/** The block that the encoder makes of silence, whatever the bit rate. */
const SILENCE = {
  1: Buffer.from('01182007', 'hex'),
  2: Buffer.from('211004608c1c', 'hex'),
} as const satisfies Record<SoundPlan['channels'], Buffer>;

/** What a decoder of the picture needs first: AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.2.4.1). */
export function avcHeader(parameters: Buffer, pictureParameters: Buffer): Buffer {
  const record = Buffer.concat([
    // Version, then profile, compatibility and level as the parameters have them; lengths of 4 bytes; one set of parameters.
    ...[Buffer.from([1]), parameters.subarray(1, 4), Buffer.from([0xff, 0xe1])],
    ...[length16(parameters), parameters, Buffer.from([1]), length16(pictureParameters), pictureParameters],
    highProfile(parameters),
  ]);
  return Buffer.concat([Buffer.from([AVC_KEY, 0, 0, 0, 0]), record]);
}

/** The profiles above Main repeat what the encoder always makes: 4:2:0 colour, 8 bits, no further parameters. */
function highProfile(parameters: Buffer): Buffer {
  return [66, 77, 88].includes(parameters.readUInt8(1)) ? Buffer.of() : Buffer.from([0xfd, 0xf8, 0xf8, 0]);
}

function length16(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return length;
}

/** One picture: its units, each behind its length. */
export function avcPicture(units: readonly Buffer[], key: boolean): Buffer {
  const total = units.reduce((sum, { length }) => sum + 4 + length, 5);
  const bytes = Buffer.alloc(total);
  bytes.writeUInt8(key ? AVC_KEY : AVC_OTHER, 0);
  bytes.writeUInt8(1, 1);
  let at = 5;
  for (const unit of units) {
    at = bytes.writeUInt32BE(unit.length, at);
    at += unit.copy(bytes, at);
  }
  return bytes;
}

/** What a decoder of the sound needs first. */
export function aacHeader({ objectType, rateIndex, channels }: AacConfig): Buffer {
  const bytes = Buffer.from([AAC, 0, 0, 0]);
  bytes.writeUInt16BE((objectType << 11) | (rateIndex << 7) | (channels << 3), 2);
  return bytes;
}

/** One block of sound. */
export function aacBlock(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([AAC, 1]), payload]);
}

export function silence(channels: SoundPlan['channels']): Buffer {
  return aacBlock(SILENCE[channels]);
}

/** What the server is told of the stream before it begins. */
export function metadata(picture: PicturePlan, sound: SoundPlan, rate: number): Buffer {
  return Buffer.concat([
    encodeAmf('@setDataFrame', 'onMetaData'),
    encodeEcmaArray({
      duration: 0,
      width: picture.width,
      height: picture.height,
      framerate: picture.fps,
      videocodecid: AVC_CODEC,
      videodatarate: picture.bitrateKbps,
      audiocodecid: AAC_CODEC,
      audiodatarate: sound.bitrateKbps,
      audiosamplerate: rate,
      audiosamplesize: SAMPLE_BITS,
      stereo: sound.channels === 2,
      encoder: 'Tapehead',
    }),
  ]);
}
