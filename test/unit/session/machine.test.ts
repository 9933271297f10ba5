import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ReloadReason } from '../../../src/recording/link.ts';
import { PHASES } from '../../../src/recording/status.ts';
import {
  type Cause,
  type Effect,
  type Event,
  LOSS_WINDOW_MS,
  MAX_ENCODERS_LOST,
  MAX_TROUBLES,
  next,
  outcomeOf,
  type State,
} from '../../../src/session/machine.ts';

const NOW = 10 * LOSS_WINDOW_MS;
const FIRST: Cause = { reason: 'requested', detail: 'first', atMs: 1 };
const SECOND: Cause = { reason: 'encoder_failed', detail: 'second', atMs: NOW };

const STARTING: State = { phase: 'starting' };
const RECORDING = {
  ...{ phase: 'recording', onhold: false, page: 'playing', failures: 0 },
  ...{ troubles: [], encodersLost: [] },
} as const satisfies State;
const HELD = { ...RECORDING, onhold: true } as const;
const AWAY = { ...RECORDING, page: 'away', failures: 1, troubles: [NOW - 3000] } as const;
const HELD_AWAY = { ...AWAY, onhold: true } as const;

const STATES = {
  starting: STARTING,
  recording: RECORDING,
  held: HELD,
  away: AWAY,
  heldAway: HELD_AWAY,
  worn: { ...RECORDING, encodersLost: Array.from({ length: MAX_ENCODERS_LOST }, () => NOW - 1) },
  troubled: { ...RECORDING, troubles: Array.from({ length: MAX_TROUBLES }, () => NOW - 1) },
  stopping: { phase: 'stopping', cause: FIRST },
  finalizing: { phase: 'finalizing', cause: FIRST },
  ended: { phase: 'ended', cause: FIRST, outcome: 'complete' },
} as const satisfies Record<string, State>;

const CRASH = { reason: 'page_crashed', detail: 'crash', atMs: NOW } as const;
const LOSS = { reason: 'browser_lost', detail: 'lost', atMs: NOW } as const;

const EVENTS = {
  ready: { type: 'ready', onhold: false },
  readyHeld: { type: 'ready', onhold: true },
  resumed: { type: 'resumed', onhold: false },
  resumedHeld: { type: 'resumed', onhold: true },
  hold: { type: 'hold', onhold: true, atMs: NOW },
  resume: { type: 'hold', onhold: false, atMs: NOW },
  encoderLost: { type: 'encoder_lost', cause: SECOND },
  crash: { type: 'page_trouble', trouble: CRASH },
  loss: { type: 'page_trouble', trouble: LOSS },
  back: { type: 'page_back' },
  stop: { type: 'stop', cause: SECOND },
  drained: { type: 'drained' },
  finished: { type: 'finished', media: true, whole: true },
} as const satisfies Record<string, Event>;

type StateName = keyof typeof STATES;
type EventName = keyof typeof EVENTS;
type Change = readonly [State, ...Effect[]];

const BEGIN: Effect = { do: 'begin_take' };
const END: Effect = { do: 'end_take', atMs: NOW };
const REPLACE: Effect = { do: 'replace_encoder' };
const stopped = (cause: Cause): Change => [{ phase: 'stopping', cause }, { do: 'drain' }];
const crashed = stopped({ reason: 'page_lost', detail: 'crash', atMs: NOW });
const bereft = stopped({ reason: 'browser_lost', detail: 'lost', atMs: NOW });
const tooOften = (cause: Cause, detail: string): Change =>
  stopped({ ...cause, detail: `${detail}; this was the 6th trouble within 10 minutes`, atMs: NOW });
const reload = (waitMs: number): Effect => ({ do: 'reload', reason: 'page_crashed', waitMs });
const restage = (waitMs: number): Effect => ({ do: 'restage', reason: 'browser_lost', waitMs });
const goneFrom = (state: typeof RECORDING | typeof HELD): State => ({
  ...{ ...state, page: 'away', failures: 1, troubles: [NOW] },
});
const goneAgain = (state: typeof AWAY | typeof HELD_AWAY): State => ({
  ...{ ...state, failures: 2, troubles: [NOW - 3000, NOW] },
});
const afterLoss = <S extends typeof RECORDING | typeof HELD | typeof AWAY | typeof HELD_AWAY>(state: S): State => ({
  ...{ ...state, encodersLost: [NOW] },
});
const resumedState = (onhold: boolean): State => ({ ...RECORDING, onhold, page: 'away' });
const goOn: Effect = { do: 'restage', reason: null, waitMs: 0 };

