import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { BEGINNING, type Event, next, type Phase, stateOf } from '../../../src/push/push-machine.ts';

const PHASES = {
  connecting: { name: 'connecting', failures: 2 },
  live: { name: 'live', failures: 2 },
  waiting: { name: 'waiting', failures: 2, waitMs: 2000 },
  over: { name: 'over' },
} as const satisfies Record<string, Phase>;

const EVENTS = {
  opened: { type: 'opened' },
  lost: { type: 'lost', livedMs: 0, hopeless: false },
  lostAfterLong: { type: 'lost', livedMs: 30_000, hopeless: false },
  hopeless: { type: 'lost', livedMs: 0, hopeless: true },
  due: { type: 'due' },
  close: { type: 'close' },
} as const satisfies Record<string, Event>;

const again: Phase = { name: 'waiting', failures: 3, waitMs: 4000 };
const afresh: Phase = { name: 'waiting', failures: 1, waitMs: 1000 };
const { over } = PHASES;

/** Every change there is. A pair that is not here leaves the phase as it is. */
const CHANGES: { readonly [P in keyof typeof PHASES]: { readonly [E in keyof typeof EVENTS]?: Phase } } = {
  connecting: { opened: PHASES.live, lost: again, lostAfterLong: afresh, hopeless: over, close: over },
  live: { lost: again, lostAfterLong: afresh, hopeless: over, close: over },
  waiting: { due: PHASES.connecting, close: over },
  over: {},
};

describe('each pair of phase and event', () => {
  for (const phaseName of Object.keys(PHASES) as (keyof typeof PHASES)[]) {
    for (const eventName of Object.keys(EVENTS) as (keyof typeof EVENTS)[]) {
      const change = CHANGES[phaseName][eventName];
      test(`${phaseName} ${change ? 'is changed by' : 'ignores'} ${eventName}`, () => {
        assert.deepEqual(next(PHASES[phaseName], EVENTS[eventName]), change ?? PHASES[phaseName]);
      });
    }
  }
});

test('the waits double from one second to half a minute, and go on for ever', () => {
  let phase: Phase = BEGINNING;
  const waits: number[] = [];
  for (let i = 0; i < 1000; i += 1) {
    phase = next(phase, EVENTS.lost);
    assert.ok(phase.name === 'waiting');
    waits.push(phase.waitMs / 1000);
    phase = next(phase, EVENTS.due);
  }
  assert.deepEqual(waits.slice(0, 7), [1, 2, 4, 8, 16, 30, 30]);
  assert.equal(waits.at(-1), 30);
});

test('a server that takes the stream and drops it at once is tried less and less often', () => {
  let phase: Phase = BEGINNING;
  for (let i = 0; i < 5; i += 1) phase = next(next(next(phase, EVENTS.opened), EVENTS.lost), EVENTS.due);
  assert.deepEqual(phase, { name: 'connecting', failures: 5 });
});

test('what is over stays over', () => {
  const event = fc.constantFrom<Event>(...Object.values(EVENTS));
  fc.assert(
    fc.property(fc.array(event, { maxLength: 20 }), (events) => {
      assert.deepEqual(events.reduce<Phase>(next, over), over);
    }),
  );
});

test('the states are those of the API', () => {
  const states = Object.values(PHASES).map((phase) => [stateOf(phase, false), stateOf(phase, true)]);
  assert.deepEqual(states, [
    ['connecting', 'connecting'],
    ['publishing', 'onhold'],
    ['connecting', 'connecting'],
    ['disconnected', 'disconnected'],
  ]);
});
