import type { RecordingMode } from '../recording/plan.ts';
import type { UtcMs } from '../types.ts';
import type { Notice } from './notice.ts';

/** Whom a message is about. */
export interface Subject {
  readonly appId: string;
  readonly cname: string;
  readonly uid: string;
  readonly sid: string;
  readonly mode: RecordingMode;
}

/** A message before it has a place in the order of its recording. */
export interface Told {
  readonly subject: Subject;
  readonly notice: Notice;
  /** When it happened. */
  readonly eventMs: UtcMs;
  /** 32 hex digits; the same at each attempt. */
  readonly noticeId: string;
}

/** What is known of a stored message without opening its content. */
export interface Message {
  readonly sid: string;
  /** 0, 1, 2, ... of its recording, over restarts of the service. */
  readonly sequence: number;
  readonly appId: string;
  readonly noticeId: string;
  readonly eventType: number;
  readonly eventMs: UtcMs;
  /** Failed attempts so far. */
  readonly attempts: number;
}

/** The part of a message that may hold secrets: addresses of pushes have stream keys in them. */
export interface Content {
  readonly cname: string;
  readonly uid: string;
  readonly mode: RecordingMode;
  readonly serviceType: number;
  readonly details: Notice['details'];
}

export interface PendingMessage extends Message {
  /** Null when it cannot be read: sealed with another key, or damaged. */
  readonly content: Content | null;
}

export interface Failure {
  /** Without secrets. */
  readonly problem: string;
  readonly atMs: UtcMs;
}

/** A message that nobody got. */
export interface LostMessage extends Message {
  readonly problem: string;
}

/** For operators. */
export interface OutboxView {
  readonly pending: number;
  /** When the oldest pending message happened; null when none is pending. */
  readonly oldestMs: UtcMs | null;
  readonly givenUp: number;
  /** The latest twenty of them. */
  readonly lost: readonly LostMessage[];
  /** Of the latest failure among messages that are pending or given up; null when there is none. */
  readonly problem: string | null;
}

/** Stored messages, in a queue per recording. Synchronous: what `add` has returned for is stored. */
export interface Outbox extends Disposable {
  /** Puts it at the end of its recording's queue. @returns its sequence */
  add(told: Told): number;
  /** Recordings with pending messages, those first that have waited longest. */
  waiting(): Pick<Message, 'sid' | 'appId'>[];
  /** The first pending message of a recording. */
  first(sid: string): PendingMessage | null;
  delivered(message: Message): void;
  /** It stays the first one. */
  failed(message: Message, failure: Failure): void;
  /** It stays visible; the next one is the first. */
  givenUp(message: Message, failure: Failure): void;
  /** @param sid null: of all recordings */
  view(sid: string | null): OutboxView;
  /** Forgets messages given up that happened before this moment, and recordings that nothing was told of for long. */
  prune(beforeMs: UtcMs): void;
}
