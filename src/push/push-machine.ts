import type { PushState } from '../recording/status.ts';

export type Phase =
  | { readonly name: 'connecting'; readonly failures: number }
  | { readonly name: 'live'; readonly failures: number }
  /** Until it is time to try again. */
  | { readonly name: 'waiting'; readonly failures: number; readonly waitMs: number }
  | { readonly name: 'over' };

export type Event =
  /** The server has agreed to take the stream. */
  | { readonly type: 'opened' }
  /** No connection, or no more. `livedMs`: for how long it was live; `hopeless`: trying again cannot help. */
  | { readonly type: 'lost'; readonly livedMs: number; readonly hopeless: boolean }
  | { readonly type: 'due' }
  | { readonly type: 'close' };

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
/** A connection that lived so long counts as good: what follows is a failure of its own. */
const GOOD_MS = 30_000;

export const BEGINNING: Phase = { name: 'connecting', failures: 0 };

/**
 * The life of one push, total over all pairs of phase and event: what cannot happen in a phase leaves it as it is. It is tried
 * again for as long as the recording lasts, refused or not: servers refuse a key for a while after its last connection has
 * died, and a server that is down for hours comes back.
 */
export function next(phase: Phase, event: Event): Phase {
  if (phase.name === 'over' || event.type === 'close') return { name: 'over' };
  switch (event.type) {
    case 'opened':
      return phase.name === 'connecting' ? { name: 'live', failures: phase.failures } : phase;
    case 'lost':
      return phase.name === 'waiting' ? phase : lost(phase.failures, event);
    case 'due':
      return phase.name === 'waiting' ? { name: 'connecting', failures: phase.failures } : phase;
  }
}

function lost(before: number, { livedMs, hopeless }: Event & { type: 'lost' }): Phase {
  if (hopeless) return { name: 'over' };
  const failures = (livedMs >= GOOD_MS ? 0 : before) + 1;
  const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
  return { name: 'waiting', failures, waitMs };
}

/** As the API names it. */
export function stateOf(phase: Phase, onhold: boolean): PushState {
  if (phase.name === 'over') return 'disconnected';
  if (phase.name !== 'live') return 'connecting';
  return onhold ? 'onhold' : 'publishing';
}
