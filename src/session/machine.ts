import type { EndReason, Outcome } from '../recording/status.ts';

/** Why a recording is ending. The first cause is kept; what fails afterwards changes the outcome, not the cause. */
export interface Cause {
  readonly reason: EndReason;
  readonly detail: string;
  /** The recording ends with what was captured before this moment, UTC ms. */
  readonly atMs: number;
}

export type State =
  | { readonly phase: 'starting' }
  | { readonly phase: 'recording'; readonly onhold: boolean; readonly encodersLost: number }
  | { readonly phase: 'stopping'; readonly cause: Cause }
  | { readonly phase: 'finalizing'; readonly cause: Cause }
  | { readonly phase: 'ended'; readonly cause: Cause; readonly outcome: Outcome };

export type Event =
  /** Page painted, encoder armed. */
  | { readonly type: 'ready'; readonly onhold: boolean }
  | { readonly type: 'hold'; readonly onhold: boolean }
  | { readonly type: 'encoder_lost'; readonly cause: Cause }
  /** Asked for, a limit, or a failure: all end a recording in the same way. */
  | { readonly type: 'stop'; readonly cause: Cause }
  /** The encoder has given out its last frame. */
  | { readonly type: 'drained' }
  | { readonly type: 'finished'; readonly media: boolean; readonly whole: boolean };

/** What the session has to do; it does nothing else. */
export type Effect = 'begin_take' | 'end_take' | 'replace_encoder' | 'drain' | 'finish_files' | 'report_end';

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** An encoder that dies more often than this has a reason that a new one does not remove. */
export const MAX_ENCODERS_LOST = 3;

/**
 * The life of a recording, total over all pairs of state and event: starting, recording, stopping, finalizing, ended.
 * The rank only rises; being held is a fact inside `recording`. An event that comes too late is ignored.
 */
export function next(state: State, event: Event): Step {
  switch (event.type) {
    case 'ready':
      return state.phase === 'starting' ? begin(event.onhold) : stay(state);
    case 'hold':
      return hold(state, event.onhold);
    case 'encoder_lost':
      return encoderLost(state, event.cause);
    case 'stop':
      return stop(state, event.cause);
    case 'drained':
      return state.phase === 'stopping'
        ? { state: { ...state, phase: 'finalizing' }, effects: ['finish_files'] }
        : stay(state);
    case 'finished':
      return finish(state, event.media, event.whole);
  }
}

function begin(onhold: boolean): Step {
  return { state: { phase: 'recording', onhold, encodersLost: 0 }, effects: onhold ? [] : ['begin_take'] };
}

function hold(state: State, onhold: boolean): Step {
  if (state.phase !== 'recording' || state.onhold === onhold) return stay(state);
  return { state: { ...state, onhold }, effects: [onhold ? 'end_take' : 'begin_take'] };
}

function encoderLost(state: State, cause: Cause): Step {
  if (state.phase !== 'recording') return stop(state, cause);
  const encodersLost = state.encodersLost + 1;
  if (encodersLost > MAX_ENCODERS_LOST) return stop(state, cause);
  const effects: Effect[] = state.onhold ? ['replace_encoder'] : ['replace_encoder', 'begin_take'];
  return { state: { ...state, encodersLost }, effects };
}

function stop(state: State, cause: Cause): Step {
  const early = state.phase === 'starting' || state.phase === 'recording';
  return early ? { state: { phase: 'stopping', cause }, effects: ['drain'] } : stay(state);
}

function finish(state: State, media: boolean, whole: boolean): Step {
  if (state.phase !== 'finalizing') return stay(state);
  return {
    state: { phase: 'ended', cause: state.cause, outcome: outcomeOf(state.cause.reason, media, whole) },
    effects: ['report_end'],
  };
}

const GOOD_ENDS: readonly EndReason[] = ['requested', 'max_duration'];

/** @param media something was recorded. @param whole every file could be completed. */
export function outcomeOf(reason: EndReason, media: boolean, whole: boolean): Outcome {
  const good = GOOD_ENDS.includes(reason);
  if (!media) return good ? 'aborted' : 'failed';
  return good && whole ? 'complete' : 'partial';
}

function stay(state: State): Step {
  return { state, effects: [] };
}
