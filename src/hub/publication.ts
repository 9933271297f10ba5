import { randomInt } from 'node:crypto';
import {
  GenericNack,
  PictureLossIndication,
  ReceiverEstimatedMaxBitrate,
  RTP_EXTENSION_URI,
  RtcpPayloadSpecificFeedback,
  RtcpRrPacket,
  RtcpSrPacket,
  RtcpTransportLayerFeedback,
} from 'werift';
import { RecorderError } from '../errors.ts';
import { type AnsweredMedia, ridsOf } from './answer.ts';
import { Arrivals } from './arrivals.ts';
import { codecsOf, type Offer } from './offer.ts';
import { COLOR_SPACE, extensionOf, type Rtp, unwrapRtx } from './rtp.ts';
import { type Layer, Track } from './track.ts';
import type { Outlet, RtcpPacket } from './transport.ts';

/** As often as senders are told of arrivals, on which their data rate depends. */
const TICK_MS = 100;
/** In ticks: layers and flags are looked at, the sender is told of losses. */
const LOOK_EVERY = 3;
const REPORT_EVERY = 10;
/** After a gap is seen: packets that only overtook each other are there by then. */
const ASK_MS = 10;
/** Sound comes every 20 ms, 400 ms in silence; pictures at least once a second. */
const FLAG_MS = { audio: 1_000, video: 1_500 } as const;
/** For senders that know no better feedback; the losses that they are told keep them from filling the way. */
const GENEROUS_BITRATE = 20_000_000;
/** More than any browser has; a guard against one that makes up sources. */
const MAX_SOURCES = 32;

const CODECS = 'Opus, H.264, VP8 or VP9';
const EXTENSIONS: readonly string[] = [
  RTP_EXTENSION_URI.sdesMid,
  RTP_EXTENSION_URI.sdesRTPStreamID,
  RTP_EXTENSION_URI.repairedRtpStreamId,
  RTP_EXTENSION_URI.transportWideCC,
  COLOR_SPACE,
];
const FEEDBACK = ['nack', 'nack pli', 'ccm fir', 'transport-cc', 'goog-remb'];

export interface PublicationEvents {
  /** `audio` or `video` are others than before. */
  onFlags(): void;
}

interface Route {
  readonly track: Track;
  readonly isRtx: boolean;
}

interface Source {
  readonly layer: Layer;
  readonly route: Route;
}

/** What one user publishes: takes the packets, asks for lost ones, tells the sender what arrives, and hands them to those who view. */
export class Publication implements Disposable {
  /** Named to everybody in the channel, so it is not the name of the session. */
  readonly id: string;
  readonly tracks: readonly Track[];
  readonly answered: readonly AnsweredMedia[];
  readonly #events: PublicationEvents;
  readonly #ssrc = randomInt(1, 2 ** 32);
  readonly #routes = new Map<number, Route>();
  readonly #sources = new Map<number, Source>();
  readonly #extensions: ReadonlyMap<string, number>;
  readonly #arrivals = new Arrivals(this.#ssrc);
  readonly #flags = { audio: false, video: false };
  #transport: Outlet | null = null;
  #timer: NodeJS.Timeout | undefined;
  #asking: NodeJS.Timeout | undefined;
  #ticks = 0;

