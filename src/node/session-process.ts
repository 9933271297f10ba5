import { Fork } from '../process/fork.ts';
import type { FromSession, ToSession } from '../recording/link.ts';

export type SessionProcess = Fork<ToSession, FromSession>;

/** What passes through a session is short-lived and small: with more room for it, it takes 40 MB more and is no quicker. */
const YOUNG_MB = 2;

/** @param module the program of a session */
export function startSession(module: string): SessionProcess {
  return new Fork(module, '/', { youngMb: YOUNG_MB });
}