/** Every change there is. A pair that is not here leaves the state as it was and has nothing done. */
const CHANGES: { readonly [S in StateName]: { readonly [E in EventName]?: Change } } = {
  starting: {
    ...{ ready: [RECORDING, BEGIN], readyHeld: [HELD] },
    ...{ resumed: [resumedState(false), goOn], resumedHeld: [resumedState(true), goOn] },
    ...{ encoderLost: stopped(SECOND), stop: stopped(SECOND), crash: crashed, loss: bereft },
  },
  recording: {
    ...{ hold: [HELD, END], stop: stopped(SECOND) },
    encoderLost: [afterLoss(RECORDING), REPLACE, BEGIN],
    ...{ crash: [goneFrom(RECORDING), END, reload(0)], loss: [goneFrom(RECORDING), END, restage(0)] },
  },
  held: {
    ...{ resume: [RECORDING, BEGIN], stop: stopped(SECOND) },
    encoderLost: [afterLoss(HELD), REPLACE],
    ...{ crash: [goneFrom(HELD), reload(0)], loss: [goneFrom(HELD), restage(0)] },
  },
  away: {
    ...{ hold: [HELD_AWAY], stop: stopped(SECOND) },
    encoderLost: [afterLoss(AWAY), REPLACE],
    ...{ crash: [goneAgain(AWAY), reload(2000)], loss: [goneAgain(AWAY), restage(2000)] },
    back: [{ ...RECORDING, troubles: AWAY.troubles }, BEGIN],
  },
  heldAway: {
    ...{ resume: [AWAY], stop: stopped(SECOND) },
    encoderLost: [afterLoss(HELD_AWAY), REPLACE],
    ...{ crash: [goneAgain(HELD_AWAY), reload(2000)], loss: [goneAgain(HELD_AWAY), restage(2000)] },
    back: [{ ...HELD, troubles: AWAY.troubles }],
  },
  worn: {
    ...{ hold: [{ ...STATES.worn, onhold: true }, END], encoderLost: stopped(SECOND), stop: stopped(SECOND) },
    crash: [{ ...STATES.worn, page: 'away', failures: 1, troubles: [NOW] }, END, reload(0)],
    // Encoders that were lost just before their stage died of it.
    loss: [{ ...goneFrom(RECORDING) }, END, restage(0)],
  },
  troubled: {
    ...{ hold: [{ ...STATES.troubled, onhold: true }, END], stop: stopped(SECOND) },
    encoderLost: [{ ...STATES.troubled, encodersLost: [NOW] }, REPLACE, BEGIN],
    crash: tooOften({ reason: 'page_lost', detail: '', atMs: NOW }, 'crash'),
    loss: tooOften({ reason: 'browser_lost', detail: '', atMs: NOW }, 'lost'),
  },
  stopping: { drained: [{ phase: 'finalizing', cause: FIRST }, { do: 'finish_files' }] },
  finalizing: { finished: [STATES.ended, { do: 'report_end' }] },
  ended: {},
};

describe('each pair of state and event', () => {
  for (const stateName of Object.keys(STATES) as StateName[]) {
    for (const eventName of Object.keys(EVENTS) as EventName[]) {
      const change = CHANGES[stateName][eventName];
      test(`${stateName} ${change ? 'is changed by' : 'ignores'} ${eventName}`, () => {
        const state = STATES[stateName];
        const step = next(state, EVENTS[eventName]);
        const [after, ...effects] = change ?? [state];
        assert.deepEqual(step, { state: after, effects });
        // The session tells from the identity that nothing happened.
        if (!change) assert.equal(step.state, state);
      });
    }
  }
});

const reason = fc.constantFrom<Cause['reason']>('requested', 'max_duration', 'browser_lost', 'disk_full', 'internal');
const atMs = fc.nat({ max: 3 * LOSS_WINDOW_MS });
const cause = fc.record({ reason, detail: fc.string(), atMs });
const reloadReason = fc.constantFrom<ReloadReason>(
  ...(['page_crashed', 'page_hang', 'audio_silence', 'navigation_error', 'browser_lost'] as const),
);
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ type: fc.constantFrom('ready' as const, 'resumed' as const), onhold: fc.boolean() }),
  fc.record({ type: fc.constant('hold' as const), onhold: fc.boolean(), atMs }),
  fc.record({ type: fc.constantFrom('stop' as const, 'encoder_lost' as const), cause }),
  fc.record({
    type: fc.constant('page_trouble' as const),
    trouble: fc.record({ reason: reloadReason, detail: fc.string(), atMs }),
  }),
  fc.constantFrom({ type: 'page_back' as const }, { type: 'drained' as const }),
  fc.record({ type: fc.constant('finished' as const), media: fc.boolean(), whole: fc.boolean() }),
);

