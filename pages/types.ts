import type { ChannelPlan, ChannelUser, RefusalReason } from '../src/recording/channel.ts';

/** Words that the scripts of the pages share; for the type checker only, no browser loads this. */

/**
 * A channel as the page sees it, whoever carries it. It finds back by itself when it is lost, for as long as it is not closed:
 * its users are those that it knew last until it knows better.
 */
export interface Channel {
  /** Goes in, and stays in. Resolves at once; `onJoined` tells when it is done. */
  join(): void;
  /**
   * Whose streams are wanted, by uid; replaces what was wanted before. Users that are not there (yet) may be named. A stream
   * that is there comes by `onTrack`, one that is not wanted any more goes in the same way.
   */
  subscribe(wanted: ReadonlyMap<string, Wanted>): void;
  close(): Promise<void>;
}

export interface Wanted {
  readonly audio: boolean;
  readonly video: boolean;
}

export interface ChannelEvents {
  /** In the channel, or not any more and trying to get back. */
  readonly onJoined: (joined: boolean) => void;
  /** All but the recorder itself and other recorders, in the order in which they came; at each change. */
  readonly onUsers: (users: readonly ChannelUser[]) => void;
  /** A stream that is wanted; null: it is gone. Another track of the same kind replaces the one before. */
  readonly onTrack: (uid: string, kind: 'audio' | 'video', track: MediaStreamTrack | null) => void;
  /** It may not be in the channel: nothing is tried any more. */
  readonly onRefused: (reason: RefusalReason, detail: string) => void;
  readonly onNote: (text: string) => void;
}

export type OpenChannel = (plan: ChannelPlan, events: ChannelEvents) => Channel;