  constructor(id: string, offer: Offer, events: PublicationEvents) {
    this.id = id;
    this.#events = events;
    this.answered = answerSections(offer);
    if (this.answered.length === 0)
      throw new RecorderError('request_invalid', `expected an offer to send ${CODECS}, none of it was in it`);
    this.tracks = this.answered.map((section) => this.#addTrack(section));
    const offered = this.answered.flatMap(({ media }) => media.rtp.headerExtensions);
    this.#extensions = new Map(offered.map(({ uri, id }) => [uri, id]));
  }

  get audio(): boolean {
    return this.#flags.audio;
  }

  get video(): boolean {
    return this.#flags.video;
  }

  /** Its number with the publisher, if both know it. */
  extension(uri: string): number | undefined {
    return this.#extensions.get(uri);
  }

  trackOf(kind: string): Track | null {
    return this.tracks.find((track) => track.kind === kind) ?? null;
  }

  start(transport: Outlet): void {
    this.#transport = transport;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    clearTimeout(this.#asking);
    this.#transport = null;
  }

  onRtp(packet: Rtp): void {
    const nowMs = performance.now();
    this.#noteArrival(packet, nowMs);
    const source = this.#sources.get(packet.ssrc) ?? this.#newSource(packet);
    if (!source) return;
    const media = source.route.isRtx ? this.#unwrap(source, packet) : packet;
    if (media) this.#take(source, media, nowMs);
  }

  onRtcp(packet: RtcpPacket): void {
    if (packet.type !== RtcpSrPacket.type) return;
    const { ssrc, senderInfo } = packet;
    const source = this.#sources.get(ssrc);
    if (!source || source.layer.received?.ssrc !== ssrc) return;
    const nowMs = performance.now();
    source.layer.received.setClock(senderInfo.ntpTimestamp, senderInfo.rtpTimestamp, nowMs);
    for (const listener of source.route.track.listeners) listener.onClock(source.layer, nowMs);
  }

  #addTrack({ media, codec }: AnsweredMedia): Track {
    const kind = media.kind === 'audio' ? 'audio' : 'video';
    const track = new Track(kind, codec, ridsOf(media), () => this.#askForKeyFrames());
    this.#routes.set(codec.primary.payloadType, { track, isRtx: false });
    if (codec.rtx) this.#routes.set(codec.rtx.payloadType, { track, isRtx: true });
    return track;
  }

  #noteArrival(packet: Rtp, nowMs: number): void {
    const id = this.#extensions.get(RTP_EXTENSION_URI.transportWideCC);
    const value = id === undefined ? null : extensionOf(packet, id);
    if (value && value.length >= 2) this.#arrivals.note(value.readUInt16BE(), packet.ssrc, nowMs);
  }

  /** Which layer a source is of is told by its first packets. */
  #newSource(packet: Rtp): Source | null {
    const route = this.#routes.get(packet.payloadType);
    if (!route || this.#sources.size >= MAX_SOURCES) return null;
    const layer = this.#layerOf(route, packet);
    if (!layer) return null;
    const source = { layer, route };
    this.#sources.set(packet.ssrc, source);
    return source;
  }