test('the rank never falls, and the first cause is kept to the end', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      let state: State = STARTING;
      let first: Cause | null = null;
      for (const one of events) {
        const { state: after } = next(state, one);
        assert.ok(PHASES.indexOf(after.phase) >= PHASES.indexOf(state.phase));
        assert.ok(PHASES.indexOf(after.phase) <= PHASES.indexOf(state.phase) + 2);
        if ('cause' in after) {
          first ??= after.cause;
          assert.equal(after.cause, first);
        }
        state = after;
      }
    }),
    { numRuns: 500 },
  );
});

test('a take is begun and ended in turn, and everything of an end is done once and in order', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      let state: State = STARTING;
      const effects: string[] = [];
      for (const one of events) {
        const step = next(state, one);
        state = step.state;
        effects.push(...step.effects.map((effect) => effect.do));
      }
      const ending = effects.filter((effect) => ['drain', 'finish_files', 'report_end'].includes(effect));
      assert.deepEqual(ending, ['drain', 'finish_files', 'report_end'].slice(0, ending.length));
      const takes = effects.filter((effect) => !['reload', 'restage'].includes(effect)).join(' ');
      assert.doesNotMatch(takes, /begin_take begin_take|end_take end_take|drain.*(_take|replace)/);
      assert.doesNotMatch(effects.join(' '), /drain.*(reload|restage)/);
    }),
    { numRuns: 500 },
  );
});

test('an encoder that dies again and again ends the recording with the cause of its last death', () => {
  let state: State = RECORDING;
  for (let i = 1; i <= MAX_ENCODERS_LOST; i += 1) {
    state = next(state, { type: 'encoder_lost', cause: { ...SECOND, detail: String(i) } }).state;
    assert.equal(state.phase, 'recording');
  }
  const last = { ...SECOND, detail: 'last' };
  assert.deepEqual(next(state, { type: 'encoder_lost', cause: last }).state, { phase: 'stopping', cause: last });
});

test('encoders and pages that are lost now and then, over days, are replaced every time', () => {
  let state: State = RECORDING;
  const everyMs = LOSS_WINDOW_MS / 2 - 1;
  for (let at = NOW; at < NOW + 100 * LOSS_WINDOW_MS; at += everyMs) {
    state = next(state, { type: 'encoder_lost', cause: { ...SECOND, atMs: at } }).state;
    state = next(state, { type: 'page_trouble', trouble: { ...CRASH, atMs: at } }).state;
    state = next(state, { type: 'page_back' }).state;
  }
  assert.equal(state.phase, 'recording');
});

/** The waits before each try to bring back a page that does not come back, and the reason of the end. */
function tryInVain(why: ReloadReason): { waits: number[]; end: Cause['reason'] | null } {
  const waits: number[] = [];
  let state: State = RECORDING;
  for (let i = 0; i < 20; i += 1) {
    const trouble = { reason: why, detail: '', atMs: NOW + i };
    const step = next(state, { type: 'page_trouble', trouble });
    waits.push(...step.effects.flatMap((effect) => ('waitMs' in effect ? effect.waitMs : [])));
    state = step.state;
    if (state.phase === 'stopping') return { waits, end: state.cause.reason };
  }
  return { waits, end: null };
}

test('a page that does not come back is tried again with growing waits, then given up with its reason', () => {
  const waits = [0, 2_000, 4_000, 8_000, 16_000];
  assert.deepEqual(tryInVain('page_crashed'), { waits, end: 'page_lost' });
  assert.deepEqual(tryInVain('page_hang'), { waits, end: 'page_lost' });
  assert.deepEqual(tryInVain('audio_silence'), { waits, end: 'page_lost' });
  assert.deepEqual(tryInVain('navigation_error'), { waits, end: 'page_unreachable' });
  assert.deepEqual(tryInVain('page_load_timeout'), { waits, end: 'page_timeout' });
  assert.deepEqual(tryInVain('browser_lost'), { waits, end: 'browser_lost' });
});

test('the outcome follows from the cause, from media, and from the files being whole', () => {
  const outcomes = (one: Cause['reason']) =>
    [true, false].flatMap((media) => [true, false].map((whole) => outcomeOf(one, media, whole)));
  assert.deepEqual(outcomes('requested'), ['complete', 'partial', 'aborted', 'aborted']);
  assert.deepEqual(outcomes('max_duration'), ['complete', 'partial', 'aborted', 'aborted']);
  assert.deepEqual(outcomes('idle'), ['complete', 'partial', 'aborted', 'aborted']);
  assert.deepEqual(outcomes('token_expired'), ['partial', 'partial', 'failed', 'failed']);
  assert.deepEqual(outcomes('browser_lost'), ['partial', 'partial', 'failed', 'failed']);
});
