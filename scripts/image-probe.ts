/**
 * Runs inside of the image, on the image's own Node: records a page that moves and sounds, and judges the file.
 * Imports nothing of the project.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const LAUNCHER = '/opt/tapehead/scripts/tapehead';
const SIZE = { width: 640, height: 360 };
const SECONDS = 5;
const TOLERANCE_S = 0.3;

const PAGE = `<!doctype html><title>Moving and sounding</title><body style="margin:0;background:navy">
<div id="box" style="position:absolute;top:100px;width:100px;height:100px;background:gold"></div>
<script>
  const move = (now) => { box.style.left = (now / 5) % 540 + 'px'; requestAnimationFrame(move); };
  requestAnimationFrame(move);
  const audio = new AudioContext();
  const tone = new OscillatorNode(audio, { frequency: 440 });
  tone.connect(audio.destination);
  tone.start();
</script>`;

interface Probe {
  readonly streams: readonly { codec_type: string; width?: number; height?: number }[];
  readonly format: { duration: string };
}

function run(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 26 });
}

function problemsOf(file: string): string[] {
  const probe: Probe = JSON.parse(
    run('ffprobe', ['-v', 'error', '-show_streams', '-show_format', '-of', 'json', file]),
  );
  const video = probe.streams.find((stream) => stream.codec_type === 'video');
  const frames = hashes(file, 'v');
  const checks: readonly (readonly [boolean, string])[] = [
    [video?.width === SIZE.width && video.height === SIZE.height, `the picture is ${video?.width}x${video?.height}`],
    [probe.streams.some((stream) => stream.codec_type === 'audio'), 'there is no sound'],
    [Math.abs(Number(probe.format.duration) - SECONDS) <= TOLERANCE_S, `it lasts ${probe.format.duration} s`],
    [new Set(frames).size > frames.length / 2, `of ${frames.length} frames ${new Set(frames).size} are different`],
    [new Set(hashes(file, 'a')).size > 2, 'the sound is silence'],
  ];
  return checks.filter(([isRight]) => !isRight).map(([, problem]) => problem);
}

/** A hash of each decoded frame of the picture or block of the sound. */
function hashes(file: string, stream: 'v' | 'a'): string[] {
  const lines = run('ffmpeg', ['-v', 'error', '-i', file, '-map', `0:${stream}`, '-f', 'framehash', '-']).split('\n');
  return lines.filter((line) => line && !line.startsWith('#')).map((line) => line.slice(line.lastIndexOf(',') + 1));
}

function surroundings(): string[] {
  const init = readFileSync('/proc/1/comm', 'utf8').trim();
  return [
    ...(process.getuid?.() === 0 ? ['the container runs as root'] : []),
    ...(init === 'tini' ? [] : [`process 1 is ${init}, not an init`]),
  ];
}

async function record(url: string, file: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const size = `${SIZE.width}x${SIZE.height}`;
  const child = spawn(LAUNCHER, ['record', url, '--out', file, '--duration', `${SECONDS}s`, '--size', size], {
    stdio: 'inherit',
  });
  child.on('error', reject);
  child.on('exit', (code, signal) =>
    code === 0 ? resolve() : reject(new Error(`recording ended with ${code ?? signal}`)),
  );
  await promise;
}

const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(PAGE));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const folder = mkdtempSync('/data/image-probe-');
try {
  const file = join(folder, 'probe.mp4');
  await record(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, file);
  const problems = [...surroundings(), ...problemsOf(file)];
  for (const problem of problems) console.error(`image-probe: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
} finally {
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
