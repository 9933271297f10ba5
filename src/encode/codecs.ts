import {
  type EncodingPlan,
  type HardwareEncoder,
  type PicturePlan,
  X264_PRESETS,
  type X264Preset,
} from '../recording/plan.ts';
import { ALL_KEYS_FPS } from './key-frames.ts';

/** Who makes H.264 of pictures. */
export type PictureEncoder = X264 | HardwareEncoder;

interface X264 {
  readonly kind: 'x264';
  readonly preset: X264Preset;
}

/** What ffmpeg is told of an encoder. */
export interface Codec {
  /** Options before the input. */
  readonly before: string[];
  /** End of the chain of filters: the form in which the encoder takes pictures, and where it takes them. */
  readonly filters: string[];
  readonly args: string[];
}

/** As the quality report has it: `x264 superfast`, `vaapi`. */
export function encoderName(encoder: PictureEncoder): string {
  return encoder.kind === 'x264' ? `x264 ${encoder.preset}` : encoder.kind;
}

/** Hardware where there is some. */
export function firstEncoder(plan: EncodingPlan): PictureEncoder {
  return plan.hardware ?? { kind: 'x264', preset: plan.preset };
}

/** The next quicker one; null: there is none. */
export function quicker(encoder: PictureEncoder): PictureEncoder | null {
  if (encoder.kind !== 'x264') return null;
  const preset = X264_PRESETS[X264_PRESETS.indexOf(encoder.preset) - 1];
  return preset === undefined ? null : { kind: 'x264', preset };
}

/** What follows an encoder that died: hardware gives way to x264 for the rest of the recording. */
export function afterFailure(encoder: PictureEncoder, plan: EncodingPlan): PictureEncoder {
  return encoder.kind === 'x264' ? encoder : { kind: 'x264', preset: plan.preset };
}

/** All but times and key frames, which are the capture's. It should tell ffmpeg the frame rate, which hardware divides its bits by. */
export function codecFor(encoder: PictureEncoder, picture: PicturePlan): Codec {
  const { before, filters, args } = ours(encoder, picture);
  return { before, filters, args: [...args, ...spread(picture), ...COLOURS] };
}

function ours(encoder: PictureEncoder, picture: PicturePlan): Codec {
  switch (encoder.kind) {
    case 'x264':
      return x264(encoder, picture);
    case 'vaapi':
      return vaapi(encoder, picture);
    case 'nvenc':
      return nvenc(picture);
  }
}

/**
 * Constant quality, and no more than the bit rate over some seconds. Without looking ahead x264 only notices that it was too generous
 * when its buffer runs dry, and then starves key frames most. So the quality is asked for in terms of equal bits (`qcomp=0`): what is
 * hard to encode gets less from the beginning, what is easy, such as letters, more. Measured with 1280x720 at 2 Mbit/s; numbers mean
 * something else to each preset.
 */
const QUALITY: Readonly<Record<X264Preset, number>> = { ultrafast: 31, superfast: 29, veryfast: 28, faster: 28 };

function x264({ preset }: X264, picture: PicturePlan): Codec {
  const { fps, bitrateKbps } = picture;
  return {
    before: [],
    filters: ['format=yuv420p'],
    args: [
      ...['-c:v', 'libx264', '-preset', preset, '-profile:v', 'high'],
      ...['-crf', String(QUALITY[preset]), '-maxrate', `${bitrateKbps}k`, '-bufsize', `${BUFFER_S * bitrateKbps}k`],
      ...['-threads', threads(picture), '-x264-params', [...atOnce(fps), ...LOOKS, ...REFERENCES[preset]].join(':')],
    ],
  };
}

/**
 * Every picture comes out at once: no B-frames, no looking ahead, threads that share a picture instead of taking one each.
 * So a stretch may end at any frame, and nothing is in flight when something dies. Looking ahead would cost as much CPU and save a
 * quarter of the bits.
 *
 * Pictures may come at any distance, and each counts for as long as it is shown. At the slowest rates the distance is told instead:
 * to see how long a picture lasts x264 keeps it until the next one, there for a second and more.
 */
function atOnce(fps: number): string[] {
  const least = ['rc-lookahead=0', 'sync-lookahead=0', 'sliced-threads=1', `fps=${fps}`];
  return fps <= ALL_KEYS_FPS ? [...least, 'force-cfr=1'] : least;
}

/**
 * More bits for what is even (also with `ultrafast`, which by itself has no such thing), and for key frames, which all that follows is
 * made from. A scene that changes begins with a key frame however near the one before is.
 */
const LOOKS = ['qcomp=0', 'aq-mode=1', 'ipratio=2', 'scenecut=40', 'min-keyint=1'];

/** More pictures to refer to make up for the lack of B-frames, at a tenth of what the preset costs; `ultrafast` stays what it is. */
const REFERENCES: Readonly<Record<X264Preset, readonly string[]>> = {
  ultrafast: [],
  superfast: ['ref=2'],
  veryfast: ['ref=4'],
  faster: ['ref=4'],
};

/** One keeps up with 1920x1080 at 30. Each more costs bits, as it has a slice of the picture to itself, and more CPU for the same pictures. */
function threads({ width, height, fps }: PicturePlan): string {
  return width * height * fps > 70e6 ? '2' : '1';
}

/** The quantiser below which nothing is gained that anybody sees: what is easy to encode gets this quality and takes what it takes. */
const FINEST = '12';

/** Variable bit rate is what drivers of all makers can do. */
function vaapi({ device }: HardwareEncoder, picture: PicturePlan): Codec {
  if (device === null) throw new RangeError('expected a device for vaapi');
  return {
    before: ['-vaapi_device', device],
    filters: ['format=nv12', 'hwupload'],
    args: [
      ...['-c:v', 'h264_vaapi', '-async_depth', '1', '-profile:v', 'high', '-qmin', FINEST],
      ...['-rc_mode', 'VBR', ...capped(picture, picture.bitrateKbps)],
    ],
  };
}

function nvenc(picture: PicturePlan): Codec {
  return {
    before: [],
    filters: ['format=yuv420p'],
    args: [
      ...['-c:v', 'h264_nvenc', '-preset', 'p4', '-profile:v', 'high'],
      ...['-rc', 'vbr', '-cq', '21', ...capped(picture, 0)],
      ...['-delay', '0', '-zerolatency', '1', '-spatial-aq', '1'],
      // Key frames that are asked for would else be ones at which nothing can begin.
      ...['-forced-idr', '1'],
    ],
  };
}

/** @param averageKbps 0: none, where there is another measure of quality */
function capped({ bitrateKbps }: PicturePlan, averageKbps: number): string[] {
  return ['-b:v', `${averageKbps}k`, '-maxrate', `${bitrateKbps}k`, '-bufsize', `${BUFFER_S * bitrateKbps}k`];
}

/** For so many seconds of the bit rate a hard stretch may take more, if what was before it took less. */
const BUFFER_S = 4;

/** Key frames come when they are asked for; these are the last resort. */
const LONGEST_S = 20;

function spread({ fps }: PicturePlan): string[] {
  return ['-bf', '0', '-g', String(LONGEST_S * fps)];
}

const COLOURS = ['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv'];
