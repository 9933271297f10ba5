/** A channel, and how its users are shown and heard: what the page of a composite recording is told. */
export interface ChannelPlan {
  readonly appId: string;
  /** Name of the channel. */
  readonly cname: string;
  /** The recorder's own uid in it, 1 to 2^32-1. */
  readonly uid: string;
  readonly profile: ChannelProfile;
  /** As the caller gave it; secret. Null: the app needs none. */
  readonly token: string | null;
  readonly transport: ChannelTransport;
  readonly encryption: EncryptionPlan | null;
  /** Users that send two streams are recorded by the smaller one. */
  readonly lowStream: boolean;
  /** The recording ends by itself after this many milliseconds without a user (`communication`), or without a host (`live`). */
  readonly maxIdleMs: number;
  /** Most users that are recorded at a time, in the order in which they came. */
  readonly maxUsers: number;
  readonly subscription: Subscription;
  readonly layout: LayoutPlan;
}

export type ChannelProfile = 'communication' | 'live';

/** How the page reaches its channel. */
export type ChannelTransport =
  /** The hub of the service that serves the page. */
  | { readonly kind: 'hub' }
  /** @param url of the LiveKit server: `wss://host` */
  | { readonly kind: 'livekit'; readonly url: string }
  | { readonly kind: 'agora' };

/** `decryptionMode` 5 to 8. */
export interface EncryptionPlan {
  readonly mode: 'aes-128-gcm' | 'aes-256-gcm' | 'aes-128-gcm2' | 'aes-256-gcm2';
  readonly secret: string;
  /** Base64 of 32 bytes: needed for the `gcm2` modes, null for the others. */
  readonly salt: string | null;
}

/** Who is heard and who is seen. */
export interface Subscription {
  readonly audio: UidFilter;
  readonly video: UidFilter;
}

/** Everybody is `except` nobody, nobody is `only` nobody. */
export interface UidFilter {
  readonly kind: 'only' | 'except';
  readonly uids: readonly string[];
}

export const EVERYBODY: UidFilter = { kind: 'except', uids: [] };
export const NOBODY: UidFilter = { kind: 'only', uids: [] };

/** In the order of the API's `mixedVideoLayout`. */
export const LAYOUTS = ['floating', 'best_fit', 'vertical', 'custom'] as const;
export type LayoutKind = (typeof LAYOUTS)[number];

/** How a picture that has another shape fills its region: cut, or whole with bars. */
export type RenderMode = 'crop' | 'fit';

/** `updateLayout` replaces it as a whole. */
export interface LayoutPlan {
  readonly kind: LayoutKind;
  /** Who gets the large region of `vertical`. */
  readonly maxResolutionUid: string | null;
  /** Of `custom`, in drawing order, the last on top; empty otherwise. */
  readonly regions: readonly RegionPlan[];
  /** `#RRGGBB`. */
  readonly backgroundColor: string;
  /** Address of the picture behind everything, always cut to fill. */
  readonly backgroundImage: string | null;
  /** Address of the picture of users without one of their own. */
  readonly defaultUserImage: string | null;
  readonly userImages: readonly UserImage[];
}

/** Fractions of width and height, from the top left corner. */
export interface RegionPlan {
  /** Null: for the next user that no region names. */
  readonly uid: string | null;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly alpha: number;
  readonly render: RenderMode;
}

export interface UserImage {
  readonly uid: string;
  readonly url: string;
  readonly render: RenderMode;
}

/** `live` tells hosts, who send, from the audience; elsewhere everybody who sends is a host too. */
export interface ChannelUser {
  readonly uid: string;
  readonly role: 'host' | 'audience';
  /** Sound, or picture, arrives from this user at this time. */
  readonly audio: boolean;
  readonly video: boolean;
}

/** What is known of a recording's channel. */
export interface ChannelStatus {
  /** False until the recorder is in the channel, and while it is finding back. */
  readonly joined: boolean;
  /** In the order in which they came, without recorders. */
  readonly users: readonly ChannelUser[];
  readonly subscription: Subscription;
  readonly layout: LayoutPlan;
}

/** Before the recorder is in the channel. */
export function channelBefore({ layout, subscription }: Pick<ChannelPlan, 'layout' | 'subscription'>): ChannelStatus {
  return { joined: false, users: [], subscription, layout };
}

/** Why the recorder may not be in the channel. */
export type RefusalReason = 'token_expired' | 'token_invalid' | 'uid_taken';

/** What a session tells the page of a composite recording. */
export type ToChannelPage =
  /** The answer to `hello`: all that the page needs. */
  | { readonly type: 'begin'; readonly channel: ChannelPlan; readonly width: number; readonly height: number }
  /** Each is answered by `done` with the same id once it is painted, or subscribed to. */
  | { readonly type: 'layout'; readonly id: number; readonly layout: LayoutPlan }
  | { readonly type: 'subscribe'; readonly id: number; readonly subscription: Subscription };

/** What the page tells its session. */
export type FromChannelPage =
  /** Its script runs; sent once per load. */
  | { readonly type: 'hello' }
  | { readonly type: 'done'; readonly id: number }
  /** In the channel, or not any more and trying to get back. */
  | { readonly type: 'joined'; readonly joined: boolean }
  | { readonly type: 'refused'; readonly reason: RefusalReason; readonly detail: string }
  /** All of them, at each change. */
  | { readonly type: 'users'; readonly users: readonly ChannelUser[] }
  /** A subscribed stream is there from this moment on, as it is seen or heard; or is not any more. UTC ms. */
  | {
      readonly type: 'stream';
      readonly uid: string;
      readonly kind: 'audio' | 'video';
      readonly receiving: boolean;
      readonly atMs: number;
    }
  /** For the log: no secrets, no addresses with a query. */
  | { readonly type: 'note'; readonly text: string };
