import { type MediaDescription, type RTCRtpCodecParameters, SessionDescription } from 'werift';
import { messageOf, RecorderError } from '../errors.ts';
import type { VideoCodec } from './key-frame.ts';

export interface Fingerprint {
  /** As Node names it: `sha256`. */
  readonly algorithm: string;
  /** `AA:BB:...` */
  readonly value: string;
}

export interface Offer {
  /** Of the certificate that the other side will show. */
  readonly fingerprint: Fingerprint;
  readonly media: readonly MediaDescription[];
}

/** A codec as one side numbers it, with the number of its retransmissions (RFC 4588), if it has any. */
export interface OfferedCodec {
  readonly name: 'opus' | VideoCodec;
  readonly primary: RTCRtpCodecParameters;
  readonly rtx: RTCRtpCodecParameters | null;
}

const NAMES: Readonly<Record<string, OfferedCodec['name']>> = { opus: 'opus', vp8: 'VP8', vp9: 'VP9', h264: 'H264' };
const HASHES: Readonly<Record<string, string>> = { 'sha-256': 'sha256', 'sha-384': 'sha384', 'sha-512': 'sha512' };
/** No browser's offer comes near. */
const MAX_LENGTH = 200_000;

/** @throws RecorderError `request_invalid` for what no session can be made of. */
export function parseOffer(sdp: string): Offer {
  const session = parseSdp(sdp);
  const media = session.media.filter(({ port, direction }) => port !== 0 && direction !== 'inactive').filter(isMedia);
  const [first] = media;
  if (!first) throw refuse('sound or a picture', 'neither');
  if (media.some(({ profile }) => !profile.endsWith('RTP/SAVPF'))) throw refuse('RTP over DTLS-SRTP', 'something else');
  if (!first.iceParams?.usernameFragment) throw refuse('a=ice-ufrag', 'none');
  if (!first.dtlsParams || first.dtlsParams.role === 'server') throw refuse('a=setup:actpass', 'another role, or none');
  checkBundle(session, media);
  const prints = first.dtlsParams.fingerprints.flatMap(({ algorithm, value }) => {
    const hash = HASHES[algorithm.toLowerCase()];
    return hash === undefined ? [] : [{ algorithm: hash, value }];
  });
  if (!prints[0]) throw refuse('a=fingerprint with SHA-256 or better', 'none');
  return { fingerprint: prints[0], media: session.media };
}

function parseSdp(sdp: string): SessionDescription {
  // Candidates are not needed: the other side finds us. Some browsers write forms that the parser does not know.
  const lines = sdp.split(/\r?\n/).filter((line) => !line.startsWith('a=candidate:'));
  if (!sdp.startsWith('v=0') || sdp.length > MAX_LENGTH) throw refuse('SDP, which begins with v=0', 'something else');
  try {
    return SessionDescription.parse(lines.join('\r\n'));
  } catch (error) {
    throw refuse('SDP', `what cannot be read (${messageOf(error)})`);
  }
}

function checkBundle(session: SessionDescription, media: readonly MediaDescription[]): void {
  const bundled = session.group.find(({ semantic }) => semantic === 'BUNDLE')?.items ?? [];
  const isBundled = ({ rtp }: MediaDescription) => rtp.muxId !== undefined && bundled.includes(rtp.muxId);
  if (media.length > 1 && !media.every(isBundled)) throw refuse('all media in one BUNDLE group', 'several transports');
  if (media.some(({ rtcpMux }) => !rtcpMux)) throw refuse('a=rtcp-mux', 'none');
}

export function isMedia({ kind }: MediaDescription): boolean {
  return kind === 'audio' || kind === 'video';
}

function refuse(expected: string, came: string): RecorderError {
  return new RecorderError('request_invalid', `expected an offer with ${expected}, ${came} came`);
}

/** Pure: the codecs of a media section that can be forwarded, as the other side prefers them. */
export function codecsOf({ rtp }: MediaDescription): OfferedCodec[] {
  return rtp.codecs.flatMap((primary) => {
    const name = NAMES[primary.name.toLowerCase()];
    return name === undefined ? [] : [{ name, primary, rtx: rtxOf(rtp.codecs, primary.payloadType) }];
  });
}

function rtxOf(codecs: readonly RTCRtpCodecParameters[], payloadType: number): RTCRtpCodecParameters | null {
  const isRtx = (codec: RTCRtpCodecParameters) => codec.name.toLowerCase() === 'rtx';
  return codecs.find((codec) => isRtx(codec) && parametersOf(codec).get('apt') === String(payloadType)) ?? null;
}

/** Pure: among the codecs of a viewer the one that decodes what the publisher sends; null when it has none. */
export function matchCodec(sent: OfferedCodec, offered: readonly OfferedCodec[]): OfferedCodec | null {
  const same = offered.filter(({ name, primary }) => name === sent.name && formOf(primary) === formOf(sent.primary));
  return same.find(({ primary }) => profileOf(primary) === profileOf(sent.primary)) ?? same[0] ?? null;
}

/** What must be equal for packets to be understood. */
function formOf(codec: RTCRtpCodecParameters): string {
  const parameters = parametersOf(codec);
  return `${parameters.get('packetization-mode') ?? '0'} ${parameters.get('profile-id') ?? '0'}`;
}

/** Of H.264, without its level, which may differ (RFC 6184, 8.2.2). */
function profileOf(codec: RTCRtpCodecParameters): string {
  return (parametersOf(codec).get('profile-level-id') ?? '42e01f').slice(0, 4).toLowerCase();
}

function parametersOf({ parameters = '' }: RTCRtpCodecParameters): Map<string, string> {
  return new Map(
    parameters.split(';').map((pair) => {
      const [key = '', value = ''] = pair.split('=');
      return [key.trim().toLowerCase(), value.trim()];
    }),
  );
}
