import { open } from 'node:fs/promises';
import { probeJson } from './tool.ts';

/** What ffprobe says about a file, in the words of the tests. */
export interface Media {
  readonly container: string;
  /** Seconds, of the whole file. */
  readonly duration: number;
  readonly bytes: number;
  readonly bitrateKbps: number;
  readonly video: VideoFacts | null;
  readonly audio: AudioFacts | null;
}

interface StreamFacts {
  readonly codec: string;
  readonly profile: string;
  /** Time of the first frame or sample in seconds. */
  readonly start: number;
  readonly duration: number;
  readonly bitrateKbps: number | null;
}

export interface VideoFacts extends StreamFacts {
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: string;
  /** Frames per second on average. */
  readonly fps: number;
  readonly level: number;
  readonly hasBFrames: boolean;
  readonly colour: {
    readonly space: string | null;
    readonly primaries: string | null;
    readonly transfer: string | null;
    readonly range: string | null;
  };
}

export interface AudioFacts extends StreamFacts {
  readonly channels: number;
  readonly rate: number;
}

type Json = Record<string, unknown>;

export async function readMedia(file: string): Promise<Media> {
  return mediaFrom((await probeJson(['-show_format', '-show_streams', file])) as ProbeAnswer);
}

interface ProbeAnswer {
  readonly format: Json;
  readonly streams: readonly Json[];
}

function mediaFrom({ format, streams }: ProbeAnswer): Media {
  const ofKind = (kind: string) => streams.find((stream) => stream['codec_type'] === kind);
  const video = ofKind('video');
  const audio = ofKind('audio');
  return {
    container: String(format['format_name']),
    duration: number(format['duration']),
    bytes: number(format['size']),
    bitrateKbps: number(format['bit_rate']) / 1000,
    video: video === undefined ? null : videoFrom(video),
    audio: audio === undefined ? null : audioFrom(audio),
  };
}

function streamFrom(stream: Json): StreamFacts {
  return {
    codec: String(stream['codec_name']),
    profile: String(stream['profile']),
    start: number(stream['start_time']),
    duration: number(stream['duration']),
    bitrateKbps: stream['bit_rate'] === undefined ? null : number(stream['bit_rate']) / 1000,
  };
}

function videoFrom(stream: Json): VideoFacts {
  const [frames = 0, seconds = 1] = String(stream['avg_frame_rate']).split('/').map(Number);
  return {
    ...streamFrom(stream),
    width: number(stream['width']),
    height: number(stream['height']),
    pixelFormat: String(stream['pix_fmt']),
    fps: frames / seconds,
    level: number(stream['level']),
    hasBFrames: number(stream['has_b_frames']) > 0,
    colour: {
      space: text(stream['color_space']),
      primaries: text(stream['color_primaries']),
      transfer: text(stream['color_transfer']),
      range: text(stream['color_range']),
    },
  };
}

function audioFrom(stream: Json): AudioFacts {
  return { ...streamFrom(stream), channels: number(stream['channels']), rate: number(stream['sample_rate']) };
}

function number(value: unknown): number {
  return value === undefined ? Number.NaN : Number(value);
}

function text(value: unknown): string | null {
  return value === undefined ? null : String(value);
}

export interface Packet {
  readonly pts: number;
  readonly dts: number;
  readonly duration: number;
  readonly bytes: number;
  readonly key: boolean;
}

/** The packets of one stream in the order of the file, times in seconds. */
export async function readPackets(file: string, kind: 'video' | 'audio'): Promise<Packet[]> {
  const entries = 'packet=pts_time,dts_time,duration_time,size,flags';
  const select = kind === 'video' ? 'v:0' : 'a:0';
  const { packets } = (await probeJson(['-select_streams', select, '-show_entries', entries, file])) as {
    packets: Json[];
  };
  return packets.map((packet) => ({
    pts: number(packet['pts_time']),
    dts: number(packet['dts_time']),
    duration: number(packet['duration_time']),
    bytes: number(packet['size']),
    key: String(packet['flags']).startsWith('K'),
  }));
}

export function keyFrameTimes(packets: readonly Packet[]): number[] {
  return packets.filter(({ key }) => key).map(({ pts }) => pts);
}

/** Decoding times rise, and no two pictures or pieces of sound have the same time. */
export function isMonotonic(packets: readonly Packet[]): boolean {
  const rises = packets.every(({ dts }, i) => i === 0 || dts > (packets[i - 1]?.dts ?? 0));
  return rises && new Set(packets.map(({ pts }) => pts)).size === packets.length;
}

/** Distances in seconds between packets in the order in which they are shown. */
export function steps(packets: readonly Packet[]): number[] {
  const times = packets.map(({ pts }) => pts).sort((a, b) => a - b);
  return times.slice(1).map((time, i) => time - (times[i] as number));
}

/** The boxes at the top level of an MP4, in the order of the file. */
export async function readBoxes(file: string): Promise<string[]> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  const names: string[] = [];
  const head = Buffer.alloc(16);
  for (let at = 0; at + 8 <= size; ) {
    await handle.read(head, 0, 16, at);
    names.push(head.toString('latin1', 4, 8));
    const short = head.readUInt32BE(0);
    const length = short === 1 ? Number(head.readBigUInt64BE(8)) : short;
    at = length === 0 ? size : at + Math.max(8, length);
  }
  return names;
}

/** A player can begin before it has the whole file: the index is in front of the media. */
export async function isFaststart(file: string): Promise<boolean> {
  const boxes = await readBoxes(file);
  return boxes.includes('moov') && boxes.includes('mdat') && boxes.indexOf('moov') < boxes.indexOf('mdat');
}
