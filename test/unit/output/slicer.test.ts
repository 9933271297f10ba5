import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OpenSlice, Slice } from '../../../src/output/journal.ts';
import { Slicer, type SlicerOptions } from '../../../src/output/slicer.ts';
import { LEAD_IN, type TimedFrame } from '../../../src/output/take.ts';
import { tracksOf } from '../../../src/output/tracks.ts';
import { PACKET, readHead } from '../../../src/output/transport-stream.ts';
import { tables, timedFrame } from '../../support/packets.ts';
import { readFrames } from '../../support/real-media.ts';

const FPS = 10;
const SECOND = 90_000;
const TRACKS = tracksOf({
  picture: { width: 160, height: 120, fps: FPS, bitrateKbps: 500 },
  sound: { channels: 1, bitrateKbps: 48 },
});
const NEVER = { maxPartTicks: Number.POSITIVE_INFINITY, maxPartBytes: Number.POSITIVE_INFINITY };

function toSeconds(mediaTime: number): number {
  return Math.round(((mediaTime - LEAD_IN) / SECOND) * 1000) / 1000;
}

class Cutter {
  readonly opened: OpenSlice[] = [];
  readonly slices: Slice[] = [];
  readonly bytes: Buffer[] = [];
  readonly slicer: Slicer;

  constructor(limits: Partial<SlicerOptions> = {}) {
    this.slicer = new Slicer({
      ...{ stem: 'stem', tracks: TRACKS, ...NEVER, ...limits },
      onOpen: (slice) => {
        this.opened.push(slice);
        this.bytes.push(Buffer.alloc(0));
      },
      onBytes: (bytes) => this.bytes.push(Buffer.concat([this.bytes.pop() ?? Buffer.of(), bytes])),
      onClose: (slice) => this.slices.push(slice),
    });
    this.slicer.tables = tables();
  }

  /** Pictures and sound from one time to another, in seconds, a key frame every `keyS`. */
  record(from: number, to: number, keyS = 2): this {
    for (let i = from * FPS; i < to * FPS; i += 1) {
      const mediaTime = LEAD_IN + (i * SECOND) / FPS;
      this.slicer.push(timedFrame({ mediaTime, key: (i - from * FPS) % (keyS * FPS) === 0, packets: 2 }));
      this.slicer.push(timedFrame({ kind: 'audio', mediaTime: mediaTime + 9 }));
    }
    return this;
  }

  /** At a second, as is the sound. */
  picture(second: number, key = false): void {
    this.slicer.push(timedFrame({ mediaTime: LEAD_IN + second * SECOND, key, packets: 2 }));
  }

  sound(second: number): void {
    this.slicer.push(timedFrame({ kind: 'audio', mediaTime: LEAD_IN + second * SECOND }));
  }

  get spans(): number[][] {
    return this.slices.map(({ mediaStart, mediaEnd }) => [mediaStart, mediaEnd].map(toSeconds));
  }
}

test('a slice ends at the first key frame after 15 seconds, the last one where the recording ends', () => {
  const cutter = new Cutter().record(0, 40);
  cutter.slicer.close();
  assert.deepEqual(cutter.spans, [
    [0, 16],
    [16, 32],
    [32, 40],
  ]);
});

test('a key frame at 15 seconds sharp ends the slice', () => {
  const cutter = new Cutter().record(0, 16, 5);
  cutter.slicer.close();
  assert.deepEqual(cutter.spans, [
    [0, 15],
    [15, 16],
  ]);
});

test('each slice begins with the tables and a key frame', () => {
  const cutter = new Cutter().record(0, 40);
  cutter.slicer.close();
  assert.equal(cutter.bytes.length, 3);
  for (const bytes of cutter.bytes) {
    const heads = [0, 1, 2].map((i) => readHead(bytes.subarray(i * PACKET, (i + 1) * PACKET)));
    assert.deepEqual(
      heads.map(({ pid }) => pid),
      [0, 0x1000, 0x100],
    );
    assert.equal(heads[2]?.key, true);
  }
});

test('a slice is named by when its first picture was captured', () => {
  const cutter = new Cutter();
  const first: TimedFrame = {
    ...timedFrame({ mediaTime: LEAD_IN, key: true }),
    capturedMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  };
  cutter.slicer.push(first);
  assert.deepEqual(cutter.opened, [
    {
      name: 'stem_20260102030405006.ts',
      ...{ startMs: first.capturedMs, mediaStart: LEAD_IN, discontinuity: true, part: 0 },
    },
  ]);
});

