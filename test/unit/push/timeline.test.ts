import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TimedFrame } from '../../../src/output/take.ts';
import { payloadOf } from '../../../src/push/elementary.ts';
import type { Sample } from '../../../src/push/sample.ts';
import { Timeline } from '../../../src/push/timeline.ts';
import { encodeMedia, PICTURE, SOUND } from '../../support/rtmp-media.ts';

const media = await encodeMedia(6);
const ZERO = media.frames[0]?.mediaTime ?? 0;
const BLOCK_MS = (1024 / 48_000) * 1000;

function msOf(frame: TimedFrame): number {
  return (frame.mediaTime - ZERO) / 90;
}

/** The stream's frames from one second to another; it has a key frame every two seconds. */
function stretch(fromS: number, toS: number): TimedFrame[] {
  return media.frames.filter((frame) => msOf(frame) >= 1000 * fromS - 1 && msOf(frame) < 1000 * toS - 1);
}

function timelineAt(nowMs: number, picture = PICTURE): Timeline {
  return new Timeline({ picture, sound: SOUND }, nowMs);
}

/** Frames that come `lateMs` after their own time. */
function show(timeline: Timeline, frames: readonly TimedFrame[], lateMs: number): Sample[] {
  return [...frames.flatMap((frame) => timeline.frame(frame, msOf(frame) + lateMs)), ...timeline.flush()];
}

/** Looked at every 100 ms. */
function fill(timeline: Timeline, fromMs: number, toMs: number): Sample[] {
  const count = Math.floor((toMs - fromMs) / 100) + 1;
  return Array.from({ length: count }, (_, i) => timeline.fill(fromMs + 100 * i)).flat();
}

function of(samples: readonly Sample[], kind: Sample['kind']): Sample[] {
  return samples.filter((sample) => sample.kind === kind);
}

function widestGap(samples: readonly Sample[]): number {
  return Math.max(...samples.map(({ ms }, i) => ms - (samples[i - 1]?.ms ?? ms)));
}

/** As they are sent: whole milliseconds, each later than the one before. */
function assertRising(samples: readonly Sample[]): void {
  for (const kind of ['video', 'audio'] as const) {
    let last = Number.NEGATIVE_INFINITY;
    for (const { ms } of of(samples, kind)) {
      assert.ok(Math.round(ms) > last, `${kind} at ${ms} after ${last}`);
      last = Math.round(ms);
    }
  }
}

test('pictures of a page that stands still, few and late, are sent in one order of time with the sound', () => {
  const isSeen = (frame: TimedFrame) => frame.kind === 'audio' || Math.round(msOf(frame)) % 1000 === 0;
  // A picture comes when the next but one is there.
  const lateMs = (frame: TimedFrame) => (frame.kind === 'video' ? 2000 : 0);
  const given = media.frames.filter(isSeen).toSorted((a, b) => msOf(a) + lateMs(a) - msOf(b) - lateMs(b));
  const timeline = timelineAt(0);
  const samples = given.flatMap((frame) => {
    const nowMs = msOf(frame) + lateMs(frame);
    return [...timeline.fill(nowMs), ...timeline.frame(frame, nowMs)];
  });
  samples.push(...timeline.flush());
  assert.deepEqual(
    samples,
    samples.toSorted((a, b) => a.ms - b.ms),
  );
  assertRising(samples);
  assert.deepEqual(
    of(samples, 'video').map(({ key }) => key),
    [true, false, true, false, true, false],
  );
  const sounds = of(samples, 'audio');
  // What was heard before the first picture came is left out.
  assert.ok(Math.abs(sounds.length - 4000 / BLOCK_MS) < 3);
  assert.ok(widestGap(sounds) < BLOCK_MS + 1);
});

test('live frames keep their distances, from the moment on at which the first one came', () => {
  const samples = show(timelineAt(5000), stretch(0, 6), 5200);
  assert.equal(samples.length, media.frames.length);
  const video = of(samples, 'video');
  for (const [i, { ms }] of video.entries()) assert.ok(Math.abs(ms - 5200 - 100 * i) < 1);
  assert.deepEqual([video[0]?.key, video[1]?.key, video[20]?.key], [true, false, true]);
  assert.ok(widestGap(of(samples, 'audio')) < 1.1 * BLOCK_MS);
  assertRising(samples);
  // One header each, the same object all the way.
  assert.equal(new Set(samples.map(({ header }) => header)).size, 2);
});

