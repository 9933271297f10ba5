import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Frame } from '../../../src/output/frame-reader.ts';
import { LEAD_IN, Take, type TakeOptions, type TimedFrame } from '../../../src/output/take.ts';
import { tracksOf } from '../../../src/output/tracks.ts';
import { readHead, readTimes, WRAP, wrap } from '../../../src/output/transport-stream.ts';
import type { SoundPlan } from '../../../src/recording/plan.ts';
import { frame } from '../../support/packets.ts';

const FROM = Date.UTC(2026, 10, 22, 12);
const HOUR = 3_600_000;

const SOUND: SoundPlan = { channels: 1, bitrateKbps: 48 };

/** Of picture and sound, unless other tracks are given. */
function take({ fps = 30, ...options }: Partial<TakeOptions> & { fps?: number } = {}): Take {
  const tracks = tracksOf({ picture: { width: 160, height: 120, fps, bitrateKbps: 500 }, sound: SOUND });
  return new Take({ tracks, fromMs: FROM, mediaStart: LEAD_IN, soundShift: 0, sparse: false, ...options });
}

/** Of sound alone. */
function soundTake(options: Partial<TakeOptions> = {}): Take {
  const tracks = tracksOf({ picture: null, sound: SOUND });
  return new Take({ tracks, fromMs: FROM, mediaStart: LEAD_IN, soundShift: 0, sparse: false, ...options });
}

const BLOCK_MS = (1024 / 48_000) * 1000;

/** `count` blocks of sound without a gap. */
function blocks(fromMs: number, count: number): Frame[] {
  return Array.from({ length: count }, (_, i) => at(fromMs + i * BLOCK_MS, { kind: 'audio', key: false }));
}

/** A picture, or block of sound, captured at this wall time. */
function at(ms: number, options: { kind?: Frame['kind']; key?: boolean } = {}): Frame {
  return frame({ pts: wrap(Math.round(ms * 90)), key: true, ...options });
}

function placeAll(one: Take, frames: readonly Frame[]): TimedFrame[] {
  return frames.flatMap((each) => one.place(each));
}

function mediaTimes(frames: readonly TimedFrame[]): number[] {
  return frames.map(({ mediaTime }) => mediaTime - LEAD_IN);
}

async function isComplete(one: Take): Promise<boolean> {
  const now = new Promise<boolean>((resolve) => setImmediate(resolve, false));
  return await Promise.race([one.complete.then(() => true), now]);
}

/** `count` pictures at an even rate. */
function even(fromMs: number, count: number, fps: number): Frame[] {
  return Array.from({ length: count }, (_, i) => at(fromMs + (i * 1000) / fps));
}

test('a take begins with the first key frame captured from its start on', () => {
  const one = take();
  assert.deepEqual(one.place(at(FROM - 10)), []);
  assert.deepEqual(one.place(at(FROM + 5, { key: false })), []);
  assert.equal(one.started, false);
  const [first] = one.place(at(FROM + 40));
  assert.equal(first?.mediaTime, LEAD_IN);
  assert.equal(first?.capturedMs, FROM + 40);
  assert.equal(one.startedMs, FROM + 40);
});

test('nothing captured from its end on is kept, and an end is only ever moved forward', () => {
  const one = take();
  one.endAt(FROM + 100);
  one.endAt(FROM + 500);
  const kept = placeAll(one, even(FROM, 10, 30));
  assert.deepEqual(
    kept.map(({ capturedMs }) => Math.round(capturedMs - FROM)),
    [0, 33, 67],
  );
  assert.deepEqual(one.place(at(FROM + 100, { kind: 'audio' })), []);
});

test('a take that is ended before its first picture keeps nothing', () => {
  const one = take();
  one.endAt(FROM - 50);
  assert.deepEqual(placeAll(one, even(FROM, 3, 30)), []);
  assert.equal(one.mediaEnd, LEAD_IN);
});

