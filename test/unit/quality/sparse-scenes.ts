import { LEAD_IN, Take } from '../../../src/output/take.ts';
import { tracksOf } from '../../../src/output/tracks.ts';
import { ffmpegOutput } from '../../probe/tool.ts';
import { outputsOf } from '../../support/encoder-args.ts';
import { type RealMedia, readFrames } from '../../support/real-media.ts';
import { PICTURE, pictureGraph, type Scene, START_MS } from './scenes.ts';

/** Seconds between key frames. */
export const KEY_S = 5;
const { fps: FPS } = PICTURE;

export interface SparseScene extends Omit<Scene, 'sound'> {
  /** Something is drawn so often, in seconds; 0: all the time. */
  readonly drawnEvery: number;
}

/** The scenes as they are captured where pictures come only when something has been drawn, without sound. */
export async function encodeSparse(scenes: readonly SparseScene[]): Promise<RealMedia> {
  const media = { picture: PICTURE, sound: null };
  const { numbers, keys } = captured(scenes);
  const outputs = outputsOf(media, { filters: [`select='${oneOf([...numbers].sort((a, b) => a - b))}'`, TO_YUV] });
  outputs[outputs.indexOf('-force_key_frames') + 1] = keys.map((number) => (number / FPS).toFixed(6)).join(',');
  const input = ['-copyts', '-f', 'lavfi', '-i', pictureGraph(scenes)];
  const stream = await ffmpegOutput([...input, ...outputs, '-output_ts_offset', String(START_MS / 1000), 'pipe:1']);
  const { frames, tables } = readFrames(stream);
  const take = new Take({
    tracks: tracksOf(media),
    fromMs: START_MS - 20,
    mediaStart: LEAD_IN,
    soundShift: 0,
    sparse: true,
  });
  return { frames: frames.flatMap((frame) => take.place(frame)), tables };
}

const TO_YUV = 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p';

/** Numbers of the pictures that the helper gives (`native/pacer.c`), and of those that are key frames because it is time. */
function captured(scenes: readonly SparseScene[]): { numbers: Set<number>; keys: number[] } {
  const drawn = drawnAt(scenes);
  const end = lengthOf(scenes);
  const numbers = new Set<number>();
  for (const [i, number] of drawn.entries()) {
    numbers.add(number);
    const next = drawn[i + 1] ?? end;
    const pause = Math.round(0.25 * FPS);
    // Twice after a pause, then once a second.
    for (let repeat = number + pause, n = 0; repeat < next; repeat += n === 0 ? 1 : FPS, n += 1) numbers.add(repeat);
  }
  const due = Array.from({ length: Math.ceil(end / (KEY_S * FPS)) }, (_, i) => i * KEY_S * FPS);
  for (const number of due) numbers.add(number);
  return { numbers, keys: due };
}

function drawnAt(scenes: readonly SparseScene[]): number[] {
  return scenes.flatMap(({ drawnEvery, seconds }, i) => {
    const from = lengthOf(scenes.slice(0, i));
    const step = Math.max(1, Math.min(drawnEvery, seconds) * FPS);
    return Array.from({ length: Math.ceil((seconds * FPS) / step) }, (_, n) => from + Math.round(n * step));
  });
}

function lengthOf(scenes: readonly SparseScene[]): number {
  return scenes.reduce((sum, { seconds }) => sum + Math.round(seconds * FPS), 0);
}

/** An expression of ffmpeg; its parser does not go deep. */
function oneOf(numbers: readonly number[]): string {
  if (numbers.length === 1) return `eq(n,${numbers[0]})`;
  const half = numbers.length >> 1;
  return `(${oneOf(numbers.slice(0, half))}+${oneOf(numbers.slice(half))})`;
}
