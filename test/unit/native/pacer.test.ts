import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { buildProgram, uncompilable } from '../../support/native.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const S = 1e6;
/** When pictures are asked for: an even number, to see that the first is made odd. */
const OPEN = 1_700_000_000 * S;

interface Given {
  /** When it was given, and the time that it was given. */
  readonly now: number;
  readonly time: number;
  readonly key: boolean;
  /** It shows something that none before it did. */
  readonly fresh: boolean;
}

interface Event {
  readonly at: number;
  readonly what: string;
}

describe('pacer', { skip: uncompilable }, () => {
  let folder: TempFolder;
  let program: string;
  before(async () => {
    folder = await makeTempFolder();
    program = await buildProgram(folder.path, 'paced', ['pacer.c']);
  });
  after(async () => await folder[Symbol.asyncDispose]());

  /** What is given from the opening until so many seconds later. Times of events are seconds after it. */
  function play(fps: number, seconds: number, events: readonly Event[] = [], first = `open ${OPEN}`): Given[] {
    const inOrder = [...events].sort((one, other) => one.at - other.at);
    const lines = inOrder.map(({ at, what }) => `${OPEN + Math.round(at * S)} ${what}`);
    const input = [`${OPEN - 5 * S} ${first}`, ...lines, `${OPEN + Math.round(seconds * S)} until`, ''].join('\n');
    const output = execFileSync(program, [String(fps)], { input, encoding: 'utf8', maxBuffer: 1 << 26 });
    const [armed, ...given] = output.trim().split('\n');
    assert.equal(armed, 'armed 1000 0');
    return given.map((line) => {
      const [, now, time, key, fresh] = line.split(' ').map(Number);
      return { now: now ?? 0, time: time ?? 0, key: key === 1, fresh: fresh === 1 };
    });
  }

  /** So many drawings a second, each up to `jitter` seconds early or late. */
  function drawings(perSecond: number, from: number, to: number, jitter = 0, seed = 1): Event[] {
    let state = seed;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state / 2 ** 32) * 2 - 1;
    };
    const count = Math.floor((to - from) * perSecond);
    return Array.from({ length: count }, (_, i) => ({ at: from + i / perSecond + jitter * random(), what: 'drawn' }));
  }

  const since = ({ time }: Given) => (time - OPEN) / S;
  const near = (value: number, expected: number) => Math.abs(value - expected) < 1e-4;

  test('the first picture has the time that was asked for and is a key picture', () => {
    const [first] = play(30, 0.01);
    assert.deepEqual(first, { now: OPEN, time: OPEN + 1, key: true, fresh: false });
  });

  test('without drawing there are two more pictures, then one a second', () => {
    const given = play(30, 4.5);
    const expected = [0, 0.1167, 0.15, 1.15, 2, 3, 4];
    assert.equal(given.length, expected.length);
    for (const [i, picture] of given.entries()) assert.ok(near(since(picture), expected[i] ?? 0), `${since(picture)}`);
    assert.deepEqual(
      given.filter(({ key }) => key).map((picture) => Math.round(since(picture))),
      [0, 2, 4],
    );
  });

  test('at the end the last picture is told once more, an interval before, if it has stood for longer', () => {
    const last = (events: readonly Event[], at: number) =>
      play(30, at + 0.01, [...events, { at, what: 'end' }])
        .slice(-2)
        .map(since);
    const [repeat, closing] = last([], 4.7) as [number, number];
    assert.ok(near(repeat, 4.7 - 1 / 30) && near(closing, 4.7), `${repeat} ${closing}`);
    const drawn = drawings(30, 0.05, 2);
    const [before] = last(drawn, 2) as [number, number];
    assert.ok(near(before, drawn.at(-1)?.at ?? 0));
  });

  test('what is drawn is given at once, with its own time', () => {
    const drawn = drawings(30, 0.05, 5);
    const given = play(30, 5, drawn).filter(({ fresh }) => fresh);
    assert.equal(given.length, drawn.length);
    given.forEach((picture, i) => {
      assert.ok(near(since(picture), drawn[i]?.at ?? 0));
      assert.ok(Math.abs(picture.now - picture.time) <= 2);
    });
  });

  test('a page that draws unevenly at the rate that is asked for loses nothing and gets no repeats', () => {
    fc.assert(
      fc.property(fc.constantFrom(5, 15, 30, 60), fc.integer({ min: 1, max: 2 ** 31 }), (fps, seed) => {
        const drawn = drawings(fps * 1.0001, 1, 61, 0.3 / fps, seed);
        const given = play(fps, 61, drawn).filter(({ time }) => time > OPEN + 1.5 * S && time < OPEN + 60 * S);
        assert.ok(given.every(({ fresh }) => fresh));
        const expected = drawn.filter(({ at }) => at > 1.5 && at < 60).length;
        assert.ok(Math.abs(given.length - expected) <= 1, `${given.length} of ${expected}`);
      }),
      { numRuns: 20 },
    );
  });

  test('a page that draws every other time gets no repeats', () => {
    const given = play(30, 10, drawings(15, 0.05, 10));
    assert.equal(given.filter(({ fresh }) => !fresh).length, 1);
  });

  test('however much is drawn, at most so many pictures a second are given', () => {
    for (const { fps, seconds } of [
      { fps: 30, seconds: 20 },
      { fps: 1, seconds: 60 },
      { fps: 60, seconds: 5 },
    ]) {
      const given = play(fps, seconds, drawings(500, 0, seconds));
      assert.ok(given.length <= 1.001 * fps * seconds + 4, `${given.length} in ${seconds} s`);
      assert.ok(given.length >= fps * seconds - 1, `${given.length} in ${seconds} s`);
      given.slice(1).forEach(({ time, now }, i) => {
        assert.ok(time - (given[i]?.time ?? 0) >= (0.2 * S) / fps - 2);
        assert.ok(now - (given[i]?.now ?? 0) >= (0.1 * S) / fps);
      });
    }
  });

  test('the rate may change meanwhile', () => {
    const given = play(30, 20, [{ at: 10, what: 'rate 15' }, ...drawings(30, 0, 20, 0.005)]);
    const before = given.filter((picture) => since(picture) < 10).length;
    assert.ok(Math.abs(before - 300) <= 3, `${before}`);
    assert.ok(Math.abs(given.length - before - 150) <= 4, `${given.length - before}`);
  });

  test('a steady rate is exact, whatever is drawn', () => {
    const still = play(30, 600, [], 'steady 1').length;
    assert.equal(still, 0, 'nothing is given before it is asked for');
    const steady = { at: 0.001, what: 'steady 1' };
    for (const drawn of [[], drawings(30, 1, 600, 0.01), drawings(7, 1, 600, 0.05), drawings(30, 1, 300, 0.01)]) {
      const given = play(30, 600, [steady, ...drawn]);
      assert.ok(Math.abs(given.length - 18_000) <= 3, `${given.length}`);
      const fresh = given.filter((picture) => picture.fresh).length;
      assert.ok(drawn.length - fresh <= 2, `${fresh} of ${drawn.length}`);
    }
    const given = play(30, 600, [steady]);
    for (const [i, { time }] of given.slice(2).entries())
      assert.ok(Math.abs(time - (given[i + 1]?.time ?? 0) - S / 30) <= 3);
  });

  test('key pictures come at even distances and when asked for', () => {
    const drawn = drawings(30, 0.05, 20, 0.01);
    const keys = (given: Given[]) => given.filter(({ key }) => key).map((picture) => since(picture));
    const regular = keys(play(30, 20, drawn));
    assert.equal(regular.length, 10);
    for (const [i, at] of regular.entries()) assert.ok(Math.abs(at - 2 * i) <= 0.06, `${at}`);
    const asked = keys(play(30, 20, [{ at: 0.001, what: 'keys 0' }, { at: 7.01, what: 'key' }, ...drawn]));
    assert.equal(asked.length, 2);
    assert.ok(Math.abs((asked[1] ?? 0) - 7.02) < 0.03, `${asked[1]}`);
    const still = keys(
      play(30, 20, [
        { at: 0.001, what: 'keys 5' },
        { at: 7.5, what: 'key' },
      ]),
    );
    assert.deepEqual(
      still.map((at) => Math.round(at * 100) / 100),
      [0, 5, 7.5, 10, 15],
    );
  });

  test('times rise, and are odd for key pictures alone', () => {
    const order = fc.constantFrom(
      'drawn',
      'drawn',
      'drawn',
      'key',
      'steady 1',
      'steady 0',
      'rate 10',
      'rate 60',
      'keys 1',
      'keys 0',
    );
    const event = fc.record({ at: fc.double({ min: 0, max: 5, noNaN: true }), what: order });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const given = play(30, 6, events);
        given.forEach(({ time, key }, i) => {
          assert.equal(time % 2 === 1, key);
          if (i > 0) assert.ok(time > (given[i - 1]?.time ?? 0));
        });
        const last = given.at(-1);
        assert.ok(last !== undefined && last.time > OPEN + 4.9 * S);
      }),
      { numRuns: 50 },
    );
  });
});
