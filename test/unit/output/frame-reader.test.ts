import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { type Frame, FrameReader } from '../../../src/output/frame-reader.ts';
import { PACKET } from '../../../src/output/transport-stream.ts';
import { AUDIO, frame, packet, tables, VIDEO } from '../../support/packets.ts';
import { encodedStream } from '../../support/real-media.ts';

let real: Buffer;

before(async () => {
  real = await encodedStream(1);
});

function read(chunks: readonly Buffer[], { end = true } = {}): { frames: Frame[]; reader: FrameReader } {
  const frames: Frame[] = [];
  const reader = new FrameReader((one) => frames.push(one));
  for (const chunk of chunks) reader.push(chunk);
  if (end) reader.end();
  return { frames, reader };
}

test('chunks that end anywhere give the same frames', () => {
  const whole = read([real]).frames;
  assert.ok(whole.length > 40);
  const cuts = fc.array(fc.nat(real.length), { maxLength: 12 });
  fc.assert(
    fc.property(cuts, (places) => {
      const ends = [0, ...places.sort((a, b) => a - b), real.length];
      const chunks = ends.slice(1).map((end, i) => real.subarray(ends[i], end));
      assert.deepEqual(read(chunks).frames, whole);
    }),
    { numRuns: 40 },
  );
});

test('no packet of picture or sound is lost', () => {
  let expected = 0;
  for (let at = 0; at < real.length; at += PACKET) {
    const pid = real.readUInt16BE(at + 1) & 0x1fff;
    if (pid === VIDEO || pid === AUDIO) expected += PACKET;
  }
  const sum = read([real]).frames.reduce((bytes, { packets }) => bytes + packets.length, 0);
  assert.equal(sum, expected);
});

test('a frame is given out when the next begins, the last one at the end', () => {
  const first = frame({ pts: 100, key: true, packets: 3 });
  const second = frame({ kind: 'audio', pts: 150 });
  const { frames, reader } = read([first.packets, second.packets], { end: false });
  assert.deepEqual(frames, [first]);
  reader.end();
  assert.deepEqual(frames, [first, second]);
  reader.end();
  assert.equal(frames.length, 2);
});

test('packets before the first beginning of a frame belong to none', () => {
  const one = frame({ pts: 5, packets: 2 });
  const { frames } = read([packet({ pid: VIDEO }), packet({ pid: AUDIO }), one.packets]);
  assert.deepEqual(frames, [one]);
});

test('a frame without a time is left out with all its packets', () => {
  const good = frame({ pts: 5, packets: 2 });
  const { frames } = read([packet({ pid: VIDEO, start: true }), packet({ pid: VIDEO }), good.packets]);
  assert.deepEqual(frames, [good]);
});

test('consumed counts up to where the frame that is still open begins', () => {
  const first = frame({ pts: 100, packets: 3 });
  const { reader } = read([tables()], { end: false });
  reader.push(first.packets);
  assert.equal(reader.consumed, 2 * PACKET);
  reader.push(frame({ pts: 200, packets: 4 }).packets);
  assert.equal(reader.consumed, 5 * PACKET);
});