test('even pictures lie evenly on the clock, wherever the 33 bits wrap', () => {
  const fps = fc.integer({ min: 5, max: 60 });
  fc.assert(
    fc.property(fps, fc.nat(100), fc.double({ min: -3000, max: 200, noNaN: true }), (rate, turn, lead) => {
      // The clock wraps between three seconds after the take's beginning and just before it.
      const fromMs = ((20_000 + turn) * WRAP) / 90 + lead;
      const one = take({ fps: rate, fromMs });
      const placed = placeAll(one, even(fromMs + 1, 3 * rate, rate));
      assert.equal(placed.length, 3 * rate);
      for (const [i, { mediaTime, missing }] of placed.entries()) {
        assert.ok(Math.abs(mediaTime - LEAD_IN - (i * 90_000) / rate) <= 2, `picture ${i} is at ${mediaTime}`);
        assert.equal(missing, 0);
      }
    }),
    { numRuns: 30 },
  );
});

test('time goes on in a take that lasts longer than half of the 33 bits', () => {
  const one = take();
  for (const hours of [0, 6, 13, 14, 26, 27, 39, 48]) {
    const [placed] = one.place(at(FROM + hours * HOUR));
    assert.equal(Math.round(((placed?.mediaTime ?? 0) - LEAD_IN) / 90_000 / 36) / 100, hours);
  }
});

test('smoothing moves no picture by more than a quarter of an interval, and keeps their order', () => {
  const spacing = fc.array(fc.double({ min: 0.6, max: 3, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 60 }), spacing, (fps, steps) => {
      const interval = 90_000 / fps;
      const one = take({ fps });
      let ms = FROM;
      let last = one.place(at(ms))[0]?.mediaTime ?? 0;
      for (const step of steps) {
        ms += (step * 1000) / fps;
        const mediaTime = one.place(at(ms))[0]?.mediaTime ?? 0;
        const captured = LEAD_IN + (ms - FROM) * 90;
        assert.ok(Math.abs(mediaTime - captured) <= interval / 4 + 2);
        assert.ok(mediaTime > last);
        last = mediaTime;
      }
    }),
  );
});

test('a slightly late picture is put back onto the grid, a really late one is left where it was', () => {
  const one = take();
  const [, late, onGrid, veryLate] = placeAll(
    one,
    [0, 40, 66.7, 120].map((ms) => at(FROM + ms)),
  );
  assert.ok(Math.abs((late?.mediaTime ?? 0) - LEAD_IN - 3000) < 30);
  assert.ok(Math.abs((onGrid?.mediaTime ?? 0) - LEAD_IN - 6000) < 30);
  assert.equal(veryLate?.mediaTime, LEAD_IN + 120 * 90);
});

test('pictures that are captured in quick succession keep their order, whatever was put where before them', () => {
  // Each comes at most as soon after the one before as the capture gives pictures after a stall.
  const gaps = fc.array(fc.oneof(fc.constantFrom(1, 4, 25, 34, 41), fc.integer({ min: 1, max: 1000 })), {
    minLength: 2,
  });
  fc.assert(
    fc.property(gaps, fc.boolean(), (steps, sparse) => {
      const after = (count: number) => steps.slice(0, count).reduce((sum, step) => sum + step, 0);
      const frames = steps.map((_, i) => at(FROM + after(i + 1)));
      const times = mediaTimes(placeAll(take({ sparse }), frames));
      for (const [i, time] of times.entries()) assert.ok(i === 0 || time > (times[i - 1] ?? 0), times.join());
    }),
  );
});

test('pictures and missing places together are all places of the grid', () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 60 }), fc.array(fc.boolean(), { maxLength: 120 }), (fps, present) => {
      const shown = [true, ...present, true];
      const frames = even(FROM, shown.length, fps).filter((_, i) => shown[i]);
      const placed = placeAll(take({ fps }), frames);
      const places = placed.reduce((sum, { missing }) => sum + 1 + missing, 0);
      assert.equal(places, shown.length);
    }),
  );
});

test('sound is moved by the shift, and what falls before the first picture is left out', () => {
  const one = take({ soundShift: -900 });
  assert.equal(one.place(at(FROM)).length, 1);
  assert.deepEqual(mediaTimes(one.place(at(FROM + 9, { kind: 'audio' }))), []);
  assert.deepEqual(mediaTimes(one.place(at(FROM + 10, { kind: 'audio' }))), [0]);
  assert.deepEqual(mediaTimes(one.place(at(FROM + 31, { kind: 'audio' }))), [21 * 90]);
});

