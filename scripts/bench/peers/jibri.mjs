/**
 * Jibri's pipeline with its published arguments, at the bench's size. Two things differ: the sound comes from a PulseAudio
 * sink, as in its newer images, for want of the kernel module snd_aloop, and no Selenium drives the browser.
 * Arguments: URL FILE SECONDS WIDTH HEIGHT FPS.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [url, file, ...numbers] = process.argv.slice(2);
const [seconds, width, height, fps] = numbers.map(Number);
const folder = `${file}.jibri`;
const socket = join(folder, 'sound.sock');
const children = [];

function start(program, args, env, stdio) {
  const child = spawn(program, args, { stdio, env: { ...process.env, ...env } });
  children.push(child);
  return child;
}

async function startDisplay() {
  const args = ['-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp', '-ac', '-noreset'];
  const server = start('Xvfb', args, {}, ['ignore', 'ignore', 'ignore', 'pipe']);
  const [number] = await once(server.stdio[3], 'data');
  return `:${String(number).trim()}`;
}

async function startSound() {
  const modules = [
    `module-native-protocol-unix socket=${socket} auth-anonymous=1`,
    'module-null-sink sink_name=recording',
  ];
  const options = ['-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1'];
  start(
    'pulseaudio',
    [...options, ...modules.flatMap((module) => ['-L', module])],
    { XDG_RUNTIME_DIR: folder },
    'ignore',
  );
  for (
    let tries = 0;
    tries < 100 &&
    !(await access(socket).then(
      () => true,
      () => false,
    ));
    tries += 1
  )
    await sleep(50);
}

await mkdir(folder, { recursive: true });
const [DISPLAY] = await Promise.all([startDisplay(), startSound()]);
const env = { DISPLAY, PULSE_SERVER: `unix:${socket}`, PULSE_SINK: 'recording' };
start(
  process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  [
    ...['--use-fake-ui-for-media-stream', '--start-maximized', '--kiosk', '--enabled'],
    ...['--autoplay-policy=no-user-gesture-required', '--no-first-run', `--window-size=${width},${height}`],
    ...['--window-position=0,0', `--user-data-dir=${folder}/profile`, '--password-store=basic', url],
  ],
  env,
  'ignore',
);
await sleep(4000);

const ffmpeg = start(
  'ffmpeg',
  [
    ...['-y', '-v', 'error', '-f', 'x11grab', '-draw_mouse', '0', '-r', String(fps), '-s', `${width}x${height}`],
    ...['-thread_queue_size', '4096', '-i', `${DISPLAY}.0+0,0`],
    ...['-f', 'pulse', '-thread_queue_size', '4096', '-i', 'recording.monitor'],
    ...['-acodec', 'aac', '-strict', '-2', '-ar', '44100', '-b:a', '128k', '-af', 'aresample=async=1'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'main', '-level', '3.1', '-pix_fmt', 'yuv420p'],
    ...['-r', String(fps), '-crf', '25', '-timestamp', 'now', '-f', 'mp4', file],
  ],
  env,
  ['pipe', 'inherit', 'inherit'],
);
const ended = new Promise((resolve) => ffmpeg.on('close', resolve));
await Promise.race([sleep(seconds * 1000), ended]);
ffmpeg.stdin.on('error', () => {});
ffmpeg.stdin.write('q');
const code = await ended;
for (const child of children) child.kill('SIGTERM');
await sleep(500);
process.exit(code);
