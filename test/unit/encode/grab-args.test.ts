import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { firstEncoder } from '../../../src/encode/codecs.ts';
import { GATE, gateLeadMs, grabInput, openGate } from '../../../src/encode/grab-args.ts';
import { GRABS } from '../../../src/encode/grabs.ts';
import { KEY_FRAME_S } from '../../../src/encode/key-frames.ts';
import { even, pictureArgs } from '../../../src/encode/picture-args.ts';
import { soundArgs } from '../../../src/encode/sound-args.ts';
import { AUDIO_PROFILES, type PicturePlan, refreshRate, STANDALONE } from '../../../src/recording/plan.ts';
import { expression } from '../../support/expression.ts';

const PICTURE: PicturePlan = { width: 1280, height: 720, fps: 30, bitrateKbps: 2000 };
const fpsRange = fc.integer({ min: 1, max: 60 });
/** At 1 and 2 each picture is a key frame. */
const withOthers = fc.integer({ min: 3, max: 60 });

function args(changes: Partial<PicturePlan> = {}): string[] {
  const picture = { ...PICTURE, ...changes };
  return pictureArgs(grabInput(':7', picture), firstEncoder(STANDALONE.encoding), picture);
}

/** Value of an option. */
function value(list: readonly string[], option: string): string | undefined {
  return list[list.indexOf(option) + 1];
}

/** What stands between the quotes behind `name=` in the filters. */
function quoted(filters: string, name: string): string {
  const found = new RegExp(`${name}='([^']*)'`).exec(filters)?.[1];
  assert.ok(found, `${name} in ${filters}`);
  return found;
}

test('pictures and sound come from their own places, each with its own clock', () => {
  const sounds = AUDIO_PROFILES.map((sound) => soundArgs('tapehead.monitor', sound));
  for (const list of [args(), ...sounds]) {
    assert.ok(list.includes('-copyts'));
    assert.equal(list.at(-1), 'pipe:1');
    assert.equal(list.filter((argument) => argument === '-i').length, 1);
  }
  assert.deepEqual([value(args(), '-f'), value(args(), '-i')], ['x11grab', ':7']);
  assert.equal(value(args(), '-draw_mouse'), '0');
  for (const list of sounds) {
    assert.deepEqual([value(list, '-f'), value(list, '-i')], ['pulse', 'tapehead.monitor']);
    assert.equal(value(list, '-streamid'), '0:257');
  }
});

test('the slowest recordings have a display that is drawn at least five times a second, a multiple of their rate', () => {
  for (let fps = 1; fps <= 60; fps += 1) {
    const refresh = refreshRate(fps);
    assert.equal(refresh % fps, 0);
    assert.ok(refresh >= 5 && (fps < 5 || refresh === fps), `${refresh} for ${fps}`);
    assert.equal(value(args({ fps }), '-framerate'), String(GRABS * refresh));
  }
});

test('the three audio profiles come out as channels and bit rate', () => {
  const told = AUDIO_PROFILES.map((sound) => soundArgs('x', sound)).map((list) => [
    value(list, '-ac'),
    value(list, '-b:a'),
  ]);
  assert.deepEqual(told, [
    ['1', '48k'],
    ['1', '128k'],
    ['2', '192k'],
  ]);
});

test('an odd size is captured without its last column and row', () => {
  assert.equal(value(args({ width: 641, height: 361 }), '-video_size'), '640x360');
  assert.equal(value(args({ width: 640, height: 360 }), '-video_size'), '640x360');
  assert.deepEqual([240, 241, 1919, 1920].map(even), [240, 240, 1918, 1920]);
});

test('all arguments are text without a number that is none', () => {
  fc.assert(
    fc.property(fpsRange, fc.integer({ min: 240, max: 1920 }), (fps, width) => {
      for (const argument of args({ fps, width })) {
        assert.doesNotMatch(argument, /NaN|undefined|Infinity|\de[+-]?\d/);
        assert.equal(argument.split('(').length, argument.split(')').length, argument);
        assert.equal(argument.split("'").length % 2, 1, argument);
      }
    }),
  );
});

test('while it is armed one picture or two pass now and then, never none', () => {
  fc.assert(
    fc.property(fpsRange, fc.double({ min: 0, max: 1, noNaN: true }), (fps, phase) => {
      const filters = value(args({ fps }), '-vf') ?? '';
      assert.ok(filters.startsWith(`${GATE}=mode=select:key=never:`));
      const closed = expression(quoted(filters, 'enable'));
      const everyS = fps < 3 ? 0.5 : Math.max(0.5, 4 / fps);
      const rate = GRABS * refreshRate(fps);
      const passed = Array.from({ length: Math.ceil(20 * everyS * rate) }, (_, i) => (i + phase) / rate).filter(
        (t) => !closed({ t }),
      );
      const perRound = Map.groupBy(passed, (t) => Math.floor(t / everyS));
      for (let round = 1; round < 19; round += 1) {
        const count = perRound.get(round)?.length ?? 0;
        assert.ok(count === 1 || count === 2, `${count} pictures in round ${round}`);
      }
    }),
  );
});