test('sound that came before the first picture is kept where the shift puts it under the picture', () => {
  const one = take({ soundShift: 30 * 90 });
  const early = [-60, -40, -20].flatMap((ms) => one.place(at(FROM + ms, { kind: 'audio' })));
  assert.deepEqual(early, []);
  const first = one.place(at(FROM));
  assert.deepEqual(
    first.map(({ kind }) => kind),
    ['video', 'audio'],
  );
  assert.deepEqual(mediaTimes(first), [0, 10 * 90]);
});

test('sound ends where the picture does, by the time that it is put to', () => {
  const one = take({ soundShift: 20 * 90 });
  one.place(at(FROM));
  one.endAt(FROM + 100);
  assert.deepEqual(mediaTimes(one.place(at(FROM + 79, { kind: 'audio' }))), [99 * 90]);
  assert.deepEqual(mediaTimes(one.place(at(FROM + 80, { kind: 'audio' }))), []);
});

test('a take is complete once a picture and a sound past its end have come', async () => {
  const one = take();
  one.place(at(FROM));
  one.endAt(FROM + 100);
  for (const [frame, expected] of [
    [at(FROM + 99), false],
    [at(FROM + 100, { kind: 'audio' }), false],
    [at(FROM + 99.5), false],
    [at(FROM + 133), true],
  ] as const) {
    one.place(frame);
    assert.equal(await isComplete(one), expected);
  }
});

test('a take is complete without those frames that will never come', async () => {
  const silent = take();
  placeAll(silent, [at(FROM), ...blocks(FROM, 2)]);
  silent.endAt(FROM + 30);
  placeAll(silent, [at(FROM + 33)]);
  assert.equal(await isComplete(silent), false);
  silent.exhaust('audio');
  assert.equal(await isComplete(silent), true);
  const blind = take();
  placeAll(blind, blocks(FROM, 2));
  blind.exhaust('video');
  assert.equal(await isComplete(blind), true);
});

test('sound never goes back or stands still', () => {
  const one = take();
  one.place(at(FROM));
  const kept = [50, 50, 40, 51].map((ms) => one.place(at(FROM + ms, { kind: 'audio' })).length);
  assert.deepEqual(kept, [1, 0, 0, 1]);
});

test('the packets carry the new time, those handed in keep theirs', () => {
  const one = take({ mediaStart: WRAP + 500 });
  const given = at(FROM + 3);
  const before = Buffer.from(given.packets);
  const [placed] = one.place(given);
  assert.equal(placed?.mediaTime, WRAP + 500);
  const packets = placed?.packets ?? Buffer.of();
  assert.equal(readTimes(packets, readHead(packets).payloadAt)?.pts, 500);
  assert.deepEqual(given.packets, before);
});

test('over several takes the clock shows the time not held', () => {
  const rate = fc.integer({ min: 5, max: 60 });
  const stretches = fc.array(fc.record({ frames: fc.integer({ min: 0, max: 90 }), heldMs: fc.nat(100_000) }), {
    minLength: 1,
    maxLength: 10,
  });
  fc.assert(
    fc.property(rate, stretches, (fps, takes) => {
      let mediaStart = LEAD_IN;
      let ms = FROM;
      for (const { frames, heldMs } of takes) {
        const one = take({ fps, fromMs: ms - 1, mediaStart });
        const placed = placeAll(one, even(ms, frames, fps));
        if (placed[0]) assert.equal(placed[0].mediaTime, Math.round(mediaStart));
        mediaStart = one.mediaEnd;
        ms += (frames * 1000) / fps + heldMs;
      }
      const notHeld = takes.reduce((sum, { frames }) => sum + frames / fps, 0);
      assert.ok(Math.abs((mediaStart - LEAD_IN) / 90_000 - notHeld) < 0.001 * takes.length);
    }),
  );
});

