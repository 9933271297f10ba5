import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LEAD_IN, type TimedFrame } from '../../../src/output/take.ts';
import { type HowMade, QualityWatch, type QualityWatchOptions } from '../../../src/quality/quality-watch.ts';
import { AUDIO_PROFILES, type MediaPlan, type SoundPlan } from '../../../src/recording/plan.ts';
import type { MediaInterval } from '../../../src/recording/status.ts';
import { timedFrame } from '../../support/packets.ts';
import type { RealMedia } from '../../support/real-media.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { encodeScenes, PICTURE, type Scene, SILENCE, TONE } from './scenes.ts';
import { encodeSparse, KEY_S, type SparseScene } from './sparse-scenes.ts';

const MOVING = { picture: 'testsrc2' };
const STILL = { picture: 'mandelbrot', filter: 'loop=-1:1:0' };
const BLACK = { picture: 'color=c=black' };
const WHITE = { picture: 'color=c=white' };

const HOW: HowMade = { capture: 'damage', encoder: 'x264 veryfast', economies: [], keyEveryS: 2, soundShift: 0 };

const MEDIA: MediaPlan = { picture: PICTURE, sound: AUDIO_PROFILES[0] as SoundPlan };

function watchOf(options: Partial<QualityWatchOptions> = {}): QualityWatch {
  const look = () => Promise.resolve(null);
  return new QualityWatch({ ...MEDIA, folder: '/', identity: null, look, ...options });
}

function isNear(found: readonly MediaInterval[], expected: readonly (readonly [number, number])[]): void {
  const text = JSON.stringify(found);
  assert.equal(found.length, expected.length, text);
  for (const [i, [from, to]] of expected.entries()) {
    assert.ok(Math.abs((found[i]?.fromMs ?? 0) - from * 1000) <= 1000, text);
    assert.ok(Math.abs((found[i]?.toMs ?? 0) - to * 1000) <= 1000, text);
  }
}

describe('real media', () => {
  /** Feeds what was encoded, as slowly as looks at pictures need it. */
  async function judge(media: RealMedia) {
    await using folder = await makeTempFolder();
    await using watch = new QualityWatch({ ...MEDIA, folder: folder.path, identity: null });
    watch.tables = media.tables;
    for (const frame of media.frames) {
      watch.frame(frame);
      await watch.looked();
    }
    return watch.end();
  }

  test('silent, still and black stretches are found where they are', async () => {
    const scenes: Scene[] = [
      { seconds: 3.3, ...MOVING, sound: TONE },
      { seconds: 5.5, ...STILL, sound: SILENCE },
      { seconds: 3.1, ...MOVING, sound: TONE },
      { seconds: 6.2, ...BLACK, sound: TONE },
      { seconds: 3, ...MOVING, sound: SILENCE },
      { seconds: 4.2, ...WHITE, sound: TONE },
      { seconds: 1.5, ...BLACK, sound: SILENCE },
      { seconds: 2, ...MOVING, sound: TONE },
    ];
    const report = await judge(await encodeScenes(scenes));
    isNear(report.silent, [
      [3.3, 8.8],
      [18.1, 21.1],
    ]);
    isNear(report.black, [[11.9, 18.1]]);
    isNear(report.frozen, [
      [3.3, 8.8],
      [11.9, 18.1],
      [21.1, 25.3],
    ]);
    assert.equal(report.fps, PICTURE.fps);
    assert.equal(report.repeatedFrames, 0);
    assert.equal(report.soundOffsetMs, 0);
  });

  for (const sound of AUDIO_PROFILES as readonly SoundPlan[]) {
    test(`silence with ${sound.channels} channels at ${sound.bitrateKbps} kbit/s, and no softest tone`, async () => {
      // One bit of sixteen, the least that is not silence.
      const soft = 'aevalsrc=exprs=0.00003*sin(440*2*PI*t):s=48000';
      const scenes: Scene[] = [
        { seconds: 3, ...MOVING, sound: soft },
        { seconds: 8, ...MOVING, sound: SILENCE },
        { seconds: 3, ...MOVING, sound: soft },
      ];
      const media = await encodeScenes(scenes, sound);
      const { silent, frozen } = await judge(media);
      isNear(silent, [[3, 11]]);
      assert.deepEqual(frozen, []);
      const heardAt: number[] = [];
      let now = 0;
      const watch = watchOf({ onHeard: () => heardAt.push(now) });
      for (const frame of media.frames) {
        now = (frame.mediaTime - LEAD_IN) / 90_000;
        watch.frame(frame);
      }
      assert.ok(heardAt.length > 200);
      assert.ok(heardAt.every((second) => second < 3.2 || second > 10.8));
    });
  }

  for (const [name, inset] of [
    ['a small video on a still page', 'mandelbrot=s=96x54:r=15:end_scale=0.01:end_pts=300'],
    ['a large video', 'mandelbrot=s=320x240:r=15:end_scale=0.01:end_pts=300'],
  ] as const) {
    test(`${name} is neither still nor black`, async () => {
      const filter = `loop=-1:1:0[page];${inset}[video];[page][video]overlay`;
      const { frozen, black } = await judge(
        await encodeScenes([{ seconds: 12, picture: 'mandelbrot', filter, sound: TONE }]),
      );
      assert.deepEqual([frozen, black], [[], []]);
    });
  }
});

