import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Frame, FrameReader } from '../../src/output/frame-reader.ts';
import type { Slice } from '../../src/output/journal.ts';
import { Slicer, type SlicerOptions } from '../../src/output/slicer.ts';
import { buildTables } from '../../src/output/tables.ts';
import { LEAD_IN, Take, type TimedFrame } from '../../src/output/take.ts';
import { tracksOf } from '../../src/output/tracks.ts';
import type { PicturePlan, SoundPlan } from '../../src/recording/plan.ts';
import { ffmpegOutput } from '../probe/tool.ts';
import { outputsOf } from './encoder-args.ts';

export const FPS = 10;
export const PICTURE: PicturePlan = { width: 160, height: 120, fps: FPS, bitrateKbps: 500 };
export const SOUND: SoundPlan = { channels: 1, bitrateKbps: 48 };
export const TRACKS = tracksOf({ picture: PICTURE, sound: SOUND });
const SOUND_TRACKS = tracksOf({ picture: null, sound: SOUND });
/** When the first picture of a real stream was captured. */
export const START_MS = Date.UTC(2026, 10, 22, 9, 30, 0, 250);

/** A moving picture of 160x120 with a tone, at FPS, a key frame every two seconds, as the encoder writes it. */
export async function encodedStream(seconds: number, startMs = START_MS): Promise<Buffer> {
  return await ffmpegOutput([
    ...['-f', 'lavfi', '-i', `testsrc2=s=160x120:r=${FPS}`, '-f', 'lavfi', '-i', 'sine=r=48000'],
    ...['-map', '0:v', '-map', '1:a', '-t', String(seconds)],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-threads', '1', '-bf', '0', '-g', String(2 * FPS)],
    ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '1', '-b:a', '48k'],
    ...['-muxdelay', '0', '-muxpreload', '0', '-pes_payload_size', '0'],
    ...['-output_ts_offset', String(startMs / 1000), '-mpegts_copyts', '1', '-f', 'mpegts', 'pipe:1'],
  ]);
}

export function readFrames(stream: Buffer): { frames: Frame[]; tables: Buffer } {
  const frames: Frame[] = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  reader.push(stream);
  reader.end();
  return { frames, tables: buildTables({ kinds: [...new Set(frames.map(({ kind }) => kind))].sort().reverse() }) };
}

/** A tone by the encoder's own arguments for sound alone. */
export async function encodedSound(seconds: number, startMs = START_MS): Promise<ReturnType<typeof readFrames>> {
  const outputs = outputsOf({ picture: null, sound: SOUND });
  const inputs = ['-f', 'lavfi', '-i', 'sine=r=48000', '-t', String(seconds)];
  const shifted = ['-output_ts_offset', String(startMs / 1000), 'pipe:1'];
  return readFrames(await ffmpegOutput(['-copyts', ...inputs, ...outputs, ...shifted]));
}

export interface RealMedia {
  readonly frames: readonly TimedFrame[];
  readonly tables: Buffer;
}

/** A stream of the given length on the recording's clock. */
export async function realMedia(seconds: number, mediaStart = LEAD_IN, startMs = START_MS): Promise<RealMedia> {
  const { frames, tables } = readFrames(await encodedStream(seconds, startMs));
  const take = new Take({ tracks: TRACKS, fromMs: startMs - 20, mediaStart, soundShift: 0, sparse: false });
  return { frames: frames.flatMap((frame) => take.place(frame)), tables };
}

/** Sound alone, likewise. */
export async function realSound(seconds: number, mediaStart = LEAD_IN, startMs = START_MS): Promise<RealMedia> {
  const { frames, tables } = await encodedSound(seconds, startMs);
  const take = new Take({ tracks: SOUND_TRACKS, fromMs: startMs, mediaStart, soundShift: 0, sparse: false });
  return { frames: frames.flatMap((frame) => take.place(frame)), tables };
}

/** The frames cut into slices, each with its bytes. */
export function cutIntoSlices(
  { frames, tables }: RealMedia,
  limits: Partial<Pick<SlicerOptions, 'tracks' | 'maxPartTicks' | 'maxPartBytes'>> = {},
): { slice: Slice; bytes: Buffer }[] {
  const done: { slice: Slice; bytes: Buffer }[] = [];
  let pieces: Buffer[] = [];
  const slicer = new Slicer({
    stem: 'sid_name',
    tracks: TRACKS,
    maxPartTicks: Number.POSITIVE_INFINITY,
    maxPartBytes: Number.POSITIVE_INFINITY,
    ...limits,
    onOpen: () => {
      pieces = [];
    },
    onBytes: (bytes) => pieces.push(Buffer.from(bytes)),
    onClose: (slice) => done.push({ slice, bytes: Buffer.concat(pieces) }),
  });
  slicer.tables = tables;
  for (const frame of frames) slicer.push(frame);
  slicer.close();
  return done;
}

/** Writes slices into the folder. @returns their paths in order. */
export async function writeSlices(folder: string, media: RealMedia): Promise<string[]> {
  const slices = cutIntoSlices(media);
  for (const { slice, bytes } of slices) await writeFile(join(folder, slice.name), bytes);
  return slices.map(({ slice }) => join(folder, slice.name));
}
