import { ffmpegStream } from './tool.ts';

/** Sound as one mono track on the file's own clock. */
export interface Sound {
  readonly rate: number;
  /** Time of the first sample in seconds, as the container says. */
  readonly start: number;
  readonly samples: Float32Array;
  /** Stretches in which the file has no sound at all; they are zeros in `samples`. */
  readonly gaps: readonly Interval[];
}

export interface Interval {
  readonly from: number;
  readonly to: number;
}

const RATE = 16_000;
/** A timestamp off by less than this is rounding, not a gap. */
const TOLERANCE_S = 0.0005;

/**
 * Decodes the first sound stream. Every piece is put where its timestamp says, so that sound which begins late, or pauses,
 * stays in its place beside the picture.
 */
export async function readSound(
  file: string,
  stretch: { readonly from?: number; readonly to?: number } = {},
): Promise<Sound> {
  const stamps: { time: number; count: number }[] = [];
  const chunks: Buffer[] = [];
  const pieces = ffmpegStream(
    [
      ...(stretch.from === undefined ? [] : ['-ss', String(stretch.from)]),
      ...(stretch.to === undefined ? [] : ['-to', String(stretch.to)]),
      ...['-copyts', '-i', file, '-map', '0:a:0', '-af', `aresample=${RATE},aformat=channel_layouts=mono,ashowinfo`],
      ...['-ar', String(RATE), '-f', 'f32le', '-'],
    ],
    (line) => {
      const found = /\bpts_time:(\S+) .*nb_samples:(\d+)/.exec(line);
      if (found !== null) stamps.push({ time: Number(found[1]), count: Number(found[2]) });
    },
  );
  for await (const piece of pieces) chunks.push(piece);
  return place(toFloats(Buffer.concat(chunks)), stamps);
}

function place(pcm: Float32Array, stamps: readonly { time: number; count: number }[]): Sound {
  const start = stamps[0]?.time ?? 0;
  const end = stamps.reduce((latest, { time, count }) => Math.max(latest, time + count / RATE), start);
  const samples = new Float32Array(Math.round((end - start + 2 * TOLERANCE_S) * RATE));
  const gaps: Interval[] = [];
  let read = 0;
  let cursor = 0;
  for (const { time, count } of stamps) {
    const due = Math.round((time - start) * RATE);
    if (Math.abs(due - cursor) > TOLERANCE_S * RATE) {
      if (due > cursor) gaps.push({ from: start + cursor / RATE, to: time });
      cursor = due;
    }
    const piece = pcm.subarray(read, read + count).subarray(0, Math.max(0, samples.length - cursor));
    samples.set(piece, cursor);
    read += count;
    cursor += count;
  }
  return { rate: RATE, start, samples: samples.subarray(0, cursor), gaps };
}

function toFloats(bytes: Buffer): Float32Array {
  const copy = new Uint8Array(bytes.length - (bytes.length % 4));
  copy.set(bytes.subarray(0, copy.length));
  return new Float32Array(copy.buffer);
}

/** Loudness of a stretch relative to full scale; a sine of full height has a level of -3 dB. Silence is -Infinity. */
export function levelDb(sound: Sound, stretch: Interval): number {
  const part = slice(sound, stretch);
  const power = part.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, part.length);
  return 10 * Math.log10(power);
}

export function peak(sound: Sound, stretch: Interval): number {
  return slice(sound, stretch).reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);
}

export function slice(sound: Sound, { from, to }: Interval): Float32Array {
  const index = (time: number) => Math.max(0, Math.round((time - sound.start) * sound.rate));
  return sound.samples.subarray(index(from), index(to));
}

export function endOf(sound: Sound): number {
  return sound.start + sound.samples.length / sound.rate;
}

/** Stretches of at least `minS` seconds in which no sample is above `threshold` (0 to 1). */
export function silentIntervals(sound: Sound, threshold = 0.003, minS = 0.2): Interval[] {
  const found: Interval[] = [];
  let begin = 0;
  for (let i = 0; i <= sound.samples.length; i += 1) {
    const loud = i === sound.samples.length || Math.abs(sound.samples[i] as number) > threshold;
    if (!loud) continue;
    if (i - begin >= minS * sound.rate) {
      found.push({ from: sound.start + begin / sound.rate, to: sound.start + i / sound.rate });
    }
    begin = i + 1;
  }
  return found;
}
