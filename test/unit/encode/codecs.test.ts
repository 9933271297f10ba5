import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  afterFailure,
  codecFor,
  encoderName,
  firstEncoder,
  type PictureEncoder,
  quicker,
} from '../../../src/encode/codecs.ts';
import { type EncodingPlan, STANDALONE, X264_PRESETS } from '../../../src/recording/plan.ts';
import { ffmpegOutput } from '../../probe/tool.ts';
import { readFrames } from '../../support/real-media.ts';

const PICTURE = { width: 320, height: 240, fps: 15, bitrateKbps: 300 };
const VAAPI = { kind: 'vaapi', device: '/dev/dri/renderD128' } as const;
const NVENC = { kind: 'nvenc', device: null } as const;
const PLAN: EncodingPlan = { ...STANDALONE.encoding, preset: 'veryfast' };

const x264 = (preset: (typeof X264_PRESETS)[number]): PictureEncoder => ({ kind: 'x264', preset });

function value(args: readonly string[], option: string): string | undefined {
  return args[args.indexOf(option) + 1];
}

describe('which one', () => {
  test('hardware goes first where there is some, and is called by its name', () => {
    assert.deepEqual(firstEncoder(PLAN), x264('veryfast'));
    assert.deepEqual(firstEncoder({ ...PLAN, hardware: VAAPI }), VAAPI);
    assert.deepEqual([x264('superfast'), VAAPI, NVENC].map(encoderName), ['x264 superfast', 'vaapi', 'nvenc']);
  });

  test('presets go down to the quickest; hardware knows no quicker one', () => {
    const way: string[] = [];
    for (let next: PictureEncoder | null = x264('faster'); next; next = quicker(next)) way.push(encoderName(next));
    assert.deepEqual(way, ['x264 faster', 'x264 veryfast', 'x264 superfast', 'x264 ultrafast']);
    assert.equal(quicker(VAAPI), null);
  });

  test('hardware that died gives way to x264, x264 to itself', () => {
    assert.deepEqual(afterFailure(NVENC, { ...PLAN, hardware: NVENC }), x264('veryfast'));
    assert.deepEqual(afterFailure(x264('ultrafast'), PLAN), x264('ultrafast'));
  });
});

describe('what ffmpeg is told', () => {
  test('every encoder keeps to the bit rate, holds nothing back and says which colours it has', () => {
    for (const encoder of [x264('superfast'), VAAPI, NVENC]) {
      const { args } = codecFor(encoder, PICTURE);
      assert.deepEqual(
        ['-maxrate', '-bufsize', '-bf', '-colorspace'].map((option) => value(args, option)),
        ['300k', '1200k', '0', 'bt709'],
      );
    }
  });

  test('pictures for VAAPI are put where its device is', () => {
    const { before, filters } = codecFor(VAAPI, PICTURE);
    assert.deepEqual(before, ['-vaapi_device', '/dev/dri/renderD128']);
    assert.deepEqual(filters, ['format=nv12', 'hwupload']);
    assert.throws(() => codecFor({ kind: 'vaapi', device: null }, PICTURE), RangeError);
  });

  test('key frames of NVENC are such that one can begin at them, and its quality is constant', () => {
    const { args } = codecFor(NVENC, PICTURE);
    assert.deepEqual([value(args, '-forced-idr'), value(args, '-b:v'), value(args, '-cq')], ['1', '0k', '21']);
  });

  test('a second thread comes only where one would not keep up', () => {
    const threads = (width: number, height: number, fps: number) =>
      value(codecFor(x264('superfast'), { ...PICTURE, width, height, fps }).args, '-threads');
    assert.deepEqual([threads(1280, 720, 60), threads(1920, 1080, 30), threads(1920, 1080, 60)], ['1', '1', '2']);
  });
});

/** Real pictures through a real encoder. @param source filter graph that makes them, with its own times */
async function encode(encoder: PictureEncoder, source: string, fps = PICTURE.fps) {
  const { filters, args } = codecFor(encoder, { ...PICTURE, fps });
  const times = ['-fps_mode', 'passthrough', '-enc_time_base:v', '1:1000000'];
  const output = ['-vf', filters.join(','), ...times, ...args, '-muxdelay', '0', '-f', 'mpegts', 'pipe:1'];
  const stream = await ffmpegOutput(['-copyts', '-f', 'lavfi', '-i', source, ...output]);
  return readFrames(stream).frames.filter(({ kind }) => kind === 'video');
}

const SIZE = `s=${PICTURE.width}x${PICTURE.height}`;

describe('x264', () => {
  for (const preset of X264_PRESETS)
    test(`${preset} gives every picture, in order, within the bit rate, with a key frame where the scene changes`, async () => {
      const scenes = `mandelbrot=${SIZE}:r=15:end_pts=100,trim=duration=4[a];testsrc2=${SIZE}:r=15:d=4[b];[a][b]concat`;
      const frames = await encode(x264(preset), scenes);
      assert.equal(frames.length, 8 * 15);
      assert.ok(frames.every(({ pts }, i) => i === 0 || pts > (frames[i - 1]?.pts ?? 0)));
      assert.deepEqual(
        frames.flatMap(({ key }, i) => (key ? [i] : [])),
        [0, 4 * 15],
      );
      const kbps = (frames.reduce((sum, { packets }) => sum + packets.length, 0) * 8) / 8000;
      // The buffer may be used up once.
      assert.ok(kbps < PICTURE.bitrateKbps * 1.5, `${kbps} kbit/s`);
    });

  test('the first slide after a film is not starved, its key frame gets more than a picture of the film', async () => {
    const film = `mandelbrot=${SIZE}:r=15,trim=duration=6,settb=1/15[a]`;
    const slides = `testsrc2=${SIZE}:r=1:d=4,settb=1/15[b]`;
    const frames = await encode(x264('superfast'), `${film};${slides};[a][b]concat`);
    const sizes = frames.map(({ packets }) => packets.length);
    const ofFilm = sizes.slice(60, 90).reduce((sum, size) => sum + size, 0) / 30;
    assert.equal(frames.length, 94);
    assert.equal(frames[90]?.key, true);
    assert.ok((sizes[90] ?? 0) > ofFilm, `${sizes[90]} bytes after pictures of ${ofFilm}`);
  });

  test('at the slowest rates pictures do not wait for the next one', async () => {
    const frames = await encode(x264('superfast'), `testsrc=${SIZE}:r=1:d=5`, 1);
    assert.equal(frames.length, 5);
  });
});
