import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { describe, test } from 'node:test';
import { buildAnswer } from '../../../src/hub/answer.ts';
import { candidateLines, hostAddresses } from '../../../src/hub/candidates.ts';
import { codecsOf, matchCodec, parseOffer } from '../../../src/hub/offer.ts';
import { Publication } from '../../../src/hub/publication.ts';
import { OFFERS } from './offers.ts';

const TRANSPORT = {
  usernameFragment: 'uuuu',
  password: 'pppp',
  fingerprint: 'CD:EF',
  candidates: ['a=candidate:1 1 udp 1 127.0.0.1 40000 typ host'],
};

function answerOf(sdp: string): string[] {
  const offer = parseOffer(sdp);
  using publication = new Publication('id', offer, { onFlags: () => {} });
  return buildAnswer(offer, publication.answered, TRANSPORT).split('\r\n');
}

describe('offers and answers', () => {
  test('a publisher is answered with one codec, its retransmissions, and all candidates', () => {
    const lines = answerOf(OFFERS.plain);
    assert.deepEqual(
      lines.filter((line) => /^(m=|a=(group|mid|sendonly|recvonly|setup|ice-lite|candidate|end-of|rtpmap))/.test(line)),
      [
        'a=ice-lite',
        'a=group:BUNDLE 0 1',
        'm=audio 9 UDP/TLS/RTP/SAVPF 111',
        'a=mid:0',
        'a=recvonly',
        'a=setup:passive',
        'a=rtpmap:111 opus/48000/2',
        'a=candidate:1 1 udp 1 127.0.0.1 40000 typ host',
        'a=end-of-candidates',
        'm=video 9 UDP/TLS/RTP/SAVPF 103 104',
        'a=mid:1',
        'a=recvonly',
        'a=setup:passive',
        'a=rtpmap:103 H264/90000',
        'a=rtpmap:104 rtx/90000',
      ],
    );
    assert.deepEqual(
      lines.filter((line) => /^a=(rtcp-fb:103|extmap)/.test(line)),
      [
        'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
        'a=rtcp-fb:103 transport-cc',
        'a=rtcp-fb:103 ccm fir',
        'a=rtcp-fb:103 nack',
        'a=rtcp-fb:103 nack pli',
        'a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
        'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
        'a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
        'a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
      ],
    );
  });

  test('all sizes of a picture are taken, data channels are refused', () => {
    const lines = answerOf(OFFERS.simulcast);
    assert.ok(lines.includes('a=rid:l recv') && lines.includes('a=rid:h recv'));
    assert.ok(lines.includes('a=simulcast:recv l;h'));
    assert.ok(lines.includes('m=application 0 UDP/DTLS/SCTP webrtc-datachannel'));
    assert.ok(lines.includes('a=group:BUNDLE 0 1'));
  });

  test('a first section that nothing is taken of still carries the transport of all', () => {
    const lines = answerOf(OFFERS.plain.replace('opus/48000/2', 'G722/8000'));
    const kept = lines.filter((line) => /^(m=|a=(group|inactive|recvonly|ice-ufrag|candidate))/.test(line));
    assert.deepEqual(kept, [
      'a=group:BUNDLE 0 1',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=inactive',
      'a=ice-ufrag:uuuu',
      ...TRANSPORT.candidates,
      'm=video 9 UDP/TLS/RTP/SAVPF 103 104',
      'a=recvonly',
      'a=ice-ufrag:uuuu',
    ]);
  });

  test('a sender without transport-wide feedback gets REMB', () => {
    const lines = answerOf(OFFERS.plain.replace(/a=extmap:3 .*\r\n/, ''));
    assert.ok(lines.includes('a=rtcp-fb:103 goog-remb'));
    assert.ok(!lines.includes('a=rtcp-fb:103 transport-cc'));
  });

  const refused = {
    'several transports': OFFERS.notBundled,
    'no media': OFFERS.plain.replaceAll('m=audio 9', 'm=audio 0').replaceAll('m=video 9', 'm=video 0'),
    'no codec that is forwarded': OFFERS.audioOnly.replace('opus/48000/2', 'G722/8000'),
    'the role of a server': OFFERS.plain.replaceAll('setup:actpass', 'setup:passive'),
    'an old fingerprint': OFFERS.plain.replaceAll('sha-256', 'sha-1'),
    'no encryption': OFFERS.plain.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/AVP'),
    'no RTCP on the same port': OFFERS.plain.replaceAll('a=rtcp-mux\r\n', ''),
  };
  for (const [name, sdp] of Object.entries(refused))
    test(`refused: ${name}`, () =>
      assert.throws(() => answerOf(sdp), {
        code: 'request_invalid',
        message: /^expected an offer with|^expected an offer to/,
      }));

  test('a viewer gets the codec that decodes what is sent, under its own number', () => {
    const [, video] = parseOffer(OFFERS.plain).media;
    assert.ok(video);
    const offered = codecsOf(video);
    const find = (payloadType: number) => offered.find(({ primary }) => primary.payloadType === payloadType);
    const match = (payloadType: number) => {
      const sent = find(payloadType);
      return sent && matchCodec(sent, offered)?.primary.payloadType;
    };
    assert.equal(match(103), 103, 'baseline');
    assert.equal(match(98), 98, 'constrained baseline');
    assert.equal(match(99), 99, 'another packetization');
    const vp8 = find(96);
    assert.ok(vp8);
    assert.equal(matchCodec(vp8, offered)?.rtx?.payloadType, 97);
    assert.equal(
      matchCodec(
        vp8,
        offered.filter(({ name }) => name !== 'VP8'),
      ),
      null,
    );
  });
});

describe('candidates', () => {
  const of = (address: string, internal = false) => ({ address, internal }) as NetworkInterfaceInfo;
  const interfaces = {
    lo: [of('127.0.0.1', true), of('::1', true)],
    eth0: [of('10.0.0.5'), of('fd00::5'), of('fe80::1')],
  };

  test('the public address comes first, loopback last, link-local ones not at all', () => {
    assert.deepEqual(hostAddresses('203.0.113.9', interfaces), ['203.0.113.9', '10.0.0.5', 'fd00::5', '127.0.0.1']);
    assert.deepEqual(hostAddresses(null, interfaces), ['10.0.0.5', 'fd00::5', '127.0.0.1']);
  });

  test('are written in their order, IPv6 only where the socket takes it', () => {
    assert.deepEqual(candidateLines(['10.0.0.5', 'fd00::5', '127.0.0.1'], 40001, false), [
      'a=candidate:1 1 udp 2130706431 10.0.0.5 40001 typ host',
      'a=candidate:2 1 udp 2130706175 127.0.0.1 40001 typ host',
    ]);
    assert.equal(candidateLines(['fd00::5'], 40001, true).length, 1);
  });
});
