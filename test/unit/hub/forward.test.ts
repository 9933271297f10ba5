import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RTCRtpCodecParameters, RtcpSrPacket, RtpHeader } from 'werift';
import { Forward } from '../../../src/hub/forward.ts';
import type { OfferedCodec } from '../../../src/hub/offer.ts';
import { type Layer, Track } from '../../../src/hub/track.ts';
import { type PacketFields, rtpOf } from './packets.ts';

const KEY = [0x10, 0x00];
const DELTA = [0x10, 0x01];
const NTP_SECOND = 2n ** 32n;

interface Sent {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: readonly number[];
  readonly extensions: readonly { readonly id: number; readonly payload: readonly number[] }[];
}

/** A track in two sizes and a viewer of it, without anything between. */
function setUp(size: 'high' | 'low', rtx = true) {
  const sent: Sent[] = [];
  const clocks: { ntp: bigint; rtp: number; ssrc: number }[] = [];
  let wishes = 0;
  const track = new Track('video', codecOf(96, 97), ['l', 'h'], () => {
    wishes += 1;
  });
  const transport = {
    connected: true,
    sendRtp(header: RtpHeader, payload: Buffer) {
      const { ssrc, payloadType, sequenceNumber, timestamp } = header;
      // As the other side reads it.
      const { extensions } = RtpHeader.deSerialize(header.serialize(header.serializeSize));
      const told = extensions.map((one) => ({ id: one.id, payload: [...one.payload] }));
      sent.push({ ssrc, payloadType, sequence: sequenceNumber, timestamp, payload: [...payload], extensions: told });
    },
    sendRtcp(...packets: readonly { serialize(): Buffer }[]) {
      for (const packet of packets)
        if (packet instanceof RtcpSrPacket)
          clocks.push({
            ntp: packet.senderInfo.ntpTimestamp,
            rtp: packet.senderInfo.rtpTimestamp,
            ssrc: packet.ssrc,
          });
    },
  };
  const codec = rtx ? codecOf(120, 121) : { ...codecOf(120, 121), rtx: null };
  const colorSpace = { from: 5, to: 9 };
  const forward = new Forward({ track, size, codec, colorSpace, cname: 'c', transport });
  const [low, high] = track.layers as [Layer, Layer];
  const come = (layer: Layer, fields: PacketFields, nowMs: number) => {
    const packet = rtpOf({ ssrc: layer === low ? 1 : 2, payload: DELTA, ...fields });
    track.sourceOf(layer, packet.ssrc).add(packet, nowMs);
    forward.onPacket(layer, packet, nowMs);
  };
  return { sent, clocks, track, transport, forward, low, high, come, wishes: () => wishes };
}

function codecOf(primary: number, rtx: number): OfferedCodec {
  return {
    name: 'VP8',
    primary: new RTCRtpCodecParameters({ mimeType: 'video/VP8', clockRate: 90_000, payloadType: primary }),
    rtx: new RTCRtpCodecParameters({ mimeType: 'video/rtx', clockRate: 90_000, payloadType: rtx }),
  };
}

