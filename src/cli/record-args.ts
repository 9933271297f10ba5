import { parseArgs } from 'node:util';
import { messageOf, RecorderError } from '../errors.ts';

/** What `record` was asked to do. */
export interface RecordOrder {
  readonly url: string;
  /** Path of the MP4. */
  readonly out: string;
  /** Infinity: until Ctrl-C, or until the page's own limit. */
  readonly durationMs: number;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** null: what suits the size. */
  readonly bitrateKbps: number | null;
  readonly mobile: boolean;
  readonly readyTimeoutS: number;
  /** Folder for playlist and slices; null: none wanted. */
  readonly hls: string | null;
  readonly json: boolean;
  /** A picture at each interval although nothing has changed; false: as configured. */
  readonly steadyRate: boolean;
  /** Chromium runs without its sandbox. */
  readonly noSandbox: boolean;
}

const OPTIONS = {
  out: { type: 'string' },
  duration: { type: 'string' },
  size: { type: 'string', default: '1280x720' },
  fps: { type: 'string', default: '30' },
  bitrate: { type: 'string' },
  mobile: { type: 'boolean', default: false },
  'ready-timeout': { type: 'string', default: '0' },
  hls: { type: 'string' },
  json: { type: 'boolean', default: false },
  'steady-rate': { type: 'boolean', default: false },
  'no-sandbox': { type: 'boolean', default: false },
} as const;

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** @throws RecorderError `request_invalid`: what was expected and what came. */
export function parseRecordArgs(args: readonly string[]): RecordOrder {
  const { values, positionals } = parse(args);
  const [url, ...rest] = positionals;
  if (url === undefined || rest.length > 0) throw wrong('one URL', positionals.join(' ') || 'none');
  if (!values.out) throw wrong('--out FILE.mp4', 'none');
  if (!values.out.endsWith('.mp4')) throw wrong('--out with a name that ends with .mp4', values.out);
  return {
    url: pageUrl(url),
    out: values.out,
    durationMs: values.duration === undefined ? Number.POSITIVE_INFINITY : duration(values.duration),
    ...size(values.size),
    fps: whole('--fps', values.fps, 5, 60),
    bitrateKbps: values.bitrate === undefined ? null : whole('--bitrate', values.bitrate, 50, 8000),
    mobile: values.mobile,
    readyTimeoutS: whole('--ready-timeout', values['ready-timeout'], 0, 60),
    hls: values.hls ?? null,
    json: values.json,
    steadyRate: values['steady-rate'],
    noSandbox: values['no-sandbox'],
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // Node's message goes on with advice over further lines.
    throw new RecorderError('request_invalid', messageOf(error).split('\n', 1)[0] ?? '', { cause: error });
  }
}

function pageUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw wrong('a URL that begins with http:// or https://', text);
  return url.href;
}

function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const ms = Number(match?.[1]) * (UNITS_MS[match?.[2] ?? 's'] ?? Number.NaN);
  if (!(ms > 0)) throw wrong('--duration as a number with ms, s, m or h (90s, 1.5h)', text);
  return ms;
}

function size(text: string): { width: number; height: number } {
  const match = /^(\d+)x(\d+)$/.exec(text);
  if (!match) throw wrong('--size as WIDTHxHEIGHT (1280x720)', text);
  const [width, height] = [whole('width', match[1] ?? '', 240, 1920), whole('height', match[2] ?? '', 240, 1920)];
  if (width * height > 1920 * 1080) throw wrong('--size of at most 1920x1080 pixels in all', text);
  return { width, height };
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw wrong(`${name} as a whole number from ${least} to ${most}`, text);
  return value;
}

function wrong(expected: string, came: string): RecorderError {
  return new RecorderError('request_invalid', `expected ${expected}, got ${came}`);
}
