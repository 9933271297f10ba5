import type { MediaDescription } from 'werift';
import { GenericNack, PictureLossIndication, RtcpPayloadSpecificFeedback, RtcpTransportLayerFeedback } from 'werift';
import { RecorderError } from '../errors.ts';
import type { AnsweredMedia } from './answer.ts';
import { Forward, type ForwardOptions } from './forward.ts';
import { codecsOf, matchCodec, type Offer, type OfferedCodec } from './offer.ts';
import type { Publication } from './publication.ts';
import { COLOR_SPACE } from './rtp.ts';
import type { Track } from './track.ts';
import type { Outlet, RtcpPacket } from './transport.ts';

const FEEDBACK = ['nack', 'nack pli', 'ccm fir'];

interface Match {
  readonly media: MediaDescription;
  readonly track: Track;
  readonly codec: OfferedCodec;
}

/** One viewer of one publication: gets its tracks, and may ask for what is lost and for key frames. */
export class Viewing implements Disposable {
  readonly #publication: Publication;
  readonly #matches: readonly Match[];
  #forwards: readonly Forward[] = [];

  /** @throws RecorderError `request_invalid` when the offer has no place for anything that is published. */
  constructor(publication: Publication, offer: Offer) {
    this.#publication = publication;
    this.#matches = offer.media.flatMap((media) => this.#match(media) ?? []);
    // A second section of the same kind gets nothing.
    this.#matches = this.#matches.filter(
      ({ track }, at) => this.#matches.findIndex((one) => one.track === track) === at,
    );
    if (this.#matches.length === 0) throw refuse(publication.tracks);
  }

  /** Opens the tracks. @returns what to answer */
  open(transport: Outlet, size: 'high' | 'low'): AnsweredMedia[] {
    const stream = this.#publication.id;
    return this.#matches.map(({ media, track, codec }) => {
      const colorSpace = this.#colorSpace(media);
      const forward = new Forward({ track, size, codec, colorSpace, cname: stream, transport });
      this.#forwards = [...this.#forwards, forward];
      const sent = { stream, ssrc: forward.ssrc, rtxSsrc: forward.rtxSsrc };
      return { media, codec, extensions: [COLOR_SPACE], feedback: FEEDBACK, sent };
    });
  }

  onConnected(): void {
    for (const forward of this.#forwards) forward.start(performance.now());
  }

  onRtcp(packet: RtcpPacket): void {
    if (packet.type === RtcpTransportLayerFeedback.type && packet.feedback instanceof GenericNack) {
      this.#forwardOf(packet.feedback.mediaSourceSsrc)?.resend(packet.feedback.lost);
    } else if (packet.type === RtcpPayloadSpecificFeedback.type) {
      // Unknown kinds come without it.
      const feedback: typeof packet.feedback | undefined = packet.feedback;
      if (feedback instanceof PictureLossIndication) this.#forwardOf(feedback.mediaSsrc)?.wantKeyFrame();
      else if (feedback && 'fir' in feedback)
        for (const { ssrc } of feedback.fir) this.#forwardOf(ssrc)?.wantKeyFrame();
    }
  }

  [Symbol.dispose](): void {
    for (const forward of this.#forwards) forward[Symbol.dispose]();
  }

  #match(media: MediaDescription): Match | null {
    const track = media.port === 0 || !receives(media.direction) ? null : this.#publication.trackOf(media.kind);
    const codec = track && matchCodec(track.codec, codecsOf(media));
    return track && codec ? { media, track, codec } : null;
  }

  #colorSpace(media: MediaDescription): ForwardOptions['colorSpace'] {
    const from = this.#publication.extension(COLOR_SPACE);
    const to = media.rtp.headerExtensions.find(({ uri }) => uri === COLOR_SPACE)?.id;
    // Above, it would need the longer form of extensions.
    return from === undefined || to === undefined || to > 14 ? null : { from, to };
  }

  #forwardOf(ssrc: number): Forward | undefined {
    return this.#forwards.find((forward) => forward.ssrc === ssrc);
  }
}

function receives(direction: string | undefined): boolean {
  return direction === undefined || direction === 'recvonly' || direction === 'sendrecv';
}

function refuse(tracks: readonly Track[]): RecorderError {
  const codecs = tracks.map(({ codec }) => codec.name).join(' and ');
  return new RecorderError('request_invalid', `expected an offer to receive ${codecs}, none of it was in it`);
}
