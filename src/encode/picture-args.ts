import type { PicturePlan } from '../recording/plan.ts';
import { codecFor, type PictureEncoder } from './codecs.ts';
import { general, transportStream } from './general-args.ts';
import { TIME_BASE } from './key-frames.ts';

export interface PictureInput {
  /** Options of the input, `-i` with it. */
  readonly input: readonly string[];
  /** What is done to the pictures before they are encoded. */
  readonly filters: readonly string[];
  /** Value of `-force_key_frames`. */
  readonly keyFrames: string;
}

/** ffmpeg's command line for pictures from such an input. */
export function pictureArgs(input: PictureInput, encoder: PictureEncoder, picture: PicturePlan): string[] {
  const { before } = codecFor(encoder, picture);
  return [...general, ...before, ...input.input, ...pictureOutput(input, encoder, picture)];
}

/** What comes behind the input. */
export function pictureOutput(
  { filters, keyFrames }: Omit<PictureInput, 'input'>,
  encoder: PictureEncoder,
  picture: PicturePlan,
): string[] {
  const codec = codecFor(encoder, picture);
  const chain = [...filters, ...codec.filters];
  return [
    ...['-map', '0:v', ...(chain.length > 0 ? ['-vf', chain.join(',')] : [])],
    // Capture times go through untouched; nothing is repeated or dropped to make them even.
    ...['-fps_mode', 'passthrough', '-enc_time_base:v', TIME_BASE],
    ...['-force_key_frames', keyFrames, ...codec.args],
    ...transportStream,
  ];
}

/** ffmpeg's command line for one black key frame as the encoder would make it: H.264 of Annex B on descriptor 1. */
export function blackPictureArgs(encoder: PictureEncoder, picture: PicturePlan): string[] {
  const { width, height, fps } = picture;
  const { before, filters, args } = codecFor(encoder, picture);
  const source = `color=black:s=${even(width)}x${even(height)}:r=${fps}`;
  return [
    ...['-hide_banner', '-nostats', '-loglevel', 'warning', ...before, '-f', 'lavfi', '-i', source],
    ...['-frames:v', '1', '-vf', [TO_YUV, ...filters].join(',')],
    // What is told of time is part of the parameters.
    ...['-fps_mode', 'passthrough', '-enc_time_base:v', TIME_BASE],
    ...[...args, '-f', 'h264', 'pipe:1'],
  ];
}

/** What is drawn is RGB; pictures of this size are expected to have the colours of BT.709. */
export const TO_YUV = 'scale=out_color_matrix=bt709:out_range=tv';

/** H.264 with 4:2:0 colour has even sizes only; the last column or row of an odd one is left out. */
export function even(length: number): number {
  return length - (length % 2);
}
