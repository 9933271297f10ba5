import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Turns } from '../../../src/callback/turns.ts';

test('those that have been due longest come first, and none twice', () => {
  const turns = new Turns({ most: 10, mostToOnePlace: 10 });
  for (const [sid, dueMs] of [
    ['late', 3],
    ['early', 1],
    ['middle', 2],
    ['not yet', 9],
  ] as const) {
    turns.add(sid, 'place', dueMs);
  }
  assert.deepEqual(turns.take(5), ['early', 'middle', 'late']);
  assert.deepEqual(turns.take(5), []);
  assert.equal(turns.msToNext(5), 4);
  turns.putBack('early', 7);
  turns.remove('middle');
  assert.equal(turns.msToNext(5), 2);
  assert.deepEqual(turns.take(9), ['early', 'not yet']);
  assert.equal(turns.msToNext(9), null);
});

test('one that is known keeps its time, and stays busy', () => {
  const turns = new Turns({ most: 10, mostToOnePlace: 10 });
  turns.add('one', 'place', 1);
  assert.deepEqual(turns.take(1), ['one']);
  turns.add('one', 'place', 1);
  assert.deepEqual(turns.take(1), []);
  turns.putBack('one', 8);
  turns.add('one', 'place', 2);
  assert.deepEqual(turns.take(2), []);
});

test('a place that is full leaves room for the others', () => {
  const turns = new Turns({ most: 5, mostToOnePlace: 2 });
  for (let i = 0; i < 9; i += 1) turns.add(`a${i}`, 'slow', 0);
  for (let i = 0; i < 9; i += 1) turns.add(`b${i}`, 'other', 1);
  turns.add('c', 'third', 2);
  turns.add('d', 'fourth', 3);
  assert.deepEqual(turns.take(9), ['a0', 'a1', 'b0', 'b1', 'c']);
  turns.remove('b0');
  assert.deepEqual(turns.take(9), ['b2']);
});

test('the limits hold whatever happens, and everybody gets a turn', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), sid: fc.nat(30) }),
    fc.record({ kind: fc.constant('putBack' as const), after: fc.nat(3) }),
    fc.record({ kind: fc.constant('remove' as const) }),
    fc.record({ kind: fc.constant('take' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const limits = { most: 6, mostToOnePlace: 3 };
      const turns = new Turns(limits);
      const known = new Set<string>();
      const busy: string[] = [];
      let now = 0;
      const take = () => {
        busy.push(...turns.take(now));
        assert.equal(new Set(busy).size, busy.length);
        assert.ok(busy.length <= limits.most);
        for (const place of ['0', '1', '2']) {
          assert.ok(busy.filter((sid) => placeOf(sid) === place).length <= limits.mostToOnePlace);
        }
      };
      for (const one of steps) {
        now += 1;
        if (one.kind === 'add') {
          known.add(`s${one.sid}`);
          turns.add(`s${one.sid}`, placeOf(`s${one.sid}`), now);
        } else if (one.kind === 'take') take();
        else {
          const sid = busy.shift();
          if (sid === undefined) continue;
          if (one.kind === 'putBack') turns.putBack(sid, now + one.after);
          else {
            turns.remove(sid);
            known.delete(sid);
          }
        }
      }
      // All that are left have their turn when each taken one is done with.
      now += 10;
      const had = new Set<string>();
      for (let rounds = 0; rounds < 100 && known.size > had.size; rounds += 1) {
        take();
        for (const sid of busy.splice(0)) {
          had.add(sid);
          turns.remove(sid);
        }
      }
      assert.deepEqual([...had].sort(), [...known].sort());
    }),
  );
});

function placeOf(sid: string): string {
  return String(Number(sid.slice(1)) % 3);
}
