import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Edges } from '../../../pages/composite/edges.js';
import { CEILING, Limiter } from '../../../pages/composite/limiter.js';

const RATE = 48_000;
const BLOCK = 128;

function tone(hertz: number, amplitude: number, samples: number): Float32Array {
  return Float32Array.from({ length: samples }, (_, i) => amplitude * Math.sin((2 * Math.PI * hertz * i) / RATE + 0.5));
}

/** Block by block, as the audio thread does. */
function limited(left: Float32Array, right: Float32Array, limiter = new Limiter(RATE)): [Float32Array, Float32Array] {
  const out: [Float32Array, Float32Array] = [left.slice(), right.slice()];
  for (let at = 0; at < left.length; at += BLOCK) {
    limiter.process(out[0].subarray(at, at + BLOCK), out[1].subarray(at, at + BLOCK));
  }
  return out;
}

function smoothed(sound: Float32Array): { out: Float32Array; delay: number } {
  const edges = new Edges(RATE);
  const out = new Float32Array(sound.length);
  const other = new Float32Array(sound.length);
  for (let at = 0; at < sound.length; at += BLOCK) {
    const block = sound.subarray(at, at + BLOCK);
    edges.addTo(block, block, out.subarray(at, at + BLOCK), other.subarray(at, at + BLOCK));
  }
  assert.deepEqual(out, other);
  return { out, delay: edges.delay };
}

function peakOf(sound: Float32Array): number {
  return sound.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
}

function steepest(sound: Float32Array): number {
  return sound.reduce((most, sample, i) => (i === 0 ? 0 : Math.max(most, Math.abs(sample - (sound[i - 1] ?? 0)))), 0);
}

describe('limiter', () => {
  test('seventeen users at full scale stay below the ceiling, and are not turned down much further', () => {
    const sum = new Float32Array(RATE);
    for (let user = 0; user < 17; user += 1) {
      for (const [i, sample] of tone(200 + 37 * user, 1, RATE).entries()) sum[i] = (sum[i] ?? 0) + sample;
    }
    assert.ok(peakOf(sum) > 8);
    const [left, right] = limited(sum, sum);
    assert.ok(peakOf(left) <= CEILING + 1e-6);
    assert.ok(peakOf(left) > 0.8 * CEILING);
    assert.deepEqual(left, right);
  });

  test('what is quiet enough passes bit by bit', () => {
    const [quiet, quieter] = [tone(440, 0.85, RATE), tone(1000, 0.2, RATE)];
    const limiter = new Limiter(RATE);
    const [left, right] = limited(quiet, quieter, limiter);
    assert.deepEqual(left.subarray(limiter.delay), quiet.subarray(0, RATE - limiter.delay));
    assert.deepEqual(right.subarray(limiter.delay), quieter.subarray(0, RATE - limiter.delay));
  });

  test('is back to passing bit by bit a second after something loud', () => {
    const sound = tone(440, 0.5, 3 * RATE);
    for (let i = 0; i < RATE; i += 1) sound[i] = (sound[i] ?? 0) * 10;
    const limiter = new Limiter(RATE);
    const [left] = limited(sound, sound, limiter);
    assert.deepEqual(left.subarray(2.1 * RATE), sound.subarray(2.1 * RATE - limiter.delay, 3 * RATE - limiter.delay));
  });

  test('a single loud sample is held down as well', () => {
    const sound = new Float32Array(4800);
    sound[1000] = 5;
    sound[1100] = -40;
    assert.ok(peakOf(limited(sound, sound)[0]) <= CEILING + 1e-6);
  });

  test('keeps the sides in balance', () => {
    const [left, right] = limited(tone(440, 4, RATE), tone(440, 1, RATE));
    assert.ok(Math.abs(peakOf(left) / peakOf(right) - 4) < 0.01);
  });

  test('does not pass on what is no number, nor remember it', () => {
    const sound = tone(440, 0.5, RATE);
    for (const [at, fault] of [[100, NaN], [200, Infinity], [300, 1e30]] as const) sound[at] = fault; // biome-ignore format: one line
    const [left] = limited(sound, sound);
    assert.ok(left.every((sample) => Math.abs(sample) <= CEILING));
    assert.ok(peakOf(left.subarray(1000)) > 0.49);
  });
});

describe('edges', () => {
  test('a tone passes bit by bit between its beginning and its end', () => {
    const sound = tone(440, 0.5, RATE);
    const { out, delay } = smoothed(sound);
    assert.deepEqual(out.subarray(1000), sound.subarray(1000 - delay, RATE - delay));
  });

  test('a tone that sets in and breaks off in full swing comes and goes without a step', () => {
    const sound = new Float32Array(RATE);
    // Begins and ends at a peak.
    const whole = Float32Array.from({ length: 20_000 }, (_, i) => 0.8 * Math.cos((2 * Math.PI * 100 * i) / RATE));
    sound.set(whole.subarray(0, 19_200), 10_000);
    const natural = steepest(whole);
    assert.ok(steepest(sound) > 0.7);
    const { out } = smoothed(sound);
    assert.ok(steepest(out) < 2 * natural, `${steepest(out)} against ${natural}`);
    assert.equal(peakOf(out.subarray(29_200 + 300)), 0);
  });

  test('a break in the middle is softened on both sides', () => {
    const sound = tone(300, 0.8, RATE);
    const natural = steepest(sound);
    sound.fill(0, 20_000, 20_480);
    const { out } = smoothed(sound);
    assert.ok(steepest(out.subarray(1000)) < 2 * natural);
  });

  test('adds to what is there already', () => {
    const edges = new Edges(RATE);
    const left = new Float32Array(BLOCK).fill(0.25);
    const right = left.slice();
    edges.addTo(undefined, undefined, left, right);
    assert.ok(left.every((sample) => sample === 0.25));
  });

  test('what is left comes out when the input is taken away, and fades', () => {
    const edges = new Edges(RATE);
    const blocks = 20;
    const out = new Float32Array(BLOCK * blocks);
    const constant = new Float32Array(BLOCK).fill(0.5);
    for (let block = 0; block < blocks; block += 1) {
      const part = out.subarray(block * BLOCK, (block + 1) * BLOCK);
      const input = block < 10 ? constant : undefined;
      edges.addTo(input, input, part, new Float32Array(BLOCK));
    }
    assert.equal(out[10 * BLOCK - 1], 0.5);
    assert.ok(steepest(out) < 0.01);
    assert.equal(peakOf(out.subarray(13 * BLOCK)), 0);
  });
});
