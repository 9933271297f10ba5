import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { PageLimits } from '../../../src/recording/plan.ts';
import { Watchdogs, type Watched } from '../../../src/session/watchdogs.ts';

const LIMITS: PageLimits = { webgl: true, videoPixels: null, bandwidthKbps: null };
const QUIET = { sounding: 0, maybeSounding: 0, videoPixels: 0, webgl: false };

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setInterval'] });
});

/** A page that answers and is silent, but for what is given. */
function watch(page: Partial<Watched>, withSound = true): { told: string[]; dogs: Watchdogs } {
  const told: string[] = [];
  const dogs = Watchdogs.start({
    watched: { answers: async () => {}, media: QUIET, streams: async () => 1, trafficBytes: 0, ...page },
    limits: LIMITS,
    withSound,
    onTrouble: (reason) => told.push(reason),
    onExcess: ({ limit }) => told.push(limit),
  });
  return { told, dogs };
}

async function pass(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i += 1) {
    mock.timers.tick(1000);
    await setImmediate();
  }
}

test('a page that answers is left alone', async () => {
  const { told, dogs } = watch({});
  await pass(60);
  assert.deepEqual(told, []);
  dogs[Symbol.dispose]();
});

test('a page that does not answer for six seconds hangs; that is told once', async () => {
  const { told } = watch({ answers: () => new Promise(() => {}) });
  await pass(6);
  assert.deepEqual(told, []);
  await pass(30);
  assert.deepEqual(told, ['page_hang']);
});

test('a page that is slow but answers is left alone', async () => {
  const waiting: (() => void)[] = [];
  const { told, dogs } = watch({ answers: () => new Promise((resolve) => waiting.push(resolve)) });
  for (let i = 0; i < 10; i += 1) {
    await pass(4);
    for (const resolve of waiting.splice(0)) resolve();
    await setImmediate();
  }
  assert.deepEqual(told, []);
  dogs[Symbol.dispose]();
});

test('sound that does not reach the daemon is lost', async () => {
  const { told } = watch({ media: { ...QUIET, sounding: 1 }, streams: async () => 0 });
  await pass(10);
  assert.deepEqual(told, ['audio_silence']);
});

test('where no sound is recorded, none is lost', async () => {
  const { told, dogs } = watch({ media: { ...QUIET, sounding: 1 }, streams: async () => 0 }, false);
  await pass(30);
  assert.deepEqual(told, []);
  dogs[Symbol.dispose]();
});

test('a daemon that does not answer says nothing about the sound', async () => {
  const { told, dogs } = watch({
    media: { ...QUIET, sounding: 1 },
    streams: async () => {
      throw new Error('busy');
    },
  });
  await pass(30);
  assert.deepEqual(told, []);
  dogs[Symbol.dispose]();
});

test('what is beyond a limit is told once', async () => {
  const { told } = watch({ media: { ...QUIET, webgl: true } });
  await pass(10);
  assert.deepEqual(told, ['WebGL']);
});

test('nothing is told after they have been called off', async () => {
  const { told, dogs } = watch({ answers: () => new Promise(() => {}), media: { ...QUIET, webgl: true } });
  dogs[Symbol.dispose]();
  await pass(30);
  assert.deepEqual(told, []);
});