  #layerOf({ track, isRtx }: Route, packet: Rtp): Layer | null {
    const [first] = track.layers;
    if (first?.rid === null) return first;
    const uri = isRtx ? RTP_EXTENSION_URI.repairedRtpStreamId : RTP_EXTENSION_URI.sdesRTPStreamID;
    const id = this.#extensions.get(uri);
    const rid = id === undefined ? null : extensionOf(packet, id)?.toString('latin1');
    return track.layers.find((layer) => layer.rid === rid) ?? null;
  }

  #unwrap({ layer, route }: Source, packet: Rtp): Rtp | null {
    const { received } = layer;
    return received && unwrapRtx(packet, received.ssrc, route.track.codec.primary.payloadType);
  }

  #take({ layer, route: { track } }: Source, packet: Rtp, nowMs: number): void {
    const received = track.sourceOf(layer, packet.ssrc);
    if (!received.add(packet, nowMs)) return;
    if (received.incomplete) this.#asking ??= setTimeout(() => this.#askForLost(), ASK_MS);
    if (!this.#flags[track.kind]) this.#setFlag(track.kind, true);
    for (const listener of track.listeners) listener.onPacket(layer, packet, nowMs);
  }

  #tick(): void {
    this.#ticks += 1;
    const arrivals = this.#arrivals.report();
    if (arrivals) this.#transport?.sendRtcp(arrivals);
    this.#askForKeyFrames();
    if (this.#ticks % LOOK_EVERY === 0) this.#look(performance.now());
    if (this.#ticks % REPORT_EVERY === 0) this.#report(performance.now());
  }

  #look(nowMs: number): void {
    for (const track of this.tracks) {
      for (const layer of track.layers) layer.measure(nowMs);
      const sends = track.layers.some(({ received }) => received?.arrivedWithin(FLAG_MS[track.kind], nowMs));
      if (!sends && this.#flags[track.kind]) this.#setFlag(track.kind, false);
      for (const listener of track.listeners) listener.onTick(nowMs);
    }
  }

  #setFlag(kind: 'audio' | 'video', sends: boolean): void {
    this.#flags[kind] = sends;
    this.#events.onFlags();
  }

  #report(nowMs: number): void {
    const reports = this.#receivedOf(this.tracks).map((received) => received.report(nowMs));
    if (reports.length === 0) return;
    const report = new RtcpRrPacket({ ssrc: this.#ssrc, reports });
    this.#transport?.sendRtcp(report, ...this.#bitrate(reports.map(({ ssrc }) => ssrc)));
  }

  #bitrate(ssrcs: readonly number[]): RtcpPayloadSpecificFeedback[] {
    if (this.#extensions.has(RTP_EXTENSION_URI.transportWideCC)) return [];
    const brExp = 10;
    const remb = new ReceiverEstimatedMaxBitrate({
      senderSsrc: this.#ssrc,
      ssrcNum: ssrcs.length,
      ssrcFeedbacks: [...ssrcs],
      brExp,
      brMantissa: GENEROUS_BITRATE >> brExp,
    });
    return [new RtcpPayloadSpecificFeedback({ feedback: remb })];
  }

  #askForLost(): void {
    const nowMs = performance.now();
    const received = this.#receivedOf(this.tracks);
    for (const source of received) {
      const lost = source.wanted(nowMs);
      const feedback = new GenericNack({ senderSsrc: this.#ssrc, mediaSourceSsrc: source.ssrc, lost });
      if (lost.length > 0) this.#transport?.sendRtcp(new RtcpTransportLayerFeedback({ feedback }));
    }
    const more = received.some(({ incomplete }) => incomplete);
    this.#asking = more ? setTimeout(() => this.#askForLost(), ASK_MS) : undefined;
  }

  #askForKeyFrames(): void {
    const nowMs = performance.now();
    for (const { received, layer } of this.#layersOf(this.tracks)) {
      if (!layer.takeKeyFrameWish(nowMs)) continue;
      const feedback = new PictureLossIndication({ senderSsrc: this.#ssrc, mediaSsrc: received.ssrc });
      this.#transport?.sendRtcp(new RtcpPayloadSpecificFeedback({ feedback }));
    }
  }

  #receivedOf(tracks: readonly Track[]) {
    return this.#layersOf(tracks).map(({ received }) => received);
  }

  #layersOf(tracks: readonly Track[]) {
    return tracks.flatMap(({ layers }) =>
      layers.flatMap((layer) => (layer.received ? [{ layer, received: layer.received }] : [])),
    );
  }
}

/** One sound and one picture are taken, the first of each. */
function answerSections({ media }: Offer): AnsweredMedia[] {
  return ['audio', 'video'].flatMap((kind) => {
    const section = media.find((one) => one.kind === kind && one.port !== 0 && sends(one.direction));
    const [codec] = section ? codecsOf(section) : [];
    if (!section || !codec) return [];
    const extensions = EXTENSIONS;
    // A sender that gets both kinds of feedback heeds the lower; the better one is enough.
    const better = section.rtp.headerExtensions.some(({ uri }) => uri === RTP_EXTENSION_URI.transportWideCC);
    const feedback = FEEDBACK.filter((one) => one !== (better ? 'goog-remb' : 'transport-cc'));
    return [{ media: section, codec, extensions, feedback, sent: null }];
  });
}

function sends(direction: string | undefined): boolean {
  return direction === undefined || direction === 'sendonly' || direction === 'sendrecv';
}
