import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { PHASES } from '../../../src/recording/status.ts';
import {
  type Cause,
  type Event,
  MAX_ENCODERS_LOST,
  next,
  outcomeOf,
  type State,
} from '../../../src/session/machine.ts';

const FIRST: Cause = { reason: 'requested', detail: 'first', atMs: 1 };
const SECOND: Cause = { reason: 'encoder_failed', detail: 'second', atMs: 2 };
const LOST = MAX_ENCODERS_LOST;

const STATES = {
  starting: { phase: 'starting' },
  recording: { phase: 'recording', onhold: false, encodersLost: 0 },
  held: { phase: 'recording', onhold: true, encodersLost: 0 },
  worn: { phase: 'recording', onhold: false, encodersLost: LOST },
  stopping: { phase: 'stopping', cause: FIRST },
  finalizing: { phase: 'finalizing', cause: FIRST },
  ended: { phase: 'ended', cause: FIRST, outcome: 'complete' },
} as const satisfies Record<string, State>;

const EVENTS = {
  ready: { type: 'ready', onhold: false },
  readyHeld: { type: 'ready', onhold: true },
  hold: { type: 'hold', onhold: true },
  resume: { type: 'hold', onhold: false },
  encoderLost: { type: 'encoder_lost', cause: SECOND },
  stop: { type: 'stop', cause: SECOND },
  drained: { type: 'drained' },
  finished: { type: 'finished', media: true, whole: true },
} as const satisfies Record<string, Event>;

type StateName = keyof typeof STATES;
type EventName = keyof typeof EVENTS;
type Change = readonly [State, ...ReturnType<typeof next>['effects']];

const stopped: Change = [{ phase: 'stopping', cause: SECOND }, 'drain'];
const lost = (state: 'recording' | 'held'): State => ({ ...STATES[state], encodersLost: 1 });

/** Every change there is. A pair that is not here leaves the state as it was and has nothing done. */
const CHANGES: { readonly [S in StateName]: { readonly [E in EventName]?: Change } } = {
  starting: {
    ready: [STATES.recording, 'begin_take'],
    readyHeld: [STATES.held],
    encoderLost: stopped,
    stop: stopped,
  },
  recording: {
    hold: [STATES.held, 'end_take'],
    encoderLost: [lost('recording'), 'replace_encoder', 'begin_take'],
    stop: stopped,
  },
  held: {
    resume: [STATES.recording, 'begin_take'],
    encoderLost: [lost('held'), 'replace_encoder'],
    stop: stopped,
  },
  worn: { hold: [{ ...STATES.worn, onhold: true }, 'end_take'], encoderLost: stopped, stop: stopped },
  stopping: { drained: [STATES.finalizing, 'finish_files'] },
  finalizing: { finished: [STATES.ended, 'report_end'] },
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
const cause = fc.record({ reason, detail: fc.string(), atMs: fc.nat() });
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ type: fc.constantFrom('ready' as const, 'hold' as const), onhold: fc.boolean() }),
  fc.record({ type: fc.constantFrom('stop' as const, 'encoder_lost' as const), cause }),
  fc.constant({ type: 'drained' as const }),
  fc.record({ type: fc.constant('finished' as const), media: fc.boolean(), whole: fc.boolean() }),
);

test('the rank never falls, and the first cause is kept to the end', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      let state: State = { phase: 'starting' };
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
      let state: State = { phase: 'starting' };
      const effects: string[] = [];
      for (const one of events) {
        const step = next(state, one);
        state = step.state;
        effects.push(...step.effects);
      }
      const ending = effects.filter((effect) => ['drain', 'finish_files', 'report_end'].includes(effect));
      assert.deepEqual(ending, ['drain', 'finish_files', 'report_end'].slice(0, ending.length));
      assert.doesNotMatch(effects.join(' '), /begin_take begin_take|end_take end_take|drain.*(_take|replace)/);
    }),
    { numRuns: 500 },
  );
});

test('an encoder that dies again and again ends the recording with the cause of its last death', () => {
  let state: State = STATES.recording;
  for (let i = 1; i <= LOST; i += 1) {
    state = next(state, { type: 'encoder_lost', cause: { ...SECOND, detail: String(i) } }).state;
    assert.equal(state.phase, 'recording');
  }
  const last = { ...SECOND, detail: 'last' };
  assert.deepEqual(next(state, { type: 'encoder_lost', cause: last }).state, { phase: 'stopping', cause: last });
});

test('the outcome follows from the cause, from media, and from the files being whole', () => {
  const outcomes = (one: Cause['reason']) =>
    [true, false].flatMap((media) => [true, false].map((whole) => outcomeOf(one, media, whole)));
  assert.deepEqual(outcomes('requested'), ['complete', 'partial', 'aborted', 'aborted']);
  assert.deepEqual(outcomes('max_duration'), ['complete', 'partial', 'aborted', 'aborted']);
  assert.deepEqual(outcomes('browser_lost'), ['partial', 'partial', 'failed', 'failed']);
});
