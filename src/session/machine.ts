import type { ReloadReason } from '../recording/link.ts';
import type { EndReason, Outcome } from '../recording/status.ts';
import type { UtcMs } from '../types.ts';

/** Why a recording is ending. The first cause is kept; what fails afterwards changes the outcome, not the cause. */
export interface Cause {
  readonly reason: EndReason;
  readonly detail: string;
  /** The recording ends with what was captured before this moment. */
  readonly atMs: UtcMs;
}

/** What is wrong with the page, or with the stage that it plays on. */
export interface Trouble {
  readonly reason: ReloadReason;
  readonly detail: string;
  /** What was captured from this moment on is not worth keeping. */
  readonly atMs: UtcMs;
}

interface Recording {
  readonly phase: 'recording';
  readonly onhold: boolean;
  /** Away: it is being loaded anew, perhaps on a new stage, and nothing is recorded. */
  readonly page: 'playing' | 'away';
  /** Troubles since the page played last, each of which the page did not come back from. */
  readonly failures: number;
  /** When the page was in trouble, within the last LOSS_WINDOW_MS. */
  readonly troubles: readonly UtcMs[];
  /** When encoders were lost, likewise. */
  readonly encodersLost: readonly UtcMs[];
}

export type State =
  | { readonly phase: 'starting' }
  | Recording
  | { readonly phase: 'stopping'; readonly cause: Cause }
  | { readonly phase: 'finalizing'; readonly cause: Cause }
  | { readonly phase: 'ended'; readonly cause: Cause; readonly outcome: Outcome };

export type Event =
  /** Page painted, encoder armed. */
  | { readonly type: 'ready'; readonly onhold: boolean }
  /** The files of a recording whose process died are open again: it goes on without stage and page. */
  | { readonly type: 'resumed'; readonly onhold: boolean }
  | { readonly type: 'hold'; readonly onhold: boolean; readonly atMs: UtcMs }
  | { readonly type: 'encoder_lost'; readonly cause: Cause }
  | { readonly type: 'page_trouble'; readonly trouble: Trouble }
  /** After a trouble: page painted again, encoder armed. */
  | { readonly type: 'page_back' }
  /** Asked for, a limit, or a failure: all end a recording in the same way. */
  | { readonly type: 'stop'; readonly cause: Cause }
  /** The encoder has given out its last frame. */
  | { readonly type: 'drained' }
  | { readonly type: 'finished'; readonly media: boolean; readonly whole: boolean };

/** What the session has to do; it does nothing else. */
export type Effect =
  | { readonly do: 'begin_take' | 'replace_encoder' | 'drain' | 'finish_files' | 'report_end' }
  | { readonly do: 'end_take'; readonly atMs: UtcMs }
  /** Loads the page anew, or gives up the stage at once and opens the page on a new one; after `waitMs`. */
  | { readonly do: 'reload' | 'restage'; readonly reason: ReloadReason | null; readonly waitMs: number };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** Losses are counted over this time; what comes more often has a reason that a replacement does not remove. */
export const LOSS_WINDOW_MS = 10 * 60_000;
export const MAX_TROUBLES = 5;
export const MAX_ENCODERS_LOST = 3;
/** An encoder that dies this shortly before its stage is gone dies of that. */
const SAME_LOSS_MS = 2_000;

const END_REASONS: Readonly<Record<ReloadReason, EndReason>> = {
  page_load_timeout: 'page_timeout',
  audio_silence: 'page_lost',
  page_crashed: 'page_lost',
  page_hang: 'page_lost',
  navigation_error: 'page_unreachable',
  browser_lost: 'browser_lost',
};

/**
 * The life of a recording, total over all pairs of state and event: starting, recording, stopping, finalizing, ended.
 * The rank only rises; being held, and being without a page, are facts inside `recording`. An event that comes too late is
 * ignored.
 */
export function next(state: State, event: Event): Step {
  switch (event.type) {
    case 'ready':
      return state.phase === 'starting' ? begin(event.onhold) : stay(state);
    case 'resumed':
      return state.phase === 'starting' ? resume(event.onhold) : stay(state);
    case 'hold':
      return hold(state, event.onhold, event.atMs);
    case 'encoder_lost':
      return encoderLost(state, event.cause);
    case 'page_trouble':
      return pageTrouble(state, event.trouble);
    case 'page_back':
      return pageBack(state);
    case 'stop':
      return stop(state, event.cause);
    case 'drained':
      return state.phase === 'stopping'
        ? { state: { ...state, phase: 'finalizing' }, effects: [{ do: 'finish_files' }] }
        : stay(state);
    case 'finished':
      return finish(state, event.media, event.whole);
  }
}

