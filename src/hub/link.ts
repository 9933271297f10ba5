import type { HubSession, HubUser, Member } from '../channel/hub.ts';
import type { ErrorCode } from '../errors.ts';
import type { Identity } from '../types.ts';

export interface HubSettings {
  /** Told to publishers and viewers first, where the machine is reached under another address than its own. */
  readonly publicAddress: string | null;
  /** First and last UDP port. */
  readonly ports: readonly [number, number];
  /** Whom the process runs as once it is up; null: as it was started. */
  readonly identity: Identity | null;
}

/** What the service tells the process of the hub. `id` is the service's own name of a call, or of a member's presence. */
export type ToHub =
  | { readonly type: 'begin'; readonly settings: HubSettings }
  | { readonly type: 'publish'; readonly id: number; readonly member: Member; readonly offer: string }
  | {
      readonly type: 'view';
      readonly id: number;
      readonly member: Member;
      readonly publisher: string;
      readonly layer: 'high' | 'low';
      readonly offer: string;
    }
  | { readonly type: 'end'; readonly id: number; readonly session: string }
  | { readonly type: 'enter'; readonly id: number; readonly member: Member }
  | { readonly type: 'leave'; readonly id: number };

/** What the process of the hub tells the service. */
export type FromHub =
  | { readonly type: 'session'; readonly id: number; readonly session: HubSession }
  | { readonly type: 'ended'; readonly id: number; readonly found: boolean }
  | { readonly type: 'failed'; readonly id: number; readonly code: ErrorCode; readonly message: string }
  /** For the presences with these ids. */
  | { readonly type: 'users'; readonly ids: readonly number[]; readonly users: readonly HubUser[] }
  /** The same uid has entered again. */
  | { readonly type: 'taken'; readonly id: number }
  | { readonly type: 'log'; readonly level: LogLevel; readonly text: string };

export type LogLevel = 'debug' | 'info' | 'warn';
export type Log = (level: LogLevel, text: string) => void;
