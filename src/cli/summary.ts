import { basename } from 'node:path';
import { RecorderError } from '../errors.ts';
import { Child } from '../process/child.ts';
import { childEnvironment } from '../process/environment.ts';
import type { QualityReport, RecordingEnd } from '../recording/status.ts';
import type { RecordOrder } from './record-args.ts';

/** What `--json` prints. Facts about the file are read from the file. */
export interface Summary {
  readonly file: string;
  readonly outcome: RecordingEnd['outcome'];
  readonly reason: RecordingEnd['reason'];
  readonly detail: string;
  /** Seconds. */
  readonly duration: number;
  readonly frames: number;
  /** Pictures that a player shows longer than one interval, because the capture of the next came late. */
  readonly repeatedFrames: number;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  /** How pictures were taken and by what they were encoded, both at the end. */
  readonly capture: QualityReport['capture'];
  readonly encoder: QualityReport['encoder'];
  /** What was done to make it cheaper on a machine under pressure. */
  readonly economies: QualityReport['economies'];
  /** CPU seconds of all processes of the recording per second. */
  readonly cores: number;
  /** UTC, ISO 8601, of the first frame. */
  readonly startedAt: string | null;
  readonly playlist: string | null;
  readonly video: Readonly<Record<string, unknown>> | null;
  readonly audio: Readonly<Record<string, unknown>> | null;
}

interface Probe {
  readonly format: { readonly duration: string; readonly size: string };
  readonly streams: readonly Readonly<Record<string, unknown>>[];
}

export async function summarize(file: string, order: RecordOrder, end: RecordingEnd): Promise<Summary> {
  const { format, streams } = await probe(file);
  const video = streams.find((stream) => stream['codec_type'] === 'video');
  const audio = streams.find((stream) => stream['codec_type'] === 'audio');
  return {
    file,
    outcome: end.outcome,
    reason: end.reason,
    detail: end.detail,
    duration: Number(format.duration),
    frames: Number(video?.['nb_frames'] ?? 0),
    repeatedFrames: end.progress.missingFrames,
    width: Number(video?.['width'] ?? 0),
    height: Number(video?.['height'] ?? 0),
    bytes: Number(format.size),
    capture: end.quality.capture,
    encoder: end.quality.encoder,
    economies: end.quality.economies,
    cores: Math.round(end.cores * 1000) / 1000,
    startedAt: end.startedMs === null ? null : new Date(end.startedMs).toISOString(),
    playlist: order.hls === null ? null : `${order.hls}/${basename(file, '.mp4')}.m3u8`,
    video: facts(video, ['codec_name', 'profile', 'pix_fmt', 'avg_frame_rate', 'bit_rate', 'color_space']),
    audio: facts(audio, ['codec_name', 'profile', 'sample_rate', 'channels', 'bit_rate']),
  };
}

function facts(stream: Readonly<Record<string, unknown>> | undefined, names: readonly string[]) {
  return stream ? Object.fromEntries(names.map((name) => [name, stream[name]])) : null;
}

async function probe(file: string): Promise<Probe> {
  const child = new Child({
    name: 'ffprobe',
    command: 'ffprobe',
    args: ['-v', 'error', '-of', 'json', '-show_format', '-show_streams', file],
    env: childEnvironment('/'),
    identity: null,
    stdio: { stdout: 'pipe' },
  });
  let text = '';
  for await (const chunk of child.stdout) text += String(chunk);
  const exit = await child.exited;
  if (exit.code !== 0) throw new RecorderError('internal', `expected a readable file: ${child.describeExit()}`);
  return JSON.parse(text) as Probe;
}