test('what comes before the first key frame is in no slice', () => {
  const cutter = new Cutter();
  cutter.slicer.push(timedFrame({ mediaTime: LEAD_IN }));
  cutter.slicer.push(timedFrame({ mediaTime: LEAD_IN, kind: 'audio' }));
  assert.deepEqual(cutter.opened, []);
  cutter.slicer.close();
  assert.deepEqual(cutter.slices, []);
});

test('only the first slice and the one after a break are discontinuous', () => {
  const cutter = new Cutter({ maxPartTicks: 16 * SECOND }).record(0, 20);
  cutter.slicer.breakHere();
  cutter.slicer.breakHere();
  cutter.record(20, 40);
  cutter.slicer.close();
  assert.deepEqual(cutter.spans, [
    [0, 16],
    [16, 20],
    [20, 32],
    [32, 40],
  ]);
  assert.deepEqual(
    cutter.slices.map(({ discontinuity }) => discontinuity),
    [true, false, true, false],
  );
});

test('a part is full after its time, at a key frame', () => {
  const cutter = new Cutter({ maxPartTicks: 20 * SECOND }).record(0, 50);
  cutter.slicer.close();
  assert.deepEqual(
    cutter.slices.map(({ part }, i) => [part, ...(cutter.spans[i] ?? [])]),
    [
      [0, 0, 16],
      [0, 16, 20],
      [1, 20, 36],
      [1, 36, 40],
      [2, 40, 50],
    ],
  );
});

test('a part is full after its bytes, those of the open slice included', () => {
  const perSecond = 3 * PACKET * FPS;
  const cutter = new Cutter({ maxPartBytes: 19 * perSecond }).record(0, 45);
  cutter.slicer.close();
  assert.deepEqual(
    cutter.slices.map(({ part }, i) => [part, ...(cutter.spans[i] ?? [])]),
    [
      [0, 0, 16],
      [0, 16, 20],
      [1, 20, 36],
      [1, 36, 40],
      [2, 40, 45],
    ],
  );
});

test('the length of a slice in bytes is what was given out for it', () => {
  const cutter = new Cutter().record(0, 40);
  cutter.slicer.close();
  assert.deepEqual(
    cutter.slices.map(({ bytes }) => bytes),
    cutter.bytes.map(({ length }) => length),
  );
});

test('continuity counters run on over all slices and breaks', () => {
  const cutter = new Cutter().record(0, 20);
  cutter.slicer.breakHere();
  cutter.record(20, 40);
  cutter.slicer.close();
  const joined = Buffer.concat(cutter.bytes);
  const last = new Map<number, number>();
  for (let start = 0; start < joined.length; start += PACKET) {
    const { pid } = readHead(joined.subarray(start, start + PACKET));
    const counter = joined.readUInt8(start + 3) & 0x0f;
    assert.equal(counter, ((last.get(pid) ?? 15) + 1) % 16, `packet at ${start}, kind ${pid}`);
    last.set(pid, counter);
  }
  assert.deepEqual([...last.keys()].sort(), [0, 0x100, 0x101, 0x1000].sort());
});

test('a packet without payload repeats the counter before it', () => {
  const cutter = new Cutter();
  const filled = timedFrame({ mediaTime: LEAD_IN, key: true, packets: 3 });
  filled.packets.writeUInt8(0x20, PACKET + 3);
  filled.packets.writeUInt8(183, PACKET + 4);
  cutter.slicer.push(filled);
  const counters = [2, 3, 4].map((i) => (cutter.bytes[0]?.readUInt8(i * PACKET + 3) ?? 0) & 0x0f);
  assert.deepEqual(counters, [0, 0, 1]);
});

test('closing twice ends one slice', () => {
  const cutter = new Cutter().record(0, 1);
  cutter.slicer.close();
  cutter.slicer.close();
  assert.equal(cutter.slices.length, 1);
});

