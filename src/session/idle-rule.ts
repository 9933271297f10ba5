import type { ChannelPlan, ChannelStatus, ChannelUser } from '../recording/channel.ts';
import type { UtcMs } from '../types.ts';

/**
 * Says when a recording ends because nobody is in its channel: any user counts with the profile `communication`, hosts with
 * `live`. Time runs from the beginning, and from the last moment that somebody was known to be there; so it runs on while the
 * recorder itself is not in the channel.
 */
export class IdleRule {
  readonly #live: boolean;
  readonly #maxIdleMs: number;
  #idleFromMs: UtcMs | null;

  /** @param nowMs from when on time runs */
  constructor({ profile, maxIdleMs }: Pick<ChannelPlan, 'profile' | 'maxIdleMs'>, nowMs: UtcMs) {
    this.#live = profile === 'live';
    this.#maxIdleMs = maxIdleMs;
    this.#idleFromMs = nowMs;
  }

  /** To be called at each change. @returns when the recording ends if nobody comes, UTC ms; Infinity while somebody is there */
  look({ joined, users }: Pick<ChannelStatus, 'joined' | 'users'>, nowMs: UtcMs): UtcMs {
    if (joined && users.some((user) => this.#counts(user))) this.#idleFromMs = null;
    else this.#idleFromMs ??= nowMs;
    return this.#idleFromMs === null ? Number.POSITIVE_INFINITY : this.#idleFromMs + this.#maxIdleMs;
  }

  /** Why it ended. */
  get detail(): string {
    return `no ${this.#live ? 'host' : 'user'} was in the channel for ${this.#maxIdleMs / 1000} s`;
  }

  #counts({ role }: ChannelUser): boolean {
    return !this.#live || role === 'host';
  }
}
