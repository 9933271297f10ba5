import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { codecFor, type PictureEncoder } from '../../src/encode/codecs.ts';
import { FILE_KEY_FRAME_S, KEY_FRAME_S, ODD_TIMES } from '../../src/encode/key-frames.ts';
import { pictureOutput, TO_YUV } from '../../src/encode/picture-args.ts';
import { readPackets } from '../../test/probe/media.ts';
import { ffmpegOutput, ffmpegStream } from '../../test/probe/tool.ts';
import { openHeadless } from '../../test/support/headless.ts';
import { type Bench, newFile, SIZE } from './bench-run.ts';
import { table } from './report.ts';

const FPS = 30;
const FRAMES = 300;
const KBPS = 2000;
/** Two pictures that differ by less look the same, and runs differ by as much. */
const EQUAL = 0.0005;
const PICTURE = { ...SIZE, fps: FPS, bitrateKbps: KBPS };
const LOSSLESS = ['-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0'];

/** Pictures that are the same in every run, written down without loss. */
const SCENES: Readonly<Record<string, (bench: Bench, file: string) => Promise<void>>> = { zoom, text };

interface Way {
  readonly name: string;
  /** The measure that the others are held against. */
  readonly isGoal: boolean;
  encode(reference: string, file: string): Promise<void>;
}

const WAYS: readonly Way[] = [
  { name: 'x264 superfast, 2 Mbit/s on average', isGoal: true, encode: averaged },
  {
    name: 'ours, superfast',
    isGoal: false,
    encode: (from, to) => ours({ kind: 'x264', preset: 'superfast' }, from, to),
  },
  { name: 'ours, veryfast', isGoal: false, encode: (from, to) => ours({ kind: 'x264', preset: 'veryfast' }, from, to) },
];

/** How near our pictures come to what was drawn, as against those of an encoder told to use up 2 Mbit/s. */
export async function measurePicture(bench: Bench): Promise<void> {
  const rows: (string | number)[][] = [];
  for (const [scene, make] of Object.entries(SCENES)) {
    const reference = newFile(bench.workshop, 'mkv');
    await make(bench, reference);
    let goal = Number.NaN;
    for (const way of WAYS) {
      const file = newFile(bench.workshop, 'ts');
      await way.encode(reference, file);
      const likeness = await ssim(file, reference);
      rows.push([scene, way.name, likeness.toFixed(4), await kbps(file)]);
      const figure = [`SSIM of the ${scene}: ${way.name}`, likeness] as const;
      if (way.isGoal) {
        goal = likeness;
        bench.report.show('picture', ...figure);
      } else bench.report.atLeast('picture', ...figure, Number((goal - EQUAL).toFixed(4)));
      await rm(file);
    }
    await rm(reference);
  }
  bench.say(table(['pictures', 'encoder', 'SSIM', 'kbit/s'], rows));
}

async function zoom(_: Bench, file: string): Promise<void> {
  const source = `mandelbrot=size=${SIZE.width}x${SIZE.height}:rate=${FPS}`;
  await ffmpegOutput(['-f', 'lavfi', '-i', source, '-frames:v', String(FRAMES), '-vf', TO_YUV, ...LOSSLESS, file]);
}

/** Not a recording: each frame of the page is asked for by its number, so that none can be missing. */
async function text({ pages }: Bench, file: string): Promise<void> {
  await using headless = await openHeadless();
  const { page } = headless;
  await page.setViewport(SIZE);
  await page.goto(pages.url('scrolling'));
  const input = ['-f', 'image2pipe', '-c:v', 'png', '-framerate', String(FPS), '-i', '-'];
  const child = spawn('ffmpeg', ['-v', 'error', ...input, '-vf', TO_YUV, ...LOSSLESS, file], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const ended = once(child, 'close');
  await pipeline(async function* () {
    for (let number = 0; number < FRAMES; number += 1) {
      await page.evaluate(`show(${number})`);
      yield await page.screenshot({ type: 'png', optimizeForSpeed: true });
    }
  }, child.stdin);
  const [code] = await ended;
  if (code !== 0) throw new Error(`ffmpeg ended with code ${code}`);
}

/** With the very arguments of a recording; times as the capture tells them: odd ones ask for a key frame, the first is one anyway. */
async function ours(encoder: PictureEncoder, reference: string, file: string): Promise<void> {
  const us = `2*floor(N*500000/${FPS})+gt(N,0)*eq(mod(N,${FILE_KEY_FRAME_S * FPS}),0)`;
  const times = { filters: ['settb=1/1000000', `setpts='${us}'`], keyFrames: ODD_TIMES };
  const { before } = codecFor(encoder, PICTURE);
  const args = [...before, '-i', reference, ...pictureOutput(times, encoder, PICTURE)];
  await pipeline(
    ffmpegStream(args, () => {}),
    createWriteStream(file),
  );
}

async function averaged(reference: string, file: string): Promise<void> {
  const x264 = ['-c:v', 'libx264', '-preset', 'superfast', '-b:v', `${KBPS}k`, '-g', String(KEY_FRAME_S * FPS)];
  await ffmpegOutput(['-i', reference, ...x264, file]);
}

/** 1: the same. Frame by frame in their order, whatever their times are. */
async function ssim(file: string, reference: string): Promise<number> {
  const even = `settb=AVTB,setpts=N/${FPS}/TB`;
  const filter = `[0:v]${even}[a];[1:v]${even}[b];[a][b]ssim`;
  let all = Number.NaN;
  const args = ['-i', file, '-i', reference, '-lavfi', filter, '-f', 'null', '-'];
  for await (const _ of ffmpegStream(args, (line) => {
    const found = /SSIM .*All:(\S+)/.exec(line)?.[1];
    if (found !== undefined) all = Number(found);
  }));
  return all;
}

async function kbps(file: string): Promise<number> {
  const packets = await readPackets(file, 'video');
  if (packets.length !== FRAMES) throw new Error(`expected ${FRAMES} pictures, got ${packets.length}`);
  return (packets.reduce((sum, { bytes }) => sum + bytes, 0) * 8) / (FRAMES / FPS) / 1000;
}
