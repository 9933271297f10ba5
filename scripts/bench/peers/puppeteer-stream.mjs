/**
 * The usual recipe with puppeteer-stream: the browser encodes VP8 and Opus, ffmpeg makes H.264 and AAC of it.
 * Arguments: URL FILE SECONDS WIDTH HEIGHT FPS.
 */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { getStream, launch } from 'puppeteer-stream';

const [url, file, ...numbers] = process.argv.slice(2);
const [seconds, width, height, fps] = numbers.map(Number);

const browser = await launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  headless: 'new',
  defaultViewport: { width, height },
  // With the default of 250 ms the extension is not there yet, and an unhandled rejection ends the process.
  startDelay: 4000,
});
const page = await browser.newPage();
await page.goto(url, { waitUntil: 'load' });
const stream = await getStream(page, {
  audio: true,
  video: true,
  mimeType: 'video/webm;codecs=vp8,opus',
  videoConstraints: {
    mandatory: {
      minWidth: width,
      maxWidth: width,
      minHeight: height,
      maxHeight: height,
      minFrameRate: fps,
      maxFrameRate: fps,
    },
  },
});
// The browser's WebM claims 1000 frames per second, which ffmpeg would otherwise fill up.
const ffmpeg = spawn(
  'ffmpeg',
  [
    ...[
      '-y',
      '-v',
      'error',
      '-i',
      '-',
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-pix_fmt',
      'yuv420p',
      '-r',
      String(fps),
    ],
    ...['-b:v', '2000k', '-maxrate', '2000k', '-bufsize', '4000k', '-c:a', 'aac', '-b:a', '128k', file],
  ],
  { stdio: ['pipe', 'inherit', 'inherit'] },
);
stream.on('error', () => {});
ffmpeg.stdin.on('error', () => {});
stream.pipe(ffmpeg.stdin);
const ended = new Promise((resolve) => ffmpeg.on('close', resolve));

await sleep(seconds * 1000);
stream.unpipe(ffmpeg.stdin);
ffmpeg.stdin.end();
const code = await ended;
browser.process()?.kill('SIGKILL');
process.exit(code);