test('of sound alone a slice ends at the first block after 15 seconds', () => {
  const block = (1024 / 48_000) * SECOND;
  const cutter = new Cutter({ tracks: tracksOf({ picture: null, sound: { channels: 1, bitrateKbps: 48 } }) });
  for (let i = 0; i * block < 40 * SECOND; i += 1) {
    cutter.slicer.push(timedFrame({ kind: 'audio', mediaTime: LEAD_IN + i * block }));
  }
  cutter.slicer.close();
  assert.deepEqual(
    cutter.spans.flat().map((second) => Math.round(second * 10) / 10),
    [0, 15, 15, 30, 30, 40],
  );
  assert.deepEqual(
    cutter.slices.map(({ pictures, discontinuity }) => [pictures, discontinuity]),
    [
      [0, true],
      [0, false],
      [0, false],
    ],
  );
});

test('a slice before a break ends where it is told to: earlier than its last picture would, or later', () => {
  for (const second of [3.95, 4.5]) {
    const cutter = new Cutter().record(0, 4);
    cutter.slicer.breakHere(LEAD_IN + second * SECOND);
    assert.deepEqual(cutter.spans, [[0, second]]);
  }
});

test('a key frame that is due when a slice is full may come a little early', () => {
  const cutter = new Cutter();
  for (const second of [0, 4.98, 9.97, 14.96, 20]) cutter.picture(second, true);
  cutter.slicer.close();
  assert.deepEqual(cutter.spans, [
    [0, 14.96],
    [14.96, 20.1],
  ]);
});

describe('pictures few and late, as of a still page', () => {
  /** A picture each second, a key frame each five, given two seconds late beside sound that comes at once. */
  function record(cutter: Cutter, to: number): Cutter {
    for (let tick = 0; tick < to * 10; tick += 1) {
      const second = tick / 10 - 2;
      if (second >= 0 && Number.isInteger(second)) cutter.picture(second, second % 5 === 0);
      cutter.sound(tick / 10);
    }
    return cutter;
  }

  /** Seconds of the sound in each slice. */
  const soundIn = ({ bytes }: Cutter) =>
    bytes.map((slice) => {
      const times = readFrames(slice).frames.flatMap(({ kind, pts }) => (kind === 'audio' ? [toSeconds(pts)] : []));
      return [times[0], times.at(-1)];
    });

  test('each slice has the sound of its own time', () => {
    const cutter = record(new Cutter(), 40);
    cutter.slicer.breakHere(LEAD_IN + 40 * SECOND);
    assert.deepEqual(cutter.spans, [
      [0, 15],
      [15, 30],
      [30, 40],
    ]);
    assert.deepEqual(soundIn(cutter), [
      [2, 14.9],
      [15, 29.9],
      [30, 39.9],
    ]);
  });

  test('so has each part', () => {
    const cutter = record(new Cutter({ maxPartTicks: 20 * SECOND }), 30);
    cutter.slicer.breakHere(LEAD_IN + 30 * SECOND);
    assert.deepEqual(
      cutter.slices.map(({ part }, i) => [part, ...(cutter.spans[i] ?? []), ...(soundIn(cutter)[i] ?? [])]),
      [
        [0, 0, 15, 2, 14.9],
        [0, 15, 20, 15, 19.9],
        [1, 20, 30, 20, 29.9],
      ],
    );
  });

  test('sound does not wait for pictures that do not come', () => {
    const cutter = record(new Cutter(), 18);
    for (let tick = 180; tick < 400; tick += 1) cutter.sound(tick / 10);
    const written = soundIn(cutter).at(-1)?.[1] ?? 0;
    assert.ok(written >= 35, `sound up to ${written} s`);
    cutter.slicer.close();
    assert.deepEqual(soundIn(cutter).at(-1)?.[1], 39.9);
  });

  test('without a word on where it ends, a slice ends with its sound', () => {
    const cutter = record(new Cutter(), 9.5);
    cutter.slicer.close();
    const [[, end = 0] = []] = cutter.spans;
    assert.ok(Math.abs(end - 9.42) < 0.01, `${end} s`);
  });
});

test('places without a picture of their own are counted by slice', () => {
  const cutter = new Cutter();
  for (const [i, missing] of [0, 2, 0, 1].entries()) {
    const mediaTime = LEAD_IN + i * 10 * SECOND;
    cutter.slicer.push({ ...timedFrame({ mediaTime, key: true }), missing });
  }
  cutter.slicer.close();
  assert.deepEqual(
    cutter.slices.map(({ missing, pictures }) => [missing, pictures]),
    [
      [2, 2],
      [1, 2],
    ],
  );
});
