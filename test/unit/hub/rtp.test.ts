import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { beginsKeyFrame } from '../../../src/hub/key-frame.ts';
import { extensionOf, parseRtp, sequenceDistance, unwrapRtx } from '../../../src/hub/rtp.ts';
import { rtpBytes, rtpOf } from './packets.ts';

describe('RTP packets', () => {
  test('are read with header, extensions, payload and padding', () => {
    const packet = rtpOf({
      sequence: 65535,
      timestamp: 4_000_000_000,
      ssrc: 0xfedcba98,
      payloadType: 111,
      marker: true,
      payload: [7, 8, 9],
      padding: 4,
      extensions: { 3: [1, 2], 10: [0x68] },
    });
    const { sequence, timestamp, ssrc, payloadType, marker, padding, payloadAt, data } = packet;
    assert.deepEqual(
      { sequence, timestamp, ssrc, payloadType, marker, padding },
      { sequence: 65535, timestamp: 4_000_000_000, ssrc: 0xfedcba98, payloadType: 111, marker: true, padding: 4 },
    );
    assert.deepEqual([...data.subarray(payloadAt, data.length - padding)], [7, 8, 9]);
    assert.deepEqual([...(extensionOf(packet, 3) ?? [])], [1, 2]);
    assert.equal(extensionOf(packet, 10)?.toString('latin1'), 'h');
    assert.equal(extensionOf(packet, 4), null);
  });

  test('two-byte extensions are read too', () => {
    const data = rtpBytes({ sequence: 1, extensions: { 1: [0, 0, 0, 0, 0, 0, 0] } });
    data.writeUInt16BE(0x1000, 12);
    data.set([200, 2, 5, 6, 0, 201, 1, 9], 16);
    const packet = parseRtp(data);
    assert.ok(packet);
    assert.deepEqual([...(extensionOf(packet, 200) ?? [])], [5, 6]);
    assert.deepEqual([...(extensionOf(packet, 201) ?? [])], [9]);
  });

  test('whatever comes is read or refused, never thrown at', () => {
    const any = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));
    const likely = any.map((bytes) => Buffer.concat([Buffer.from([0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]), bytes]));
    fc.assert(
      fc.property(fc.oneof(any, likely), fc.integer({ min: 1, max: 255 }), (data, id) => {
        const packet = parseRtp(data);
        if (!packet) return;
        extensionOf(packet, id);
        unwrapRtx(packet, 1, 96);
        for (const codec of ['VP8', 'VP9', 'H264'] as const) beginsKeyFrame(codec, packet);
      }),
    );
  });

  test('a retransmission becomes the packet that it repeats', () => {
    const rtx = rtpOf({
      sequence: 5,
      ssrc: 2,
      payloadType: 97,
      marker: true,
      timestamp: 9,
      payload: [0x12, 0x34, 7, 8],
    });
    const packet = unwrapRtx(rtx, 1, 96);
    assert.ok(packet);
    const { sequence, ssrc, payloadType, marker, timestamp, data, payloadAt } = packet;
    assert.deepEqual(
      { sequence, ssrc, payloadType, marker, timestamp },
      {
        sequence: 0x1234,
        ssrc: 1,
        payloadType: 96,
        marker: true,
        timestamp: 9,
      },
    );
    assert.deepEqual([...data.subarray(payloadAt)], [7, 8]);
    assert.equal(unwrapRtx(rtpOf({ sequence: 6, payload: [], padding: 200 }), 1, 96), null);
  });

  test('distances of sequence numbers go over the end of their range', () => {
    assert.equal(sequenceDistance(65535, 0), 1);
    assert.equal(sequenceDistance(3, 65533), -6);
    assert.equal(sequenceDistance(100, 100), 0);
  });
});

describe('key frames', () => {
  const cases = {
    'VP8 key frame': ['VP8', [0x10, 0x00], true],
    'VP8 key frame behind a long descriptor': ['VP8', [0x90, 0xe0, 0x80, 0x01, 0x05, 0x20, 0x00], true],
    'VP8 other frame': ['VP8', [0x10, 0x01], false],
    'VP8 second packet of a key frame': ['VP8', [0x00, 0x00], false],
    'VP9 key frame': ['VP9', [0x88, 0x80], true],
    'VP9 predicted frame': ['VP9', [0xc8, 0x80], false],
    'H.264 parameter sets together with a slice': ['H264', [24, 0, 3, 0x67, 1, 2], true],
    'H.264 IDR slice': ['H264', [0x65, 1], true],
    'H.264 first fragment of an IDR slice': ['H264', [0x7c, 0x85], true],
    'H.264 later fragment of an IDR slice': ['H264', [0x7c, 0x05], false],
    'H.264 other slice': ['H264', [0x61, 1], false],
  } as const;
  for (const [name, [codec, payload, expected]] of Object.entries(cases))
    test(name, () => assert.equal(beginsKeyFrame(codec, rtpOf({ sequence: 1, payload })), expected));
});
