import { codecFor } from '../encode/codecs.ts';
import { RecorderError } from '../errors.ts';
import { Child } from '../process/child.ts';
import { childEnvironment } from '../process/environment.ts';
import type { HardwareEncoder, PicturePlan } from '../recording/plan.ts';
import type { Identity } from '../types.ts';

export interface TrialOptions {
  readonly identity: Identity | null;
  /** Ends it at once. */
  readonly signal: AbortSignal;
}

const PICTURE: PicturePlan = { width: 640, height: 360, fps: 30, bitrateKbps: 2000 };
const PICTURES = 30;
/** A driver that hangs is none. */
const LONGEST_MS = 10_000;
/** Structural similarity that any encoder reaches with this pattern and bit rate; broken pictures are far below. */
const LIKENESS = 0.9;

const PATTERN = `testsrc2=s=${PICTURE.width}x${PICTURE.height}:r=${PICTURE.fps}`;
const QUIET = ['-hide_banner', '-nostats', '-loglevel', 'error'];

/**
 * Encodes some pictures with the arguments of a recording, as the user of recordings, and decodes them: what comes out must be
 * what went in.
 *
 * @throws RecorderError `encoder_failed` when anything is otherwise
 */
export async function tryEncoder(encoder: HardwareEncoder, options: TrialOptions): Promise<void> {
  const { before, filters, args } = codecFor(encoder, PICTURE);
  const pattern = ['-f', 'lavfi', '-i', PATTERN, '-frames:v', String(PICTURES)];
  const encoded = await ffmpeg(
    [...QUIET, ...before, ...pattern, '-vf', filters.join(','), ...args, '-f', 'h264', 'pipe:1'],
    null,
    options,
  );
  const numbered = `settb=1/${PICTURE.fps},setpts=N`;
  const compare = `[0:v]${numbered}[a];[1:v]${numbered}[b];[a][b]ssim=shortest=1:stats_file=-`;
  const table = await ffmpeg(
    [...QUIET, '-f', 'h264', '-i', 'pipe:0', '-f', 'lavfi', '-i', PATTERN, '-lavfi', compare, '-f', 'null', '-'],
    encoded,
    options,
  );
  judge(parseLikeness(table.toString()));
}

/** Pure: how like each picture is, out of the table of ffmpeg's filter `ssim`. */
export function parseLikeness(table: string): number[] {
  return [...table.matchAll(/^n:\d+ .*\bAll:([\d.]+)/gm)].map(([, all]) => Number(all));
}

function judge(likeness: readonly number[]): void {
  const worst = Math.min(...likeness);
  if (likeness.length !== PICTURES)
    throw new RecorderError('encoder_failed', `expected ${PICTURES} pictures, got ${likeness.length}`);
  if (worst < LIKENESS)
    throw new RecorderError('encoder_failed', `expected pictures like those that went in, they are so to ${worst}`);
}

async function ffmpeg(
  args: readonly string[],
  input: Buffer | null,
  { identity, signal }: TrialOptions,
): Promise<Buffer> {
  const child = new Child({
    ...{ name: 'encoder', command: 'ffmpeg', args, env: childEnvironment('/'), identity },
    stdio: { ...(input ? { stdin: 'pipe' } : {}), stdout: 'pipe' },
  });
  const kill = () => child.signal('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  const closed = new Promise((resolve) => child.stdout.once('close', resolve));
  if (input) child.stdin.end(input);
  const { code } = await child.close(LONGEST_MS, () => {});
  await closed;
  signal.removeEventListener('abort', kill);
  if (code !== 0) throw new RecorderError('encoder_failed', child.describeExit());
  return Buffer.concat(pieces);
}
