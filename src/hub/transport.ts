import type { Socket } from 'node:dgram';
import { isRtcp, RtcpPacketConverter, type RtpHeader } from 'werift';
import { type Certificate, DtlsKeys } from './dtls.ts';
import { IceLite } from './ice.ts';
import type { Fingerprint } from './offer.ts';
import { parseRtp, type Rtp } from './rtp.ts';
import { Srtp } from './srtp.ts';

export type RtcpPacket = ReturnType<typeof RtcpPacketConverter.deSerialize>[number];

/** From the answer to keys: names may be slow to resolve, and people to allow their camera have been asked before. */
const CONNECT_LIMIT_MS = 15_000;
/** Browsers ask every 2.5 seconds or sooner whether we are still there (RFC 7675). */
const SILENCE_LIMIT_MS = 10_000;
const WATCH_MS = 1_000;

export interface TransportEvents {
  onConnected(): void;
  onRtp(packet: Rtp): void;
  onRtcp(packet: RtcpPacket): void;
  /** It is over, once; the transport has closed itself. */
  onEnded(why: string): void;
}

/** What is needed to send. */
export type Outlet = Pick<Transport, 'connected' | 'sendRtp' | 'sendRtcp'>;

/** The way to one browser: UDP, ICE, DTLS and SRTP. Closes itself when the other side goes, or is not heard any more. */
export class Transport implements Disposable {
  readonly ice: IceLite;
  readonly #events: TransportEvents;
  readonly #dtls: DtlsKeys;
  readonly #watch: NodeJS.Timeout;
  readonly #openedMs = performance.now();
  #srtp: Srtp | null = null;
  #heardMs = performance.now();
  #closed = false;

  constructor(socket: Socket, certificate: Certificate, peer: Fingerprint, events: TransportEvents) {
    this.#events = events;
    this.ice = new IceLite(socket, {
      onData: (data) => this.#onData(data),
      onHeard: () => this.#hear(),
    });
    this.#dtls = new DtlsKeys(certificate, peer, {
      send: (data) => this.ice.send(data),
      onKeys: (keys) => {
        this.#srtp = new Srtp(keys);
        if (!this.#closed) events.onConnected();
      },
      onFailed: (why) => this.#end(`the handshake failed: ${why}`),
      onClosed: () => this.#end('it left'),
    });
    this.#watch = setInterval(() => this.#look(), WATCH_MS);
  }

  get connected(): boolean {
    return this.#srtp !== null && !this.#closed;
  }

  sendRtp(header: RtpHeader, payload: Buffer): void {
    if (this.#srtp && !this.#closed) this.ice.send(this.#srtp.seal(header, payload));
  }

  sendRtcp(...packets: readonly { serialize(): Buffer }[]): void {
    if (!this.#srtp || this.#closed || packets.length === 0) return;
    this.ice.send(this.#srtp.sealControl(Buffer.concat(packets.map((packet) => packet.serialize()))));
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#watch);
    this.ice.close();
  }

  /** RFC 7983: DTLS begins with 20 to 63, RTP and RTCP with 128 to 191. */
  #onData(data: Buffer): void {
    const first = data[0] ?? 0;
    if (first >= 20 && first <= 63) this.#dtls.receive(data);
    else if (first < 128 || first > 191 || !this.#srtp) return;
    else if (isRtcp(data)) this.#onControl(this.#srtp.openControl(data));
    else this.#onMedia(this.#srtp.open(data));
  }

  #onMedia(data: Buffer | null): void {
    const packet = data && parseRtp(data);
    if (!packet) return;
    this.#hear();
    this.#events.onRtp(packet);
  }

  #onControl(data: Buffer | null): void {
    if (!data) return;
    this.#hear();
    for (const packet of parseControl(data)) this.#events.onRtcp(packet);
  }

  #hear(): void {
    this.#heardMs = performance.now();
  }

  #look(): void {
    const now = performance.now();
    if (now - this.#heardMs > SILENCE_LIMIT_MS) this.#end('nothing was heard from it any more');
    else if (!this.#srtp && now - this.#openedMs > CONNECT_LIMIT_MS) this.#end('it did not connect');
  }

  #end(why: string): void {
    if (this.#closed) return;
    this[Symbol.dispose]();
    this.#events.onEnded(why);
  }
}

function parseControl(data: Buffer): RtcpPacket[] {
  try {
    return RtcpPacketConverter.deSerialize(data);
  } catch {
    // Signed, but no RTCP: nothing to act upon.
    return [];
  }
}