test('a stream is joined at a key frame', () => {
  const [first] = of(show(timelineAt(0), stretch(1, 3), 0), 'video');
  assert.equal(first?.key, true);
  assert.ok(Math.abs((first?.ms ?? 0) - 2000) < 1);
});

test('held, the latest key frame is shown with silence, at once and without a gap; live goes on with a key frame', () => {
  const timeline = timelineAt(0);
  const live = show(timeline, stretch(0, 3), 0);
  const held = [...timeline.hold(true), ...fill(timeline, 3000, 13_000)];
  timeline.hold(false);
  const waiting = fill(timeline, 13_100, 14_000);
  const again = show(timeline, stretch(3, 6), 11_000);
  const all = [...live, ...held, ...waiting, ...again];
  assertRising(all);
  assert.ok(widestGap(of(all, 'video')) <= 501);
  assert.ok(widestGap(of(all, 'audio')) < 2.1 * BLOCK_MS);
  const stills = of([...held, ...waiting], 'video');
  const key = of(live, 'video').findLast((sample) => sample.key);
  assert.ok(stills.length >= 20);
  assert.ok(stills.every(({ body, key: isKey }) => body === key?.body && isKey));
  assert.equal(new Set(of([...held, ...waiting], 'audio').map(({ body }) => body)).size, 1);
  // The stream's third second begins in the middle of a group: nothing of it can be shown before its end.
  const first = of(again, 'video').findIndex(({ body }) => body !== key?.body);
  assert.equal(of(again, 'video')[first]?.key, true);
  assert.ok(Math.abs((of(again, 'video')[first]?.ms ?? 0) - 15_000) < 1);
  assert.equal(of(again, 'video').length - first, 20);
});

test('nothing that comes while it is held is ever shown', () => {
  const timeline = timelineAt(0);
  const live = show(timeline, stretch(0, 2), 0);
  timeline.hold(true);
  assert.deepEqual(show(timeline, stretch(2, 6), 0), []);
  timeline.hold(false);
  const stills = of(fill(timeline, 6000, 8000), 'video');
  assert.ok(stills.length > 0);
  assert.ok(stills.every(({ body }) => body === live[0]?.body));
});

test('when frames stop coming it is the same after two seconds, without being told', () => {
  const timeline = timelineAt(0);
  const live = show(timeline, stretch(0, 2), 0);
  assert.deepEqual(fill(timeline, 2000, 3700), []);
  const filled = fill(timeline, 3800, 7900);
  const again = show(timeline, stretch(2, 6), 6000);
  assertRising([...live, ...filled, ...again]);
  assert.ok(widestGap(of([...live, ...filled, ...again], 'video')) <= 501);
  assert.equal(of(again, 'video').length, 40);
});

test('a process that stood still for a while shows what was waiting, not a still', () => {
  const timeline = timelineAt(0);
  const before = [...show(timeline, stretch(0, 2), 0), ...timeline.fill(2000)];
  const after = [...timeline.fill(6000), ...show(timeline, stretch(2, 6), 2000)];
  assert.equal(of([...before, ...after], 'video').length, 60);
  assertRising([...before, ...after]);
});

test('before the first frame it wants a picture, and shows that one', () => {
  const timeline = timelineAt(0);
  assert.deepEqual(fill(timeline, 0, 1900), []);
  assert.equal(timeline.wantsStill, false);
  assert.deepEqual(fill(timeline, 2000, 2500), []);
  assert.equal(timeline.wantsStill, true);
  timeline.setStill(payloadOf(stretch(2, 3)[0]?.packets ?? Buffer.of()));
  assert.equal(timeline.wantsStill, false);
  const filled = fill(timeline, 2600, 4000);
  assert.deepEqual([of(filled, 'video').length, of(filled, 'video')[0]?.ms], [3, 2600]);
  assert.ok(widestGap(of(filled, 'audio')) < 1.1 * BLOCK_MS);
  const live = show(timeline, stretch(0, 2), 4100);
  assertRising([...filled, ...live]);
  assert.ok(widestGap(of([...filled, ...live], 'video')) <= 501);
});

test('held from the beginning, it wants a picture at once', () => {
  const timeline = timelineAt(0);
  timeline.hold(true);
  timeline.fill(0);
  assert.equal(timeline.wantsStill, true);
});

