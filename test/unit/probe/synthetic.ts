import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COLUMNS, encodeCells } from '../../probe/barcode.ts';

export interface Synthetic {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** The page frame that each picture shows; null draws no bar code. */
  readonly numbers: readonly (number | null)[];
  /** Whether picture `i` is a flash. */
  readonly flash: (index: number) => boolean;
  /** ffmpeg's `aevalsrc` expression of the time `t`, or null for no sound. */
  readonly sound: string | null;
  /** Arguments of the output, before its name. */
  readonly output: readonly string[];
  readonly soundDelayS?: number;
}

export interface Folder extends AsyncDisposable {
  readonly path: string;
}

export async function makeFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'tapehead-probe-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A recording with known contents. */
export async function synthesize(file: string, options: Synthetic): Promise<void> {
  const { width, height, fps, sound } = options;
  const picture = ['-f', 'rawvideo', '-pix_fmt', 'gray', '-s', `${width}x${height}`, '-r', String(fps), '-i', '-'];
  const seconds = options.numbers.length / fps;
  const source = `aevalsrc='${sound}':s=48000:d=${seconds}`;
  const audio = sound === null ? [] : ['-itsoffset', String(options.soundDelayS ?? 0), '-f', 'lavfi', '-i', source];
  await pipeInto(['-y', '-v', 'error', ...audio, ...picture, ...options.output, file], function* () {
    for (const [i, number] of options.numbers.entries()) yield draw(width, height, number, options.flash(i));
  });
}

function draw(width: number, height: number, number: number | null, flash: boolean): Buffer {
  const picture = Buffer.alloc(width * height, flash ? 255 : 60);
  if (number !== null) drawCode(picture, width, number);
  return picture;
}

/** @param picture greys, `width` in a row */
export function drawCode(picture: Buffer, width: number, number: number): void {
  for (const [cell, white] of encodeCells(number).entries()) {
    const left = Math.round(((cell % COLUMNS) * width) / COLUMNS);
    const right = Math.round((((cell % COLUMNS) + 1) * width) / COLUMNS);
    const row = Math.floor(cell / COLUMNS);
    for (let y = Math.round((row * width) / 24); y < Math.round(((row + 1) * width) / 24); y += 1) {
      picture.fill(white ? 255 : 0, y * width + left, y * width + right);
    }
  }
}

/** Runs ffmpeg with pictures on its standard input. */
export async function pipeInto(args: readonly string[], pictures: () => Iterable<Buffer>): Promise<void> {
  const child = spawn('ffmpeg', args, { stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  child.stdin.on('error', () => {});
  for (const picture of pictures()) {
    if (!child.stdin.write(picture)) await new Promise((resolve) => child.stdin.once('drain', resolve));
  }
  child.stdin.end();
  const code = await ended;
  if (code !== 0) throw new Error(`ffmpeg ended with code ${code}`);
}
