/** What browsers of Chromium's kind offer, shortened to what matters. */
const SESSION = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=extmap-allow-mixed', 'a=msid-semantic: WMS s'];

const TRANSPORT = [
  'c=IN IP4 0.0.0.0',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=candidate:1 1 udp 2122260223 something.local 50000 typ host generation 0 network-id 1',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${'AB:'.repeat(31)}AB`,
  'a=setup:actpass',
  'a=rtcp-mux',
  'a=rtcp-rsize',
];

const AUDIO = [
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 0',
  ...TRANSPORT,
  'a=mid:0',
  'a=sendrecv',
  'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1;stereo=1',
  'a=rtcp-fb:111 transport-cc',
  'a=rtpmap:63 red/48000/2',
  'a=fmtp:63 111/111',
  'a=rtpmap:0 PCMU/8000',
];

const VIDEO = [
  'm=video 9 UDP/TLS/RTP/SAVPF 103 104 96 97 98 99',
  ...TRANSPORT,
  'a=mid:1',
  'a=sendrecv',
  'a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  'a=extmap:13 urn:3gpp:video-orientation',
  'a=rtpmap:103 H264/90000',
  'a=rtcp-fb:103 goog-remb',
  'a=rtcp-fb:103 transport-cc',
  'a=rtcp-fb:103 ccm fir',
  'a=rtcp-fb:103 nack',
  'a=rtcp-fb:103 nack pli',
  'a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f',
  'a=rtpmap:104 rtx/90000',
  'a=fmtp:104 apt=103',
  'a=rtpmap:96 VP8/90000',
  'a=rtcp-fb:96 nack',
  'a=rtcp-fb:96 nack pli',
  'a=rtpmap:97 rtx/90000',
  'a=fmtp:97 apt=96',
  'a=rtpmap:98 H264/90000',
  'a=rtcp-fb:98 nack',
  'a=fmtp:98 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
  'a=rtpmap:99 H264/90000',
  'a=fmtp:99 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f',
];

const LAYERS = ['a=rid:l send', 'a=rid:h send', 'a=simulcast:send l;h'];
const DATA = ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', ...TRANSPORT, 'a=mid:2', 'a=sctp-port:5000'];

function text(...sections: readonly (readonly string[])[]): string {
  return `${sections.flat().join('\r\n')}\r\n`;
}

const BUNDLE = ['a=group:BUNDLE 0 1 2'];

export const OFFERS = {
  plain: text(SESSION, BUNDLE, AUDIO, VIDEO),
  simulcast: text(SESSION, BUNDLE, AUDIO, [...VIDEO, ...LAYERS], DATA),
  audioOnly: text(SESSION, ['a=group:BUNDLE 0'], AUDIO),
  notBundled: text(SESSION, AUDIO, VIDEO),
} as const;