describe('a track on its way to a viewer', () => {
  test('goes on as it came, numbered for the viewer, late packets in their places', () => {
    const { sent, forward, high, come, wishes } = setUp('high');
    forward.start(0);
    for (const sequence of [65535, 1, 0]) come(high, { sequence, timestamp: 5000 + sequence, payload: KEY }, 10);
    const [first] = sent;
    assert.ok(first);
    assert.deepEqual(
      sent.map(({ sequence }) => sequence - first.sequence),
      [0, 2, 1],
    );
    assert.deepEqual(
      sent.map(({ timestamp }) => timestamp),
      [70535, 5001, 5000],
    );
    assert.deepEqual(first, { ...first, ssrc: forward.ssrc, payloadType: 120, payload: KEY });
    forward.wantKeyFrame();
    assert.ok(wishes() > 0);
  });

  test('takes along how its colours are meant, under the number that the viewer gave it, and nothing else', () => {
    const { sent, forward, high, come } = setUp('high');
    forward.start(0);
    const colors = [1, 1, 1, 0x10];
    come(high, { sequence: 1, payload: KEY, extensions: { 3: [7], 5: colors } }, 0);
    come(high, { sequence: 2, extensions: { 3: [7] } }, 30);
    forward.resend([sent[0]?.sequence ?? 0]);
    const told = { id: 9, payload: colors };
    assert.deepEqual(
      sent.map(({ extensions }) => extensions),
      [[told], [], [told]],
    );
  });

  test('nothing is sent before the viewer can be reached', () => {
    const { sent, transport, high, come } = setUp('high');
    transport.connected = false;
    come(high, { sequence: 1 }, 0);
    assert.deepEqual(sent, []);
  });

  test('changes to a larger size with its next key frame, without a gap in numbers or a step in time', () => {
    const { sent, clocks, track, forward, low, high, come } = setUp('high');
    forward.start(0);
    come(low, { sequence: 100, timestamp: 1000 }, 0);
    track.sourceOf(low, 1).setClock(10n * NTP_SECOND, 1000, 0);
    come(high, { sequence: 7000, timestamp: 500_000 }, 30);
    // The clock of the larger one runs 499000 ahead, and is told two seconds later.
    track.sourceOf(high, 2).setClock(12n * NTP_SECOND, 680_000, 40);
    forward.onTick(50);
    come(low, { sequence: 101, timestamp: 4000 }, 60);
    come(high, { sequence: 7001, timestamp: 503_000 }, 60);
    come(high, { sequence: 7002, timestamp: 506_000, payload: KEY }, 90);
    come(low, { sequence: 102, timestamp: 7000 }, 90);
    come(high, { sequence: 7003, timestamp: 509_000 }, 120);
    const start = sent[0]?.sequence ?? 0;
    assert.deepEqual(
      sent.map(({ sequence, timestamp, payload }) => [sequence - start, timestamp, payload]),
      [
        [0, 1000, DELTA],
        [1, 4000, DELTA],
        [2, 7000, KEY],
        [3, 10_000, DELTA],
      ],
    );
    const last = clocks.at(-1);
    assert.ok(last);
    // Whatever moment it is told for: the same line as before, 1000 at 10 s.
    assert.equal(Math.round(Number(last.ntp - 10n * NTP_SECOND) / 2 ** 32 / (1 / 90_000)), last.rtp - 1000);
  });

  test('falls back to a smaller size when the larger one stops, an unknown key frame or not', () => {
    const { sent, forward, low, high, come } = setUp('high');
    forward.start(0);
    come(high, { sequence: 7000 }, 0);
    for (let nowMs = 100; nowMs < 6000; nowMs += 100) {
      come(low, { sequence: nowMs / 100, timestamp: nowMs * 90 }, nowMs);
      forward.onTick(nowMs);
    }
    assert.ok(sent.length > 10, 'the smaller one is seen');
    const [first = 0] = sent.map(({ sequence }) => sequence);
    assert.deepEqual(
      sent.map(({ sequence }) => sequence),
      sent.map((_, index) => first + index),
    );
    assert.ok(sent.every(({ timestamp }, index) => index === 0 || timestamp > (sent[index - 1]?.timestamp ?? 0)));
  });

  test('a viewer of the smallest size gets the smallest', () => {
    const { sent, forward, low, high, come } = setUp('low');
    come(high, { sequence: 1 }, 0);
    come(low, { sequence: 1 }, 0);
    forward.start(1);
    come(high, { sequence: 2 }, 5);
    forward.onTick(10);
    come(low, { sequence: 2, payload: KEY, timestamp: 9 }, 20);
    come(high, { sequence: 3 }, 30);
    come(low, { sequence: 3, timestamp: 10 }, 40);
    assert.deepEqual(
      sent.slice(-2).map(({ timestamp, payload }) => [timestamp - (sent.at(-2)?.timestamp ?? 0), payload]),
      [
        [0, KEY],
        [1, DELTA],
      ],
    );
  });

  test('sends again what was lost, by RTX', () => {
    const { sent, forward, high, come } = setUp('high');
    forward.start(0);
    for (const sequence of [10, 11, 12]) come(high, { sequence, payload: [sequence] }, 10);
    const lost = sent[1]?.sequence ?? 0;
    forward.resend([lost, lost + 500]);
    const again = sent.slice(3);
    assert.equal(again.length, 1);
    assert.deepEqual(again[0], {
      ...again[0],
      ssrc: forward.rtxSsrc,
      payloadType: 121,
      payload: [lost >> 8, lost & 0xff, 11],
    });
  });

  test('sends again as it was, where there is no RTX', () => {
    const { sent, forward, high, come } = setUp('high', false);
    forward.start(0);
    for (const sequence of [10, 11, 12]) come(high, { sequence, payload: [sequence] }, 10);
    forward.resend([sent[1]?.sequence ?? 0]);
    assert.deepEqual(sent[3], sent[1]);
  });

  test('the publisher’s clock is put forward to the moment at which it is told', () => {
    const { clocks, track, forward, high, come } = setUp('high');
    forward.start(0);
    come(high, { sequence: 1, timestamp: 90_000 }, 0);
    track.sourceOf(high, 2).setClock(100n * NTP_SECOND, 180_000, 1000);
    forward.onTick(3000);
    assert.deepEqual(clocks, [{ ntp: 102n * NTP_SECOND, rtp: 360_000, ssrc: forward.ssrc }]);
  });
});
