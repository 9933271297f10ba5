import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Told } from '../../../pages/composite/channels/told.js';

const anna = { uid: '1', role: 'host', audio: true, video: true } as const;
const track = (id: string) => ({ id }) as MediaStreamTrack;

describe('what a channel tells', () => {
  let lines: unknown[][] = [];
  let told: Told;

  beforeEach(() => {
    lines = [];
    told = new Told({
      onJoined: (joined) => lines.push(['joined', joined]),
      onUsers: (users) => lines.push(['users', users.length]),
      onTrack: (uid, kind, one) => lines.push(['track', uid, kind, one?.id ?? null]),
      onRefused: (reason) => lines.push(['refused', reason]),
      onNote: (text) => lines.push(['note', text]),
    });
  });

  it('is told once', () => {
    const one = track('a');
    for (let i = 0; i < 2; i++) {
      told.joined(true);
      told.users([{ ...anna }]);
      told.track('1', 'audio', one);
      told.track('1', 'video', null);
      told.note('lost');
    }
    told.track('1', 'audio', track('b'));
    told.note('lost again');
    assert.deepEqual(lines, [
      ['joined', true],
      ['users', 1],
      ['track', '1', 'audio', 'a'],
      ['note', 'lost'],
      ['track', '1', 'audio', 'b'],
      ['note', 'lost again'],
    ]);
  });

  it('is nothing before the first of it', () => {
    told.joined(false);
    told.users([]);
    told.track('1', 'audio', null);
    assert.deepEqual(lines, []);
  });

  it('ends with the refusal, but for the tracks that go', () => {
    told.joined(true);
    told.track('1', 'audio', track('a'));
    told.track('2', 'video', track('b'));
    told.refused('uid_taken', '');
    told.refused('token_expired', '');
    told.joined(true);
    told.users([anna]);
    told.onlyTracksOf(new Set(['2']));
    assert.deepEqual(lines.slice(3), [
      ['joined', false],
      ['refused', 'uid_taken'],
      ['track', '1', 'audio', null],
    ]);
  });
});
