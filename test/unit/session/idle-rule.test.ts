import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChannelUser } from '../../../src/recording/channel.ts';
import { IdleRule } from '../../../src/session/idle-rule.ts';

const START = 1_000_000;
const NEVER = Number.POSITIVE_INFINITY;
const HOST: ChannelUser = { uid: '1', role: 'host', audio: false, video: false };
const LISTENER: ChannelUser = { ...HOST, uid: '2', role: 'audience' };

function rule(profile: 'communication' | 'live') {
  const idle = new IdleRule({ profile, maxIdleMs: 30_000 }, START);
  /** @returns seconds from the start at which it ends */
  const look = (seconds: number, users: readonly ChannelUser[], joined = true) =>
    (idle.look({ joined, users }, START + 1000 * seconds) - START) / 1000;
  return { idle, look };
}

test('a channel that nobody comes to ends the recording, counted from its beginning', () => {
  const { idle, look } = rule('communication');
  assert.equal(look(0, [], false), 30);
  assert.equal(look(10, []), 30);
  assert.equal(idle.detail, 'no user was in the channel for 30 s');
});

test('after somebody was there, time counts from when the last one left', () => {
  const { look } = rule('communication');
  assert.equal(look(5, [LISTENER]), NEVER);
  assert.equal(look(100, [LISTENER, HOST]), NEVER);
  assert.equal(look(200, []), 230);
  assert.equal(look(210, []), 230);
  assert.equal(look(229, [HOST]), NEVER);
});

test('while the recorder is not in the channel, nobody is known to be there', () => {
  const { look } = rule('communication');
  assert.equal(look(5, [HOST]), NEVER);
  assert.equal(look(100, [HOST], false), 130);
  assert.equal(look(110, [HOST], false), 130);
  assert.equal(look(120, [HOST]), NEVER);
  assert.equal(look(125, [HOST], false), 155);
});

test('with the profile live the audience does not count', () => {
  const { idle, look } = rule('live');
  assert.equal(look(5, [LISTENER]), 30);
  assert.equal(look(6, [LISTENER, HOST]), NEVER);
  assert.equal(look(7, [LISTENER]), 37);
  assert.equal(idle.detail, 'no host was in the channel for 30 s');
});