describe('pictures only when something has been drawn', () => {
  const moving = { ...MOVING, drawnEvery: 0 };
  const still = (scene: Pick<Scene, 'picture' | 'filter'>) => ({ ...scene, drawnEvery: Number.POSITIVE_INFINITY });

  async function judge(scenes: readonly SparseScene[]) {
    const media = await encodeSparse(scenes);
    await using folder = await makeTempFolder();
    await using watch = new QualityWatch({ ...MEDIA, folder: folder.path, identity: null });
    watch.tables = media.tables;
    watch.told({ ...HOW, keyEveryS: KEY_S });
    for (const frame of media.frames) {
      watch.frame(frame);
      await watch.looked();
    }
    watch.endAt(LEAD_IN + scenes.reduce((sum, { seconds }) => sum + seconds, 0) * 90_000);
    return watch.end();
  }

  test('still and black stretches are found where they are', async () => {
    const { frozen, black, repeatedFrames } = await judge([
      { seconds: 3.2, ...moving },
      { seconds: 5.6, ...still(STILL) },
      { seconds: 3, ...moving },
      { seconds: 6.2, ...still(BLACK) },
      { seconds: 6.4, ...still(WHITE) },
      { seconds: 2, ...moving },
    ]);
    isNear(frozen, [
      [3.2, 8.8],
      [11.8, 18],
      [18, 24.4],
    ]);
    isNear(black, [[11.8, 18]]);
    assert.equal(repeatedFrames, 0);
  });

  test('a page that stands still to the end is frozen to the end', async () => {
    const { frozen, fps } = await judge([
      { seconds: 2, ...moving },
      { seconds: 8.8, ...still(STILL) },
    ]);
    isNear(frozen, [[2, 10.8]]);
    assert.ok(fps < 5, `${fps} pictures per second`);
  });

  test('a page on which only a cursor blinks is frozen', async () => {
    const filter = `loop=-1:1:0,drawbox=x=100:y=100:w=2:h=16:color=black:t=fill:enable='lt(mod(t,1.2),0.6)'`;
    const { frozen } = await judge([
      { seconds: 3.2, ...moving },
      { seconds: 12, picture: 'color=c=white', filter, drawnEvery: 0.6 },
      { seconds: 2, ...moving },
    ]);
    const { fromMs = 0, toMs } = frozen.at(-1) ?? {};
    assert.ok(frozen.length === 1 && fromMs >= 3000 && fromMs < 7500, JSON.stringify(frozen));
    assert.ok(Math.abs((toMs ?? 0) - 15_200) <= 1000, JSON.stringify(frozen));
  });

  test('a page that changes once a second is not', async () => {
    const clock = 'mandelbrot=s=160x120:r=1:end_scale=0.001:end_pts=14';
    const filter = `loop=-1:1:0[page];${clock}[clock];[page][clock]overlay`;
    const { frozen, black } = await judge([{ seconds: 14, picture: 'mandelbrot', filter, drawnEvery: 1 }]);
    // What a key frame shows anew its size does not tell: two seconds may seem to be one.
    const long = frozen.filter(({ fromMs, toMs }) => (toMs ?? 0) - fromMs > 2500);
    assert.deepEqual([long, black], [[], []], JSON.stringify(frozen));
  });
});