const UNTROUBLED = { page: 'playing', failures: 0, troubles: [], encodersLost: [] } as const;

function begin(onhold: boolean): Step {
  return { state: { phase: 'recording', onhold, ...UNTROUBLED }, effects: onhold ? [] : [{ do: 'begin_take' }] };
}

/** As if the stage had been lost, except that nobody is to blame. */
function resume(onhold: boolean): Step {
  const state: State = { phase: 'recording', onhold, ...UNTROUBLED, page: 'away' };
  return { state, effects: [{ do: 'restage', reason: null, waitMs: 0 }] };
}

function hold(state: State, onhold: boolean, atMs: UtcMs): Step {
  if (state.phase !== 'recording' || state.onhold === onhold) return stay(state);
  const change: Effect = onhold ? { do: 'end_take', atMs } : { do: 'begin_take' };
  return { state: { ...state, onhold }, effects: state.page === 'playing' ? [change] : [] };
}

function encoderLost(state: State, cause: Cause): Step {
  if (state.phase !== 'recording') return stop(state, cause);
  const encodersLost = [...recent(state.encodersLost, cause.atMs), cause.atMs];
  if (encodersLost.length > MAX_ENCODERS_LOST) return stop(state, cause);
  const replace: Effect = { do: 'replace_encoder' };
  const effects: Effect[] = isPlaying(state) ? [replace, { do: 'begin_take' }] : [replace];
  return { state: { ...state, encodersLost }, effects };
}

function pageTrouble(state: State, trouble: Trouble): Step {
  const { reason, detail, atMs } = trouble;
  const cause: Cause = { reason: END_REASONS[reason], detail, atMs };
  if (state.phase !== 'recording') return stop(state, cause);
  const troubles = [...recent(state.troubles, atMs), atMs];
  if (troubles.length > MAX_TROUBLES) return stop(state, often(cause));
  const stageLost = reason === 'browser_lost';
  const encodersLost = stageLost ? state.encodersLost.filter(before(atMs - SAME_LOSS_MS)) : state.encodersLost;
  const failures = state.failures + 1;
  const remedy: Effect = { do: stageLost ? 'restage' : 'reload', reason, waitMs: waitMs(failures) };
  return {
    state: { ...state, page: 'away', failures, troubles, encodersLost },
    effects: isPlaying(state) ? [{ do: 'end_take', atMs }, remedy] : [remedy],
  };
}

function pageBack(state: State): Step {
  if (state.phase !== 'recording' || state.page === 'playing') return stay(state);
  return {
    state: { ...state, page: 'playing', failures: 0 },
    effects: state.onhold ? [] : [{ do: 'begin_take' }],
  };
}

/** At once when the page has just been playing; then 2, 4, 8, 16 s: a server that is started anew has half a minute. */
function waitMs(failures: number): number {
  return failures <= 1 ? 0 : 1000 * 2 ** (failures - 1);
}

function often(cause: Cause): Cause {
  const minutes = LOSS_WINDOW_MS / 60_000;
  return { ...cause, detail: `${cause.detail}; this was the ${MAX_TROUBLES + 1}th trouble within ${minutes} minutes` };
}

function recent(times: readonly UtcMs[], nowMs: UtcMs): UtcMs[] {
  return times.filter((ms) => ms > nowMs - LOSS_WINDOW_MS);
}

function before(limitMs: UtcMs): (ms: UtcMs) => boolean {
  return (ms) => ms < limitMs;
}

function stop(state: State, cause: Cause): Step {
  const early = state.phase === 'starting' || state.phase === 'recording';
  return early ? { state: { phase: 'stopping', cause }, effects: [{ do: 'drain' }] } : stay(state);
}

function finish(state: State, media: boolean, whole: boolean): Step {
  if (state.phase !== 'finalizing') return stay(state);
  return {
    state: { phase: 'ended', cause: state.cause, outcome: outcomeOf(state.cause.reason, media, whole) },
    effects: [{ do: 'report_end' }],
  };
}

const GOOD_ENDS: readonly EndReason[] = ['requested', 'max_duration', 'idle'];

/** As somebody wanted it, now or at the start. */
export function isGood(reason: EndReason): boolean {
  return GOOD_ENDS.includes(reason);
}

/** Something is to be recorded. */
export function isPlaying(state: State): boolean {
  return state.phase === 'recording' && !state.onhold && state.page === 'playing';
}

/** @param media something was recorded. @param whole every file could be completed. */
export function outcomeOf(reason: EndReason, media: boolean, whole: boolean): Outcome {
  const good = isGood(reason);
  if (!media) return good ? 'aborted' : 'failed';
  return good && whole ? 'complete' : 'partial';
}

function stay(state: State): Step {
  return { state, effects: [] };
}
