import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Backlog } from '../../../src/push/backlog.ts';
import type { Sample } from '../../../src/push/sample.ts';
import { sample } from '../../support/rtmp-samples.ts';

function drain(backlog: Backlog): Sample[] {
  const all: Sample[] = [];
  for (let one = backlog.shift(); one !== null; one = backlog.shift()) all.push(one);
  return all;
}

/** Ten pictures a second, a key frame every `keyMs`, with a sound behind each. */
function stream(fromMs: number, toMs: number, keyMs = 2000): Sample[] {
  return Array.from({ length: (toMs - fromMs) / 100 }, (_, i) => fromMs + i * 100).flatMap((ms) => [
    sample({ ms, key: ms % keyMs === 0 }),
    sample({ kind: 'audio', ms: ms + 1 }),
  ]);
}

test('it begins with a key frame, and gives out what came in', () => {
  const backlog = new Backlog();
  const frames = stream(1500, 3500);
  for (const one of frames) backlog.push(one);
  assert.deepEqual(
    drain(backlog),
    frames.filter(({ ms }) => ms >= 2000),
  );
  assert.equal(backlog.isEmpty, true);
});

test('once it was begun nothing is left out as long as it is emptied in time', () => {
  const backlog = new Backlog();
  const frames = stream(0, 60_000);
  const out = frames.flatMap((one) => {
    backlog.push(one);
    return one.ms % 4000 === 1 ? drain(backlog) : [];
  });
  assert.deepEqual([...out, ...drain(backlog)], frames);
});

test('more than five seconds are cut down to the latest key frame and what follows it', () => {
  const backlog = new Backlog();
  for (const one of stream(0, 5300)) backlog.push(one);
  const left = drain(backlog);
  assert.deepEqual([left[0]?.ms, left[0]?.key], [4000, true]);
  assert.deepEqual(left, stream(4000, 5300));
});

test('without a key frame within five seconds all is left out until the next one', () => {
  const backlog = new Backlog();
  for (const one of stream(0, 9000, 10_000)) backlog.push(one);
  assert.equal(backlog.isEmpty, true);
  for (const one of stream(9000, 11_000, 10_000)) backlog.push(one);
  assert.deepEqual(drain(backlog), stream(10_000, 11_000));
});

test('cleared, it waits for a key frame again', () => {
  const backlog = new Backlog();
  for (const one of stream(0, 1000)) backlog.push(one);
  backlog.clear();
  for (const one of stream(1000, 2100)) backlog.push(one);
  assert.deepEqual(drain(backlog), stream(2000, 2100));
});

test('whatever comes, it holds at most five seconds and 16 MB, and begins with a key frame when frames were left out', () => {
  const arrival = fc.record({
    key: fc.boolean(),
    gap: fc.integer({ min: 1, max: 3000 }),
    megabytes: fc.integer({ min: 0, max: 9 }),
    taken: fc.integer({ min: 0, max: 3 }),
  });
  const body = Buffer.alloc(9 << 20);
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 40 }), (arrivals) => {
      const backlog = new Backlog();
      let ms = 0;
      let next = 0;
      const given: Sample[] = [];
      for (const { key, gap, megabytes, taken } of arrivals) {
        ms += gap;
        given.push(sample({ key, ms, body: body.subarray(0, megabytes << 20) }));
        backlog.push(given.at(-1) as Sample);
        for (let i = 0; i < taken; i += 1) {
          const one = backlog.shift();
          if (one === null) break;
          const index = given.indexOf(one);
          assert.ok(index >= next, 'the order is kept');
          assert.ok(index === next || one.key, 'after a gap comes a key frame');
          next = index + 1;
        }
      }
      const inside = drain(backlog);
      assert.ok((inside.at(-1)?.ms ?? 0) - (inside[0]?.ms ?? 0) <= 5000);
      assert.ok(inside.reduce((sum, one) => sum + one.body.length, 0) <= 16 << 20);
    }),
  );
});