describe('counts', () => {
  const interval = 90_000 / PICTURE.fps;

  function pictures(count: number, change: (n: number) => Partial<TimedFrame> = () => ({})): TimedFrame[] {
    return Array.from({ length: count }, (_, n) => ({
      ...timedFrame({ key: n === 0, mediaTime: LEAD_IN + n * interval }),
      ...change(n),
    }));
  }

  test('pictures per second of media, and those shown longer', () => {
    const watch = watchOf();
    const frames = pictures(150).filter((_, n) => n % 3 !== 1);
    for (const [n, frame] of frames.entries()) watch.frame({ ...frame, missing: n % 2 });
    const { fps, repeatedFrames } = watch.report;
    assert.deepEqual([fps, repeatedFrames], [10, 50]);
  });

  test('before the first picture there is nothing to tell', () => {
    const { fps, soundOffsetMs, silent } = watchOf().report;
    assert.deepEqual([fps, soundOffsetMs, silent], [0, null, []]);
  });

  test('what happened beside the media', () => {
    const watch = watchOf();
    watch.note('reloads');
    watch.note('reloads');
    watch.note('encodersReplaced');
    const { reloads, browsersReplaced, encodersReplaced } = watch.report;
    assert.deepEqual([reloads, browsersReplaced, encodersReplaced], [2, 0, 1]);
  });

  test('cores are the mean of the last half minute, memory is what was last read', () => {
    const watch = watchOf();
    assert.deepEqual([watch.report.cores, watch.report.memoryMB], [0, 0]);
    for (let second = 0; second <= 60; second += 5) {
      // One core in the first half minute, half a core in the second.
      const cpuSeconds = Math.min(second, 30) + Math.max(0, second - 30) / 2;
      watch.used({ cpuSeconds, memoryBytes: second === 30 ? 412_400_000 : null }, second * 1000);
    }
    assert.deepEqual([watch.report.cores, watch.report.memoryMB], [0.5, 412]);
  });

  test('what runs, and what was made cheaper', () => {
    const watch = watchOf();
    assert.equal(watch.report.capture, null);
    const how = {
      capture: 'damage' as const,
      encoder: 'x264 superfast',
      economies: [{ step: 'half_rate' as const, atMs: 5 }],
    };
    watch.told({ ...HOW, ...how });
    const { capture, encoder, economies } = watch.report;
    assert.deepEqual({ capture, encoder, economies }, how);
  });

  test('a take that ends with a still picture lasts as long as it is shown', () => {
    const watch = watchOf({ sound: null });
    for (const frame of pictures(60)) watch.frame(frame);
    watch.endAt(LEAD_IN + 4.8 * 90_000);
    assert.deepEqual(watch.end().frozen, [{ fromMs: 0, toMs: 4800 }]);
  });

  test('sound that is put later than it was captured, beside the shift that is meant', () => {
    const watch = watchOf();
    watch.told({ ...HOW, soundShift: 900 });
    for (const [n, frame] of pictures(150).entries()) {
      watch.frame(frame);
      const mediaTime = LEAD_IN + n * interval + 900 + 450;
      const sound = timedFrame({ kind: 'audio', mediaTime });
      assert.equal(watch.report.soundOffsetMs === null, n < 100);
      watch.frame({ ...sound, capturedMs: frame.capturedMs });
    }
    assert.equal(watch.report.soundOffsetMs, 5);
  });

  test('a stretch that goes on has no end until the recording has', () => {
    const watch = watchOf();
    for (const frame of pictures(60)) watch.frame(frame);
    assert.deepEqual(watch.report.frozen, [{ fromMs: 0, toMs: null }]);
    assert.deepEqual(watch.end().frozen, [{ fromMs: 0, toMs: 4000 }]);
  });

  test('a still screen before a hold and after it are two stretches', () => {
    const watch = watchOf();
    const heldFrom = 45;
    const late = (n: number) => (n < heldFrom ? {} : { capturedMs: 2_000_000 + n, key: n === heldFrom });
    for (const frame of pictures(90, late)) watch.frame(frame);
    assert.deepEqual(watch.end().frozen, [
      { fromMs: 0, toMs: 3000 },
      { fromMs: 3000, toMs: 6000 },
    ]);
  });

  test('the last key frame is told with its tables', () => {
    const watch = watchOf();
    assert.equal(watch.lastKeyFrame, null);
    watch.tables = Buffer.from('tables');
    const [key, other] = pictures(2);
    assert.ok(key && other);
    watch.frame(key);
    watch.frame(other);
    assert.deepEqual(watch.lastKeyFrame, Buffer.concat([Buffer.from('tables'), key.packets]));
  });
});

describe('one kind alone', () => {
  const sounds = (count: number) =>
    Array.from({ length: count }, (_, n) => timedFrame({ kind: 'audio', mediaTime: LEAD_IN + n * 1920 }));

  test('of sound alone silence is told, up to where the media ends, and nothing of pictures', () => {
    const watch = watchOf({ picture: null });
    for (const frame of sounds(300)) watch.frame(withPayload(frame, 25));
    const { silent, black, frozen, fps, soundOffsetMs } = watch.end();
    assert.deepEqual(silent, [{ fromMs: 0, toMs: 6400 }]);
    assert.deepEqual([black, frozen, fps, soundOffsetMs], [[], [], 0, null]);
    assert.equal(watch.lastKeyFrame, null);
  });

  test('of pictures alone nobody misses the sound', () => {
    const watch = watchOf({ sound: null });
    const picture = (n: number) => timedFrame({ key: n === 0, mediaTime: LEAD_IN + (n * 90_000) / PICTURE.fps });
    for (let n = 0; n < 90; n += 1) watch.frame(picture(n));
    const { silent, fps } = watch.end();
    assert.deepEqual([silent, fps], [[], PICTURE.fps]);
  });
});

/** The frame with so many bytes in its first packet, the others of it filled up. */
function withPayload(frame: TimedFrame, bytes: number): TimedFrame {
  const packets = Buffer.from(frame.packets);
  packets.writeUInt8(0x30, 3);
  packets.writeUInt8(188 - 4 - 1 - bytes, 4);
  return { ...frame, packets };
}
