import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HubUser, Member } from '../../../src/channel/hub.ts';
import { Roster } from '../../../src/hub/roster.ts';

function member(uid: string, role: Member['role'] = 'viewer', channel = 'room'): Member {
  return { appId: 'app', channel, uid, role };
}

function setUp() {
  const told = new Map<number, readonly HubUser[]>();
  const taken: number[] = [];
  const roster = new Roster({
    onUsers: (ids, users) => {
      for (const id of ids) told.set(id, users);
    },
    onTaken: (id) => taken.push(id),
  });
  const seenBy = (id: number) => told.get(id)?.map(({ uid, role }) => `${uid} ${role}`);
  return { roster, told, taken, seenBy };
}

const SENDING = { id: 'p1', audio: true, video: false };

describe('who is in a channel', () => {
  test('is told to all in it, in the order in which they came, without recorders', () => {
    const { roster, told, seenBy } = setUp();
    roster.enter(1, member('90', 'recorder'));
    assert.deepEqual(seenBy(1), []);
    roster.enter(2, member('20'));
    roster.publish(member('10', 'publisher'), SENDING);
    roster.enter(3, member('10'));
    assert.deepEqual(seenBy(1), ['20 audience', '10 host']);
    assert.deepEqual(told.get(3)?.[1], { uid: '10', role: 'host', audio: true, video: false, publication: 'p1' });
    roster.leave(2);
    assert.deepEqual(seenBy(1), ['10 host']);
    roster.unpublish(member('10', 'publisher'), SENDING);
    assert.deepEqual(seenBy(1), ['10 audience']);
  });

  test('is nobody else’s business', () => {
    const { roster, seenBy } = setUp();
    roster.enter(1, member('1'));
    roster.enter(2, member('1', 'viewer', 'other'));
    roster.publish(member('7', 'publisher', 'other'), SENDING);
    assert.deepEqual(seenBy(1), ['1 audience']);
    assert.deepEqual(seenBy(2), ['1 audience', '7 host']);
  });

  test('the same uid entering again ends the one before', () => {
    const { roster, taken, seenBy } = setUp();
    roster.enter(1, member('5'));
    roster.enter(2, member('5'));
    assert.deepEqual(taken, [1]);
    roster.leave(1);
    assert.deepEqual(seenBy(2), ['5 audience']);
  });

  test('who publishes anew takes the place of what was published before', () => {
    const { roster, told } = setUp();
    roster.enter(1, member('9', 'recorder'));
    roster.publish(member('5', 'publisher'), SENDING);
    roster.publish(member('6', 'publisher'), { ...SENDING, id: 'p2' });
    const anew = { ...SENDING, id: 'p3' };
    assert.equal(roster.publish(member('5', 'publisher'), anew), SENDING);
    roster.unpublish(member('5', 'publisher'), SENDING);
    assert.deepEqual(
      told.get(1)?.map(({ uid, publication }) => [uid, publication]),
      [
        ['5', 'p3'],
        ['6', 'p2'],
      ],
    );
  });

  test('nothing is kept of channels that are empty', () => {
    const { roster } = setUp();
    roster.enter(1, member('5'));
    roster.publish(member('5', 'publisher'), SENDING);
    roster.leave(1);
    assert.equal(roster.rooms, 1);
    roster.unpublish(member('5', 'publisher'), SENDING);
    assert.equal(roster.rooms, 0);
  });
});