const FROM_MS = 1_795_348_800_123.5;

test('opened, the gate holds back what was captured before its moment', () => {
  const closed = expression(openGate(FROM_MS, FROM_MS, 30));
  assert.notEqual(closed({ t: 1_795_348_800.1234 }), 0);
  assert.equal(closed({ t: 1_795_348_800.1236 }), 0);
});

test('opened, the gate lets one grab per frame through, however late or early it comes within half a step', () => {
  const late = fc.double({ min: -0.48, max: 0.48, noNaN: true });
  fc.assert(
    fc.property(fpsRange, fc.integer({ min: 0, max: 1e6 }), late, (fps, offsetMs, jitter) => {
      const keptMs = FROM_MS + offsetMs / 1000;
      const closed = expression(openGate(FROM_MS - 1000, keptMs, fps));
      for (const interval of [1, 7, 100, 100_000]) {
        const rate = GRABS * refreshRate(fps);
        const t = keptMs / 1000 + interval / fps + jitter / rate;
        assert.equal(closed({ t }), 0);
        for (let other = 1; other < rate / fps; other += 1) assert.equal(closed({ t: t + other / rate }), 1);
      }
    }),
  );
});

test('the gate is told to open early enough for the encoder to listen and for a gap before it', () => {
  for (let fps = 1; fps <= 60; fps += 1) {
    const gapMs = fps < 3 ? 0 : 2500 / fps;
    assert.ok(gateLeadMs(fps) >= 100 + gapMs, `${fps} a second`);
    assert.ok(gateLeadMs(fps) <= 1200, `${fps} a second`);
  }
});

test('of two pictures grabbed at once the second is dropped, evenly spaced ones stay', () => {
  fc.assert(
    fc.property(fpsRange, (fps) => {
      const keeps = expression(quoted(value(args({ fps }), '-vf') ?? '', 'select'));
      assert.ok(keeps({ t: 5, prev_selected_t: Number.NaN }));
      assert.ok(keeps({ t: 5 + 0.75 / fps, prev_selected_t: 5 }));
      assert.ok(!keeps({ t: 5 + 0.3 / fps, prev_selected_t: 5 }));
    }),
  );
});

/** Numbers of the pictures that the rule makes key frames. */
function keyFrames(fps: number, times: readonly number[]): number[] {
  const text = value(args({ fps }), '-force_key_frames') ?? '';
  assert.ok(text.startsWith('expr:'));
  const due = expression(text.slice('expr:'.length));
  const forced: number[] = [];
  for (const [n, t] of times.entries()) {
    const last = forced.at(-1);
    const previous = { prev_forced_n: last ?? Number.NaN, prev_forced_t: times[last ?? -1] ?? Number.NaN };
    if (due({ n, t, n_forced: forced.length, ...previous })) forced.push(n);
  }
  return forced;
}

test('at one and two pictures a second each one is a key frame', () => {
  for (const fps of [1, 2]) assert.deepEqual(keyFrames(fps, [0, 0.5, 0.9, 1.9]), [0, 1, 2, 3]);
});

test('a key frame comes first and then every two seconds', () => {
  fc.assert(
    fc.property(withOthers, (fps) => {
      const times = Array.from({ length: 10 * fps }, (_, i) => 1_795_348_800 + i / fps);
      const expected = [0, 1, 2, 3, 4].map((i) => i * KEY_FRAME_S * fps);
      assert.deepEqual(keyFrames(fps, times), expected);
    }),
  );
});

test('a picture lost now and then is not taken for a closed gate', () => {
  for (const fps of [10, 15, 30, 60]) {
    const times = Array.from({ length: 6 * fps }, (_, i) => i).flatMap((i) => (i % 5 === 3 ? [] : [i / fps]));
    assert.deepEqual(
      keyFrames(fps, times).map((n) => times[n]),
      [0, KEY_FRAME_S, 2 * KEY_FRAME_S],
    );
  }
});

test('the first picture after the gate was closed is a key frame', () => {
  fc.assert(
    fc.property(withOthers, fc.integer({ min: 1, max: 6 }), (fps, armedRounds) => {
      const everyS = Math.max(0.5, 4 / fps);
      const armed = Array.from({ length: armedRounds }, (_, i) => i * everyS);
      // The gate opens so much later that the last picture before it is two intervals away, at the least.
      const opens = (armed.at(-1) ?? 0) + 2.5 / fps;
      const open = Array.from({ length: fps }, (_, i) => opens + i / fps);
      assert.ok(keyFrames(fps, [...armed, ...open]).includes(armed.length));
    }),
  );
});
