import { randomUUID } from 'node:crypto';
import type { HubSession, Member } from '../channel/hub.ts';
import { RecorderError } from '../errors.ts';
import { type AnsweredMedia, buildAnswer } from './answer.ts';
import { candidateLines, hostAddresses } from './candidates.ts';
import { type Certificate, makeCertificate } from './dtls.ts';
import type { HubSettings, Log } from './link.ts';
import { type Offer, parseOffer } from './offer.ts';
import { Ports } from './ports.ts';
import { Publication } from './publication.ts';
import { Roster, type RosterEvents } from './roster.ts';
import { Transport, type TransportEvents } from './transport.ts';
import { Viewing } from './viewing.ts';

export interface ChannelsOptions {
  readonly settings: Pick<HubSettings, 'publicAddress' | 'ports'>;
  readonly events: RosterEvents;
  readonly log: Log;
}

interface Session {
  readonly id: string;
  readonly member: Member;
  readonly side: 'publishes' | 'views';
  /** What it publishes or views. */
  readonly publication: Publication;
  readonly parts: DisposableStack;
}

/** All channels of the hub: who publishes and views what, each over a transport of its own. */
export class Channels implements Disposable {
  readonly roster: Roster<Publication>;
  readonly #publicAddress: string | null;
  readonly #ports: Ports;
  readonly #certificate: Certificate;
  readonly #log: Log;
  readonly #sessions = new Map<string, Session>();

  private constructor({ settings, events, log }: ChannelsOptions, certificate: Certificate) {
    this.roster = new Roster(events);
    this.#publicAddress = settings.publicAddress;
    this.#ports = new Ports(settings.ports);
    this.#certificate = certificate;
    this.#log = log;
  }

  static async create(options: ChannelsOptions): Promise<Channels> {
    return new Channels(options, await makeCertificate());
  }

  /** How much is held at the moment. */
  get held(): { readonly sessions: number; readonly ports: number; readonly rooms: number } {
    return { sessions: this.#sessions.size, ports: this.#ports.used, rooms: this.roster.rooms };
  }

  /** See `Hub.publish`. What the user published before is forwarded until this is connected. */
  async publish(member: Member, sdp: string): Promise<HubSession> {
    const offer = parseOffer(sdp);
    const publication = new Publication(randomUUID(), offer, { onFlags: () => this.roster.tell(member) });
    const [session, transport] = await this.#open({ member, side: 'publishes', publication }, offer, {
      onConnected: () => this.#begin(session, transport),
      onRtp: (packet) => publication.onRtp(packet),
      onRtcp: (packet) => publication.onRtcp(packet),
    });
    session.parts.use(publication);
    for (const other of this.#sessions.values())
      if (other !== session && isSame(other, session) && !publishes(other, this.roster))
        this.#end(other, 'it came again');
    return this.#answer(session, offer, publication.answered, transport);
  }

  /** See `Hub.view`. */
  async view(member: Member, publisher: string, size: 'high' | 'low', sdp: string): Promise<HubSession> {
    const offer = parseOffer(sdp);
    const publication = this.#publicationOf(member, publisher);
    const viewing = new Viewing(publication, offer);
    const [session, transport] = await this.#open({ member, side: 'views', publication }, offer, {
      onConnected: () => viewing.onConnected(),
      onRtp: () => {},
      onRtcp: (packet) => viewing.onRtcp(packet),
    });
    session.parts.use(viewing);
    // It may have ended while the port was opened.
    if (this.roster.publicationOf(member, publisher) !== publication) {
      this.#end(session, 'the publisher left');
      throw this.#notFound(publisher);
    }
    return this.#answer(session, offer, viewing.open(transport, size), transport);
  }

  /** See `Hub.end`. */
  end(id: string): boolean {
    const session = this.#sessions.get(id);
    if (session) this.#end(session, 'asked to');
    return session !== undefined;
  }

  [Symbol.dispose](): void {
    for (const session of this.#sessions.values()) this.#end(session, 'the hub ends');
  }

  async #open(
    { member, side, publication }: Pick<Session, 'member' | 'side' | 'publication'>,
    offer: Offer,
    events: Omit<TransportEvents, 'onEnded'>,
  ): Promise<[Session, Transport]> {
    const session: Session = { id: randomUUID(), member, side, publication, parts: new DisposableStack() };
    const socket = await this.#ports.open();
    const onEnded = (why: string) => this.#end(session, why);
    const transport = new Transport(socket, this.#certificate, offer.fingerprint, { ...events, onEnded });
    session.parts.use(transport);
    this.#sessions.set(session.id, session);
    return [session, transport];
  }

  #answer(session: Session, offer: Offer, answered: readonly AnsweredMedia[], { ice }: Transport): HubSession {
    const { usernameFragment, password, port, takesV6 } = ice;
    const { fingerprint } = this.#certificate;
    const candidates = candidateLines(hostAddresses(this.#publicAddress), port, takesV6);
    const answer = buildAnswer(offer, answered, { usernameFragment, password, fingerprint, candidates });
    return { id: session.id, answer };
  }

  /** A publisher's transport is connected: from now on it is a user, in the place of what it published before. */
  #begin(session: Session, transport: Transport): void {
    const { member, publication } = session;
    this.#log('info', `${nameOf(member)} publishes`);
    publication.start(transport);
    const before = this.roster.publish(member, publication);
    for (const other of this.#sessions.values())
      if (before && other.publication === before) this.#end(other, 'it publishes anew');
  }

  #end(session: Session, why: string): void {
    if (!this.#sessions.delete(session.id)) return;
    session.parts.dispose();
    if (session.side === 'views') {
      this.#log('debug', `${nameOf(session.member)} no longer views: ${why}`);
      return;
    }
    this.#log('info', `${nameOf(session.member)} no longer publishes: ${why}`);
    this.roster.unpublish(session.member, session.publication);
    for (const viewer of this.#sessions.values())
      if (viewer.publication === session.publication) this.#end(viewer, 'the publisher left');
  }

  #publicationOf(member: Member, publisher: string): Publication {
    const publication = this.roster.publicationOf(member, publisher);
    if (!publication) throw this.#notFound(publisher);
    return publication;
  }

  #notFound(publisher: string): RecorderError {
    return new RecorderError(
      'recording_not_found',
      `expected user ${publisher} to publish in this channel, it does not`,
    );
  }
}

function isSame(one: Session, other: Session): boolean {
  const [a, b] = [one.member, other.member];
  return one.side === other.side && a.appId === b.appId && a.channel === b.channel && a.uid === b.uid;
}

function publishes({ side, member, publication }: Session, roster: Roster<Publication>): boolean {
  return side === 'publishes' && roster.publicationOf(member, member.uid) === publication;
}

function nameOf({ uid, channel }: Member): string {
  return `user ${uid} of channel ${channel}`;
}
