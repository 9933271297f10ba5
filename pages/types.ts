import type { ChannelPlan, ChannelUser, RefusalReason, RenderMode } from '../src/recording/channel.ts';

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
  /**
   * A stream that is wanted; null: it is gone, told before its track is ended, so that the last frame can be kept. Another track
   * of the same kind replaces the one before, under the same condition.
   */
  readonly onTrack: (uid: string, kind: 'audio' | 'video', track: MediaStreamTrack | null) => void;
  /** It may not be in the channel: nothing is tried any more. */
  readonly onRefused: (reason: RefusalReason, detail: string) => void;
  readonly onNote: (text: string) => void;
}

export type OpenChannel = (plan: ChannelPlan, events: ChannelEvents) => Channel;

/** A rectangle, from the top left corner: fractions of the canvas, or pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where a user is shown: fractions of the canvas. */
export interface Region extends Box {
  /** Perhaps of somebody who is not there; null: nobody's, nothing is shown. */
  readonly uid: string | null;
  /** 0 transparent, 1 opaque. */
  readonly alpha: number;
  readonly render: RenderMode;
}

/** Somebody who is recorded. */
export interface Guest {
  readonly user: ChannelUser;
  /** What of this user is to be recorded. */
  readonly wanted: Wanted;
}

/** What an AudioWorklet's module finds, which TypeScript's library for pages lacks. */
declare global {
  class AudioWorkletProcessor {
    readonly port: MessagePort;
  }
  const sampleRate: number;
  function registerProcessor(
    name: string,
    processor: new (
      options: AudioWorkletNodeOptions,
    ) => { process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean },
  ): void;
}
