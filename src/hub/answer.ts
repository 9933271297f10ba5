import { randomInt } from 'node:crypto';
import type { MediaDescription, RTCRtpCodecParameters } from 'werift';
import { isMedia, type Offer, type OfferedCodec } from './offer.ts';

/**
 * Browsers of Chromium's kind begin with 300 kbit/s, and so with a smaller picture, which grows back only after ten seconds. With
 * this they begin with 720p; where the way carries less, they find out within a second.
 */
const START_BITRATE = 'x-google-start-bitrate=1500';

export interface AnswerTransport {
  readonly usernameFragment: string;
  readonly password: string;
  /** Of our certificate, SHA-256. */
  readonly fingerprint: string;
  /** Lines `a=candidate:...`. */
  readonly candidates: readonly string[];
}

/** What we receive, or send, in one section of the offer. */
export interface AnsweredMedia {
  readonly media: MediaDescription;
  readonly codec: OfferedCodec;
  /** Names of header extensions that we take. */
  readonly extensions: readonly string[];
  /** Feedback that we give or take: `nack`, `nack pli`, ... */
  readonly feedback: readonly string[];
  /** Null: we receive. */
  readonly sent: SentTrack | null;
}

export interface SentTrack {
  /** One stream for all tracks of a publisher, which browsers then keep in step. */
  readonly stream: string;
  readonly ssrc: number;
  readonly rtxSsrc: number;
}

/** Pure but for the number of the session: the answer to an offer, all candidates in it. */
export function buildAnswer(offer: Offer, answered: readonly AnsweredMedia[], transport: AnswerTransport): string {
  const sections = offer.media.map((media) => answered.find((one) => one.media === media) ?? media);
  const bundled = answered.length === 0 ? [] : offer.media.filter((media) => isMedia(media) && media.port !== 0);
  const mids = bundled.flatMap(({ rtp }) => rtp.muxId ?? []);
  const lines = ['v=0', `o=- ${randomInt(2 ** 47)} 1 IN IP4 127.0.0.1`, 's=-', 't=0 0', 'a=ice-lite'];
  if (mids.length > 0) lines.push(`a=group:BUNDLE ${mids.join(' ')}`);
  for (const section of sections) {
    if ('media' in section) lines.push(...sectionLines(section, transport));
    else lines.push(...(bundled.includes(section) ? idleLines(section, transport) : refusedLines(section)));
    // One transport carries all sections; its candidates belong to the first.
    if (('media' in section ? section.media : section) === bundled[0])
      lines.push(...transport.candidates, 'a=end-of-candidates');
  }
  return `${lines.join('\r\n')}\r\n`;
}

/**
 * Pure: a section of which nothing is sent, beside others. It is not refused: when the first one is, Chromium gives up the
 * transport of all.
 */
function idleLines(media: MediaDescription, transport: AnswerTransport): string[] {
  const [codec] = media.rtp.codecs;
  return [
    `m=${media.kind} 9 ${media.profile} ${codec?.payloadType ?? media.fmt[0]}`,
    ...transportLines(media, 'inactive', transport),
    ...(codec ? codecLines(codec) : []),
  ];
}

function transportLines({ rtp }: MediaDescription, direction: string, transport: AnswerTransport): string[] {
  return [
    'c=IN IP4 0.0.0.0',
    ...(rtp.muxId === undefined ? [] : [`a=mid:${rtp.muxId}`]),
    `a=${direction}`,
    'a=rtcp-mux',
    'a=rtcp-rsize',
    `a=ice-ufrag:${transport.usernameFragment}`,
    `a=ice-pwd:${transport.password}`,
    `a=fingerprint:sha-256 ${transport.fingerprint}`,
    'a=setup:passive',
  ];
}

/** Pure: a section that we want nothing of (RFC 3264, 6). */
function refusedLines(media: MediaDescription): string[] {
  const { kind, profile, fmt, rtp } = media;
  const mid = rtp.muxId === undefined ? [] : [`a=mid:${rtp.muxId}`];
  const formats = isMedia(media) ? fmt.slice(0, 1) : fmt;
  return [`m=${kind} 0 ${profile} ${formats.join(' ')}`, 'c=IN IP4 0.0.0.0', ...mid, 'a=inactive'];
}

function sectionLines(section: AnsweredMedia, transport: AnswerTransport): string[] {
  const { media, codec, sent } = section;
  const codecs = [codec.primary, ...(codec.rtx ? [codec.rtx] : [])];
  return [
    `m=${media.kind} 9 ${media.profile} ${codecs.map(({ payloadType }) => payloadType).join(' ')}`,
    ...transportLines(media, sent ? 'sendonly' : 'recvonly', transport),
    ...codecLines(codec.primary, sent || media.kind !== 'video' ? '' : START_BITRATE),
    ...(codec.rtx ? codecLines(codec.rtx) : []),
    ...feedbackLines(section),
    ...media.rtp.headerExtensions
      .filter(({ uri }) => section.extensions.includes(uri))
      .map(({ id, uri }) => `a=extmap:${id} ${uri}`),
    ...(sent ? trackLines(sent, media.kind, codec.rtx !== null) : layerLines(media)),
  ];
}

function codecLines(
  { payloadType, name, clockRate, channels, parameters }: RTCRtpCodecParameters,
  more = '',
): string[] {
  const many = channels !== undefined && channels > 1 ? `/${channels}` : '';
  const format = [parameters ?? '', more].filter((part) => part !== '').join(';');
  const line = format === '' ? [] : [`a=fmtp:${payloadType} ${format}`];
  return [`a=rtpmap:${payloadType} ${name}/${clockRate}${many}`, ...line];
}

function feedbackLines({ codec, feedback }: AnsweredMedia): string[] {
  const { payloadType, rtcpFeedback } = codec.primary;
  return rtcpFeedback
    .map(({ type, parameter }) => (parameter === undefined ? type : `${type} ${parameter}`))
    .filter((kind) => feedback.includes(kind))
    .map((kind) => `a=rtcp-fb:${payloadType} ${kind}`);
}

/** The sizes of a picture that are offered, all taken (RFC 8853). */
function layerLines(media: MediaDescription): string[] {
  const rids = ridsOf(media);
  if (rids.length === 0) return [];
  return [...rids.map((rid) => `a=rid:${rid} recv`), `a=simulcast:recv ${rids.join(';')}`];
}

/** Pure: the names of the sizes in which a picture is offered, in the order of the offer; none when there is but one. */
export function ridsOf({ simulcastParameters }: MediaDescription): string[] {
  return simulcastParameters.filter(({ direction }) => direction === 'send').map(({ rid }) => rid);
}

function trackLines({ stream, ssrc, rtxSsrc }: SentTrack, kind: string, rtx: boolean): string[] {
  const lines = [`a=msid:${stream} ${stream}-${kind}`, `a=ssrc:${ssrc} cname:${stream}`];
  if (!rtx) return lines;
  return [...lines, `a=ssrc-group:FID ${ssrc} ${rtxSsrc}`, `a=ssrc:${rtxSsrc} cname:${stream}`];
}
