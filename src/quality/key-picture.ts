import { Child } from '../process/child.ts';
import { childEnvironment } from '../process/environment.ts';
import type { Identity } from '../types.ts';

const DECODE_MS = 5_000;
const INPUT = ['-hide_banner', '-nostats', '-threads', '1', '-f', 'mpegts', '-i', 'pipe:0'];

export interface DecodePlace {
  /** Home of the process. */
  readonly folder: string;
  readonly identity: Identity | null;
  /** Gives it up. */
  readonly signal?: AbortSignal;
}

/** Brightest pixel of a key frame, 0 to 255, seen from afar: a dot of light does not count. Null when it cannot be decoded. */
export async function brightestPixel(keyFrame: Buffer, place: DecodePlace): Promise<number | null> {
  const pixels = await decode(keyFrame, ['-vf', 'scale=16:9:flags=area', '-pix_fmt', 'gray', '-f', 'rawvideo'], place);
  return pixels && Math.max(...pixels);
}

/** A key frame as PNG. Null when it cannot be decoded. */
export async function pngOf(keyFrame: Buffer, place: DecodePlace): Promise<Buffer | null> {
  return await decode(keyFrame, ['-c:v', 'png', '-f', 'image2pipe'], place);
}

/** @param keyFrame a transport stream of one picture, tables in front. */
async function decode(keyFrame: Buffer, output: readonly string[], place: DecodePlace): Promise<Buffer | null> {
  const decoder = new Child({
    name: 'decoder',
    command: 'ffmpeg',
    args: [...INPUT, '-frames:v', '1', ...output, '-'],
    env: childEnvironment(place.folder),
    identity: place.identity,
    stdio: { stdin: 'pipe', stdout: 'pipe' },
  });
  const giveUp = () => decoder.signal('SIGKILL');
  const timer = setTimeout(giveUp, DECODE_MS);
  place.signal?.addEventListener('abort', giveUp);
  if (place.signal?.aborted) giveUp();
  decoder.stdin.end(keyFrame);
  try {
    const [pieces, exit] = await Promise.all([decoder.stdout.toArray(), decoder.exited]);
    const bytes = Buffer.concat(pieces);
    return exit.code === 0 && bytes.length > 0 ? bytes : null;
  } finally {
    clearTimeout(timer);
    place.signal?.removeEventListener('abort', giveUp);
  }
}
