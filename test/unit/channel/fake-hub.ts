import type { Hub, HubSession, HubUser, Member } from '../../../src/channel/hub.ts';

interface Stay {
  readonly member: Member;
  readonly onUsers: (users: readonly HubUser[]) => void;
  readonly onEnd: (why: 'uid_taken' | 'hub_lost') => void;
}

/** A hub that only writes down what it is asked. */
export class FakeHub implements Hub {
  readonly asked: unknown[] = [];
  readonly ended: string[] = [];
  /** Who is in a channel now. */
  readonly stays = new Set<Stay>();
  /** What publish and view throw. */
  failure: Error | null = null;
  users: readonly HubUser[] = [];
  #count = 0;

  async publish(member: Member, offer: string): Promise<HubSession> {
    return this.#open(['publish', member, offer]);
  }

  async view(member: Member, publisher: string, layer: 'high' | 'low', offer: string): Promise<HubSession> {
    return this.#open(['view', member, publisher, layer, offer]);
  }

  async end(id: string): Promise<boolean> {
    if (!/^session\d+$/.test(id) || this.ended.includes(id)) return false;
    this.ended.push(id);
    return true;
  }

  enter(member: Member, onUsers: Stay['onUsers'], onEnd: Stay['onEnd']): Disposable {
    const stay = { member, onUsers, onEnd };
    this.stays.add(stay);
    onUsers(this.users);
    return { [Symbol.dispose]: () => void this.stays.delete(stay) };
  }

  tell(users: readonly HubUser[]): void {
    this.users = users;
    for (const { onUsers } of this.stays) onUsers(users);
  }

  #open(asked: readonly unknown[]): HubSession {
    this.asked.push(asked);
    if (this.failure) throw this.failure;
    this.#count += 1;
    return { id: `session${this.#count}`, answer: 'v=0 answer' };
  }
}
