import { LEAD_IN, Take } from '../../src/output/take.ts';
import { ffmpegOutput } from '../probe/tool.ts';
import { FPS, type RealMedia, readFrames, START_MS, TRACKS } from './real-media.ts';

/** Seconds between key frames. */
const KEY_S = 5;

export interface SparseOptions {
  readonly seconds: number;
  /** So long there is something new at each interval. */
  readonly movingS: number;
}

/**
 * A stream with a tone as it is captured where pictures come only when something has been drawn: then the page stands still, and
 * pictures come once a second. It is cut off at its end, like a take. Sound comes when it is heard, a picture when the next one is there.
 */
export async function sparseMedia({ seconds, movingS }: SparseOptions): Promise<RealMedia> {
  const { frames, tables } = readFrames(await ffmpegOutput(encodingArgs(seconds, movingS)));
  const take = new Take({ tracks: TRACKS, fromMs: START_MS - 20, mediaStart: LEAD_IN, soundShift: 0, sparse: true });
  take.endAt(START_MS + seconds * 1000);
  const placed = frames.flatMap((frame) => take.place(frame));
  const pictures = placed.filter(({ kind }) => kind === 'video');
  const arrivals = new Map(
    pictures.map((picture, i) => [picture, pictures[i + 1]?.mediaTime ?? Number.POSITIVE_INFINITY]),
  );
  const arrival = (frame: (typeof placed)[number]) => arrivals.get(frame) ?? frame.mediaTime;
  const [first, ...others] = placed;
  const inOrder = others.toSorted((a, b) => arrival(a) - arrival(b));
  return { frames: first ? [first, ...inOrder] : [], tables };
}

function encodingArgs(seconds: number, movingS: number): string[] {
  const moving = movingS * FPS;
  // The filter's commas would end it.
  const select = `lt(n,${moving})+not(mod(n-${moving},${FPS}))+not(mod(n,${KEY_S * FPS}))`.replaceAll(',', '\\,');
  const picture = `testsrc2=s=160x120:r=${FPS},select=${select}`;
  return [
    ...['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', 'sine=r=48000', '-map', '0:v', '-map', '1:a'],
    ...['-t', String(seconds + 1.5), '-fps_mode', 'passthrough', '-enc_time_base:v', '1:1000000'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-threads', '1', '-bf', '0', '-pix_fmt', 'yuv420p'],
    ...[
      '-x264-params',
      'rc-lookahead=0:sync-lookahead=0',
      '-force_key_frames',
      `expr:not(mod(round(t*${FPS}),${KEY_S * FPS}))`,
    ],
    ...['-c:a', 'aac', '-ac', '1', '-b:a', '48k', '-muxdelay', '0', '-muxpreload', '0', '-pes_payload_size', '0'],
    ...['-output_ts_offset', String(START_MS / 1000), '-mpegts_copyts', '1', '-f', 'mpegts', 'pipe:1'],
  ];
}
