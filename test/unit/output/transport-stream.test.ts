import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  PACKET,
  readHead,
  readTimes,
  shiftTimes,
  ticksBetween,
  WRAP,
  wrap,
  writeContinuity,
} from '../../../src/output/transport-stream.ts';
import { probeJson } from '../../probe/tool.ts';
import { AUDIO, packet, VIDEO } from '../../support/packets.ts';
import { encodedStream, readFrames } from '../../support/real-media.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const BUFFERING = 45_000;
const time = fc.integer({ min: 0, max: WRAP - 1 });

test('the head tells kind, start, key frame, payload and clock', () => {
  const plain = readHead(packet({ pid: AUDIO }));
  assert.deepEqual(plain, { pid: AUDIO, start: false, key: false, hasPayload: true, pcrAt: null, payloadAt: 4 });
  const full = readHead(packet({ pid: VIDEO, start: true, key: true, pts: 1, pcr: { base: 1, extension: 0 } }));
  assert.deepEqual(full, { pid: VIDEO, start: true, key: true, hasPayload: true, pcrAt: 6, payloadAt: 12 });
});

test('a packet of filling has no payload', () => {
  const bytes = packet({ pid: VIDEO });
  bytes[3] = 0x20;
  bytes[4] = 183;
  bytes[5] = 0;
  assert.equal(readHead(bytes).hasPayload, false);
});

test('an adaptation field of length zero carries no flags', () => {
  const bytes = packet({ pid: VIDEO, fill: 0xff });
  bytes[3] = 0x30;
  bytes[4] = 0;
  assert.deepEqual(readHead(bytes), {
    pid: VIDEO,
    start: false,
    key: false,
    hasPayload: true,
    pcrAt: null,
    payloadAt: 5,
  });
});

test('what does not begin with the sync byte is refused', () => {
  assert.throws(() => readHead(Buffer.alloc(PACKET)), { name: 'RangeError', message: /got byte 0/ });
});

test('both times are read over all their 33 bits', () => {
  fc.assert(
    fc.property(time, time, (pts, dts) => {
      const both = packet({ pid: VIDEO, start: true, pts, dts });
      assert.deepEqual(readTimes(both, readHead(both).payloadAt), { pts, dts });
      const one = packet({ pid: VIDEO, start: true, key: true, pts });
      assert.deepEqual(readTimes(one, readHead(one).payloadAt), { pts, dts: pts });
    }),
  );
});

test('a frame without a time has none', () => {
  const bytes = packet({ pid: VIDEO, start: true });
  assert.equal(readTimes(bytes, readHead(bytes).payloadAt), null);
});

test('shifting adds to all times around the wrap, and puts the clock half a second earlier', () => {
  const shift = fc.integer({ min: -2 * WRAP, max: 2 * WRAP });
  fc.assert(
    fc.property(time, time, time, fc.nat(299), shift, (pts, dts, base, extension, ticks) => {
      const bytes = packet({ pid: VIDEO, start: true, key: true, pts, dts, pcr: { base, extension } });
      shiftTimes(bytes, readHead(bytes), ticks);
      const expected = packet({
        ...{ pid: VIDEO, start: true, key: true, pts: wrap(pts + ticks), dts: wrap(dts + ticks) },
        pcr: { base: wrap(base + ticks - BUFFERING), extension },
      });
      assert.deepEqual(bytes, expected);
    }),
  );
});

test('shifting leaves tables and the later packets of a frame as they are', () => {
  for (const options of [{ pid: 0, start: true }, { pid: 0x1000, start: true }, { pid: VIDEO }, { pid: AUDIO }]) {
    const bytes = packet({ ...options, fill: 0xc0 });
    shiftTimes(bytes, readHead(bytes), 123_456);
    assert.deepEqual(bytes, packet({ ...options, fill: 0xc0 }));
  }
});

test('the counter is written without touching the bits beside it', () => {
  const bytes = packet({ pid: VIDEO, key: true, counter: 3 });
  writeContinuity(bytes, 12);
  assert.deepEqual(bytes, packet({ pid: VIDEO, key: true, counter: 12 }));
});

test('the difference of two wrapping times is exact up to 13 hours either way', () => {
  const difference = fc.integer({ min: -WRAP / 2, max: WRAP / 2 - 1 });
  fc.assert(fc.property(time, difference, (a, d) => assert.equal(ticksBetween(wrap(a + d), a), d)));
});

test('wrapping stays within 33 bits, also for times below zero', () => {
  assert.equal(wrap(-1), WRAP - 1);
  assert.equal(wrap(WRAP), 0);
  assert.equal(wrap(3 * WRAP + 5), 5);
});

test('the times of a real stream are those that ffprobe reads', async () => {
  await using folder = await makeTempFolder();
  const stream = await encodedStream(2, 10_000);
  await writeFile(folder.file('real.ts'), stream);
  const answer = await probeJson(['-show_packets', '-select_streams', 'v', folder.file('real.ts')]);
  const expected = (answer as { packets: { pts: number; flags: string }[] }).packets;
  const pictures = readFrames(stream).frames.filter(({ kind }) => kind === 'video');
  assert.equal(expected.length, 20);
  assert.deepEqual(
    pictures.map(({ pts, key }) => [pts, key]),
    expected.map(({ pts, flags }) => [pts, flags.startsWith('K')]),
  );
});
