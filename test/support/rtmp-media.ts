import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { LEAD_IN, Take, type TimedFrame } from '../../src/output/take.ts';
import { tracksOf } from '../../src/output/tracks.ts';
import type { PicturePlan, SoundPlan } from '../../src/recording/plan.ts';
import { ffmpegOutput, probeJson } from '../probe/tool.ts';
import { outputsOf } from './encoder-args.ts';
import { readFrames } from './real-media.ts';
import { makeTempFolder } from './temp-folder.ts';

export const PICTURE: PicturePlan = { width: 320, height: 180, fps: 10, bitrateKbps: 500 };
export const SOUND: SoundPlan = { channels: 1, bitrateKbps: 48 };

export interface PushMedia {
  /** Transport stream as the encoder gives it. */
  readonly stream: Buffer;
  /** Its frames on the recording's clock. */
  readonly frames: readonly TimedFrame[];
}

/** A moving picture with a tone, made by the encoder's own arguments. */
export async function encodeMedia(seconds: number, picture = PICTURE, sound = SOUND): Promise<PushMedia> {
  const { width, height, fps } = picture;
  const inputs = ['-f', 'lavfi', '-i', 'sine=r=48000', '-f', 'lavfi', '-i', `testsrc2=s=${width}x${height}:r=${fps}`];
  const stream = await ffmpegOutput([
    '-copyts',
    ...inputs,
    '-t',
    String(seconds),
    ...outputsOf({ picture, sound }),
    'pipe:1',
  ]);
  const take = new Take({
    tracks: tracksOf({ picture, sound }),
    fromMs: 0,
    mediaStart: LEAD_IN,
    soundShift: 0,
    sparse: false,
  });
  return { stream, frames: readFrames(stream).frames.flatMap((frame) => take.place(frame)) };
}

/** Hands out frames at the pace of their times, as a recording does. */
export class Playback {
  readonly #frames: readonly TimedFrame[];
  readonly #onFrame: (frame: TimedFrame) => void;
  #next = 0;

  constructor({ frames }: PushMedia, onFrame: (frame: TimedFrame) => void) {
    this.#frames = frames;
    this.#onFrame = onFrame;
  }

  /** Plays on for so many seconds of media, or to the end. Between two calls the recording is held. */
  async play(seconds = Number.POSITIVE_INFINITY): Promise<void> {
    const beganMs = performance.now();
    const first = this.#frames[this.#next]?.mediaTime ?? 0;
    for (; this.#next < this.#frames.length; this.#next += 1) {
      const frame = this.#frames[this.#next] as TimedFrame;
      const atMs = (frame.mediaTime - first) / 90;
      // A take begins with a key frame.
      if (atMs >= 1000 * seconds && frame.kind === 'video' && frame.key) return;
      await sleep(Math.max(0, beganMs + atMs - performance.now()));
      this.#onFrame(frame);
    }
  }
}

/** One picture or block of sound in a file: what it consists of, and when. */
export interface Received {
  /** Seconds. */
  readonly time: number;
  readonly key: boolean;
  readonly hash: string;
}

/** The packets of an FLV file, or of another, in order. */
export async function receivedIn(file: string, kind: 'video' | 'audio'): Promise<Received[]> {
  const select = ['-select_streams', kind === 'video' ? 'v:0' : 'a:0', '-show_data_hash', 'sha256'];
  const answer = await probeJson([...select, '-show_entries', 'packet=dts_time,flags,data_hash', file]);
  const { packets } = answer as { packets: Record<'dts_time' | 'flags' | 'data_hash', string>[] };
  return packets.map(({ dts_time, flags, data_hash }) => ({
    time: Number(dts_time),
    key: flags.startsWith('K'),
    hash: data_hash,
  }));
}

/** The stream's packets as ffmpeg itself would put them into FLV, as a reference that owes nothing to the code under test. */
export async function referencePackets({ stream }: PushMedia, kind: 'video' | 'audio'): Promise<Received[]> {
  await using folder = await makeTempFolder();
  await writeFile(folder.file('stream.ts'), stream);
  // Without parameters and delimiters, which the headers have instead.
  const filter = ['-bsf:v', 'filter_units=remove_types=7-9'];
  await runFfmpeg(['-i', folder.file('stream.ts'), '-c', 'copy', ...filter, folder.file('reference.flv')]);
  return await receivedIn(folder.file('reference.flv'), kind);
}

/** What a decoder has to say against a file; empty when it takes everything. */
export async function decoderComplaints(file: string): Promise<string> {
  // In the file's own time base: on ffmpeg's grid of frames two that are closer than a frame have one time, which it complains of.
  const out = ['-enc_time_base', '-1', '-f', 'null', '-'];
  const { stderr } = await promisify(execFile)('ffmpeg', ['-v', 'warning', '-i', file, ...out]);
  return stderr;
}

async function runFfmpeg(args: readonly string[]): Promise<void> {
  await ffmpegOutput(['-y', ...args]);
}
