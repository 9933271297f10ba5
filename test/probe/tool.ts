import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs ffprobe on what its last argument names, and gives its JSON. */
export async function probeJson(args: readonly string[]): Promise<unknown> {
  // A slice of ten packets or less is taken for something else when the format is to be guessed.
  const format = args.at(-1)?.endsWith('.ts') ? ['-f', 'mpegts'] : [];
  const { stdout } = await execute('ffprobe', ['-v', 'error', '-of', 'json', ...format, ...args], {
    maxBuffer: 1 << 30,
  });
  return JSON.parse(stdout);
}

/** Runs ffmpeg to its end and gives what it wrote to its standard output. */
export async function ffmpegOutput(args: readonly string[]): Promise<Buffer> {
  const { stdout } = await execute('ffmpeg', ['-nostdin', '-v', 'error', ...args], {
    maxBuffer: 1 << 30,
    encoding: 'buffer',
  });
  return stdout;
}

/**
 * Runs ffmpeg with raw media on its standard output, and gives it piece by piece. Each line of its standard error goes to
 * `onLine`: there the filters showinfo and ashowinfo tell the times, sooner or later than the media itself arrives; all
 * lines have been given when the pieces are over.
 */
export async function* ffmpegStream(args: readonly string[], onLine: (line: string) => void): AsyncGenerator<Buffer> {
  const child = spawn('ffmpeg', ['-nostdin', '-hide_banner', '-nostats', '-v', 'info', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const tail: string[] = [];
  const lines = createInterface({ input: child.stderr });
  lines.on('line', (line) => {
    onLine(line);
    tail.push(line);
    if (tail.length > 8) tail.shift();
  });
  const ended = Promise.all([
    new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', (code) => resolve(code))),
    new Promise<void>((resolve) => lines.on('close', resolve)),
  ]);
  ended.catch(() => {});
  try {
    for await (const piece of child.stdout) yield piece as Buffer;
    const [code] = await ended;
    if (code !== 0) throw new Error(`ffmpeg ended with code ${code}: ${tail.join(' | ')}`);
  } finally {
    child.kill('SIGKILL');
  }
}