test('let go before anything was shown, it gives the first frame time to come', () => {
  const timeline = timelineAt(0);
  timeline.hold(true);
  timeline.hold(false);
  assert.deepEqual(fill(timeline, 0, 1900), []);
  assert.equal(timeline.wantsStill, false);
  timeline.fill(2000);
  assert.equal(timeline.wantsStill, true);
});

test('a picture that is offered late does not replace a newer one', () => {
  const timeline = timelineAt(0);
  const live = show(timeline, stretch(0, 1), 0);
  timeline.setStill(payloadOf(stretch(2, 3)[0]?.packets ?? Buffer.of()));
  timeline.hold(true);
  assert.equal(of(fill(timeline, 1000, 2000), 'video')[0]?.body, live[0]?.body);
});

test('a large still is shown less often, so that it takes no more than the stream does', () => {
  const shown = (bitrateKbps: number) => {
    const timeline = timelineAt(0, { ...PICTURE, bitrateKbps });
    show(timeline, stretch(0, 1), 0);
    timeline.hold(true);
    return of(fill(timeline, 1000, 20_000), 'video');
  };
  const [some] = shown(8000);
  const bits = 8 * (some?.body.length ?? 0);
  assert.equal(Math.round(widestGap(shown(8000))), 500);
  // A bit rate at which one still takes a second.
  assert.ok(Math.abs(widestGap(shown(bits / 1000)) - 1000) < 1);
  assert.equal(Math.round(widestGap(shown(1))), 2000);
});

test('after a machine slept for an hour not all of it is filled', () => {
  const timeline = timelineAt(0);
  show(timeline, stretch(0, 1), 0);
  timeline.hold(true);
  const filled = timeline.fill(3_600_000);
  assert.ok(filled.length < 300);
  assert.ok((filled.at(-1)?.ms ?? 0) > 3_599_000);
  assertRising(filled);
});

test("a jump of the recording's clock does not reach the servers", () => {
  for (const jump of [3600, -3600]) {
    const timeline = timelineAt(0);
    const before = show(timeline, stretch(0, 2), 0);
    const moved = stretch(2, 6).map((frame) => ({ ...frame, mediaTime: frame.mediaTime + 90_000 * jump }));
    const after = moved.flatMap((frame) => timeline.frame(frame, msOf(frame) - 1000 * jump));
    assertRising([...before, ...after]);
    assert.ok(Math.abs((after[0]?.ms ?? 0) - 2000) < 100);
    assert.ok(widestGap(of([...before, ...after], 'video')) < 200);
    assert.ok(of(after, 'video').length >= 38);
  }
});

const step = fc.oneof(
  fc.record({ act: fc.constant('play' as const), frames: fc.integer({ min: 1, max: 80 }) }),
  fc.record({ act: fc.constant('wait' as const), ms: fc.integer({ min: 10, max: 4000 }) }),
  fc.record({ act: fc.constantFrom('hold' as const, 'resume' as const) }),
);

test('whatever happens times rise, and no picture comes without the one that it builds on', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), fc.integer({ min: 0, max: 700 }), (steps, lateMs) => {
      const timeline = timelineAt(0);
      const out: Sample[] = [];
      let now = 0;
      let at = 0;
      for (const one of steps) {
        if (one.act === 'hold' || one.act === 'resume') out.push(...timeline.hold(one.act === 'hold'));
        if (one.act === 'wait') {
          for (const until = now + one.ms; now < until; now += 100) out.push(...timeline.fill(now));
        }
        for (let i = 0; one.act === 'play' && i < one.frames && at < media.frames.length; i += 1, at += 1) {
          const frame = media.frames[at] as TimedFrame;
          now += Math.max(0, msOf(frame) - msOf(media.frames[at - 1] ?? frame));
          out.push(...timeline.fill(now), ...timeline.frame(frame, now + (i % 2) * lateMs));
        }
      }
      out.push(...timeline.flush());
      assertRising(out);
      const pictures = of(out, 'video');
      const order = of(show(timelineAt(0), media.frames, 0), 'video');
      const index = (sample: Sample | undefined) =>
        sample ? order.findIndex(({ body }) => body.equals(sample.body)) : Number.NaN;
      for (const [i, picture] of pictures.entries()) {
        assert.ok(picture.key || index(picture) === index(pictures[i - 1]) + 1);
      }
    }),
    { numRuns: 60 },
  );
});
