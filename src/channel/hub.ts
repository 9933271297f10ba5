import type { ChannelUser } from '../recording/channel.ts';

/** Who is, or wants to be, in a channel. */
export interface Member {
  readonly appId: string;
  readonly channel: string;
  /** 1 to 2^32-1 as a decimal number. */
  readonly uid: string;
  /** `publisher` sends; `viewer` only receives; `recorder` likewise, and is not counted as a user. */
  readonly role: 'publisher' | 'viewer' | 'recorder';
}

/** A WebRTC session with the hub: what an offer came to. */
export interface HubSession {
  /** Unguessable; names the session for `end`. */
  readonly id: string;
  /** SDP, all candidates in it. */
  readonly answer: string;
}

/** One user as the hub tells it to those who watch. */
export interface HubUser extends ChannelUser {
  /** Another one after each publishing anew: what was subscribed to before is over. Null for the audience. */
  readonly publication: string | null;
}

/**
 * Forwards streams of publishers to viewers, channel by channel; takes nothing apart and encodes nothing anew. Whether somebody
 * may join has been decided before (`channel/access.ts`).
 */
export interface Hub {
  /**
   * A publisher's offer: one sound, one picture, or both; a picture in up to three sizes (simulcast). The same uid publishing
   * again ends what it published before. @throws RecorderError `request_invalid` for an offer that cannot be answered,
   * `over_capacity`, `not_completed` while the hub is being started anew
   */
  publish(member: Member, offer: string): Promise<HubSession>;
  /**
   * A viewer's offer to receive one publisher. @param layer `low`: the smallest size that is sent.
   * @throws RecorderError like `publish`, and `recording_not_found` when nobody publishes under this uid
   */
  view(member: Member, publisher: string, layer: 'high' | 'low', offer: string): Promise<HubSession>;
  /** Ends a session. @returns false when there is none with this id. */
  end(id: string): Promise<boolean>;
  /**
   * Is in the channel as long as it is not disposed of; told of its users at once and at each change. The same uid entering again
   * ends it. @param onEnd it is over without having been disposed of
   */
  enter(
    member: Member,
    onUsers: (users: readonly HubUser[]) => void,
    onEnd: (why: 'uid_taken' | 'hub_lost') => void,
  ): Disposable;
}
