import type { HubUser, Member } from '../channel/hub.ts';

/** What the roster must know of a publication. */
export interface Published {
  readonly id: string;
  readonly audio: boolean;
  readonly video: boolean;
}

interface Presence {
  readonly id: number;
  readonly member: Member;
}

interface Person<P extends Published> {
  publication: P | null;
  presence: Presence | null;
}

/** Users by uid, in the order in which they came. */
type Room<P extends Published> = Map<string, Person<P>>;

export interface RosterEvents {
  /** The presences with these ids are to be told who the users of their channel are. */
  onUsers(ids: readonly number[], users: readonly HubUser[]): void;
  /** The presence with this id is over: its uid has entered again. */
  onTaken(id: number): void;
}

/** Who is in which channel, and who is to be told: those who publish, and those who are present without. */
export class Roster<P extends Published> {
  readonly #events: RosterEvents;
  readonly #rooms = new Map<string, Room<P>>();
  readonly #presences = new Map<number, Member>();

  constructor(events: RosterEvents) {
    this.#events = events;
  }

  get rooms(): number {
    return this.#rooms.size;
  }

  publicationOf(member: Member, uid: string): P | null {
    return this.#rooms.get(roomOf(member))?.get(uid)?.publication ?? null;
  }

  /** @returns what the user published before, to be ended. */
  publish(member: Member, publication: P): P | null {
    const person = this.#personOf(member);
    const before = person.publication;
    person.publication = publication;
    this.tell(member);
    return before;
  }

  unpublish(member: Member, publication: P): void {
    const person = this.#rooms.get(roomOf(member))?.get(member.uid);
    if (person?.publication !== publication) return;
    person.publication = null;
    this.#tidy(member, person);
    this.tell(member);
  }

  enter(id: number, member: Member): void {
    const person = this.#personOf(member);
    const before = person.presence;
    person.presence = { id, member };
    this.#presences.set(id, member);
    if (before) {
      this.#presences.delete(before.id);
      this.#events.onTaken(before.id);
    }
    // A recorder changes nothing for the others.
    if (member.role === 'recorder') this.#events.onUsers([id], this.#usersOf(member));
    else this.tell(member);
  }

  leave(id: number): void {
    const member = this.#presences.get(id);
    const person = member && this.#rooms.get(roomOf(member))?.get(member.uid);
    if (!member || !person) return;
    this.#presences.delete(id);
    person.presence = null;
    this.#tidy(member, person);
    if (member.role !== 'recorder') this.tell(member);
  }

  /** Tells all who are in the member's channel who its users are. */
  tell(member: Member): void {
    const room = this.#rooms.get(roomOf(member));
    const ids = [...(room?.values() ?? [])].flatMap(({ presence }) => (presence ? [presence.id] : []));
    if (ids.length > 0) this.#events.onUsers(ids, this.#usersOf(member));
  }

  #personOf(member: Member): Person<P> {
    const room: Room<P> = this.#rooms.get(roomOf(member)) ?? new Map();
    this.#rooms.set(roomOf(member), room);
    const person = room.get(member.uid) ?? { publication: null, presence: null };
    room.set(member.uid, person);
    return person;
  }

  #tidy(member: Member, { publication, presence }: Person<P>): void {
    if (publication || presence) return;
    const room = this.#rooms.get(roomOf(member));
    room?.delete(member.uid);
    if (room?.size === 0) this.#rooms.delete(roomOf(member));
  }

  #usersOf(member: Member): HubUser[] {
    return [...(this.#rooms.get(roomOf(member)) ?? [])].flatMap(([uid, { publication, presence }]): HubUser[] => {
      if (publication) {
        const { id, audio, video } = publication;
        return [{ uid, role: 'host', audio, video, publication: id }];
      }
      const counts = presence && presence.member.role !== 'recorder';
      return counts ? [{ uid, role: 'audience', audio: false, video: false, publication: null }] : [];
    });
  }
}

/** Neither app ids nor names of channels have control characters in them. */
function roomOf({ appId, channel }: Member): string {
  return `${appId}\n${channel}`;
}