test('the last picture has its full length, but at the slowest rates it is shown until the take ends', () => {
  for (const [fps, endMs, ms] of [
    [10, 450, 500],
    [5, 450, 600],
    [1, 4000, 4000],
    [1, 3500, 3500],
    // Not shorter than the display shows it.
    [1, 3050, 3200],
    // One encoder was lost: nothing came until the end.
    [1, 9000, 6000],
  ] as const) {
    const one = take({ fps });
    one.endAt(FROM + endMs);
    placeAll(one, even(FROM, 6, fps));
    assert.ok(Math.abs((one.mediaEnd - LEAD_IN) / 90 - ms) < 2, `${endMs}: ${(one.mediaEnd - LEAD_IN) / 90}`);
  }
});

test('of sound alone a take begins with the first block captured from its start on, and ends with the last before its end', async () => {
  const one = soundTake();
  one.endAt(FROM + 100);
  const kept = placeAll(one, blocks(FROM - 3 * BLOCK_MS + 7, 9));
  assert.deepEqual(
    kept.map(({ capturedMs }) => Math.round(capturedMs - FROM)),
    [0, 1, 2, 3, 4].map((i) => Math.round(7 + i * BLOCK_MS)),
  );
  assert.equal(one.startedMs, kept[0]?.capturedMs);
  assert.ok(Math.abs(one.mediaEnd - LEAD_IN - 5 * 1920) < 4);
  await one.complete;
});

test('blocks of sound lie evenly on the clock, a gap is counted, and one that comes twice is left out', () => {
  const uneven = blocks(FROM + 1, 50).map((block, i) => ({ ...block, pts: block.pts + (i % 3) * 90 }));
  const one = soundTake();
  const placed = placeAll(one, [...uneven.slice(0, 20), ...uneven.slice(19, 30), ...uneven.slice(32)]);
  assert.equal(placed.length, 48);
  const steps = placed.slice(1).map(({ mediaTime, missing }, i) => [mediaTime - (placed[i]?.mediaTime ?? 0), missing]);
  for (const [i, [step = 0, missing = 0]] of steps.entries()) {
    assert.equal(missing, i === 29 ? 2 : 0);
    assert.ok(Math.abs(step - 1920 * (1 + missing)) < 20, `step ${i} is ${step}`);
  }
});

test('of pictures alone a take is complete without sound', async () => {
  const tracks = tracksOf({ picture: { width: 160, height: 120, fps: 30, bitrateKbps: 500 }, sound: null });
  const one = take({ tracks });
  one.endAt(FROM + 90);
  placeAll(one, even(FROM, 4, 30));
  await one.complete;
});

test('of sparse pictures no place is missing but those that the capture tells', () => {
  const one = take({ sparse: true });
  const first = placeAll(one, [at(FROM), at(FROM + 1000), at(FROM + 1033)]);
  assert.deepEqual(
    first.map(({ missing }) => missing),
    [0, 0, 0],
  );
  assert.deepEqual(
    mediaTimes(first).map((ticks) => Math.round(ticks / 90)),
    [0, 1000, 1033],
  );
  one.lose(2);
  assert.deepEqual(
    placeAll(one, [at(FROM + 1100), at(FROM + 1133)]).map(({ missing }) => missing),
    [2, 0],
  );
});

test('the last picture of a sparse take is shown to the end, but for no longer than pictures may be apart, and as long as there is sound', () => {
  const rested = take({ sparse: true });
  placeAll(rested, [at(FROM), at(FROM + 1000)]);
  rested.endAt(FROM + 1900);
  assert.equal(Math.round((rested.mediaEnd - LEAD_IN) / 90), 1900);
  const dead = take({ sparse: true });
  placeAll(dead, [at(FROM), at(FROM + 1000)]);
  dead.endAt(FROM + 5000);
  assert.equal(Math.round((dead.mediaEnd - LEAD_IN) / 90), 2000);
  const heard = take({ sparse: true });
  placeAll(heard, [at(FROM), at(FROM + 1000), ...blocks(FROM + 1000, 30)]);
  heard.endAt(FROM + 1600);
  assert.equal(Math.round((heard.mediaEnd - LEAD_IN) / 90), Math.round(1000 + 30 * BLOCK_MS));
});

test('the sound under a first picture is kept although that comes out of its encoder a second late', () => {
  const one = take({ sparse: true });
  const early = blocks(FROM, 60);
  const placed = placeAll(one, [...early, at(FROM)]);
  assert.equal(placed.filter(({ kind }) => kind === 'audio').length, 60);
});
