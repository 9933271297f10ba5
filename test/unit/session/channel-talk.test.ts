import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ChannelPlan, FromChannelPage, ToChannelPage } from '../../../src/recording/channel.ts';
import { NOBODY } from '../../../src/recording/channel.ts';
import type { Composition, RecordingEvent } from '../../../src/recording/link.ts';
import { ChannelTalk } from '../../../src/session/channel-talk.ts';
import { channelPlan, FLOATING } from '../../support/channel-plans.ts';
import { planFor } from '../../support/plans.ts';
import { planIn } from '../../support/recorded-files.ts';

const NOW = 1_000_000;
const HOST = { uid: '7', role: 'host', audio: true, video: true } as const;
const BEST_FIT = { ...FLOATING, kind: 'best_fit' } as const;
const DEAF = { audio: NOBODY, video: NOBODY };

function talk(t: TestContext, change: Partial<ChannelPlan> = {}, composition: Composition | null = null) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: NOW });
  const events: RecordingEvent[] = [];
  const ends: string[] = [];
  const lines: string[] = [];
  const sent: ToChannelPage[] = [];
  const plan = planFor(planIn('/nowhere'), { channel: channelPlan(change) });
  const built = ChannelTalk.build(plan, {
    composition,
    onEvent: (event) => events.push(event),
    onChange: () => {},
    onEnd: (reason, detail) => ends.push(`${reason}: ${detail}`),
    log: (line) => lines.push(line),
  });
  assert.ok(built);
  const says = (message: FromChannelPage) => built.hear(message, (answer) => sent.push(answer));
  return { channel: built, events, ends, lines, sent, says, tick: (ms: number) => t.mock.timers.tick(ms) };
}

function stream(receiving: boolean, kind: 'audio' | 'video' = 'video'): FromChannelPage {
  return { type: 'stream', uid: '7', kind, receiving, atMs: NOW - 5 };
}

test('a recording of a page has no channel to talk of', () => {
  const options = { composition: null, onEvent() {}, onChange() {}, onEnd() {}, log() {} };
  assert.equal(ChannelTalk.build(planFor(planIn('/nowhere')), options), null);
});

test('a page that says hello is told the plan, and the size of the picture', (t) => {
  const { sent, says } = talk(t, { token: 'secret' });
  says({ type: 'hello' });
  assert.deepEqual(sent, [{ type: 'begin', channel: channelPlan({ token: 'secret' }), width: 160, height: 120 }]);
});

test('the next page is told the latest layout and subscription', async (t) => {
  const { channel, sent, says } = talk(t);
  says({ type: 'hello' });
  channel.away();
  await channel.layout(BEST_FIT);
  await channel.subscribe(DEAF);
  says({ type: 'hello' });
  assert.equal(sent.length, 2);
  assert.deepEqual(sent[1], {
    type: 'begin',
    channel: channelPlan({ layout: BEST_FIT, subscription: DEAF }),
    width: 160,
    height: 120,
  });
  assert.deepEqual(channel.status, { joined: false, users: [], layout: BEST_FIT, subscription: DEAF });
});

test('a session that goes on begins with what the one before had', (t) => {
  const { channel, sent, says } = talk(t, {}, { layout: BEST_FIT, subscription: DEAF });
  assert.deepEqual(channel.status.layout, BEST_FIT);
  says({ type: 'hello' });
  assert.deepEqual(sent[0]?.type === 'begin' && sent[0].channel.subscription, DEAF);
});

test('an order is done once the page says so', async (t) => {
  const { channel, sent, says } = talk(t);
  says({ type: 'hello' });
  const done: string[] = [];
  const layout = channel.layout(BEST_FIT).then(() => done.push('layout'));
  const subscribed = channel.subscribe(DEAF).then(() => done.push('subscribe'));
  assert.deepEqual(sent.slice(1), [
    { type: 'layout', id: 1, layout: BEST_FIT },
    { type: 'subscribe', id: 2, subscription: DEAF },
  ]);
  says({ type: 'done', id: 2 });
  await subscribed;
  assert.deepEqual(done, ['subscribe']);
  says({ type: 'done', id: 1 });
  await layout;
});

test('an order to a page that is lost meanwhile is done: the next page brings it', async (t) => {
  const { channel, says } = talk(t);
  says({ type: 'hello' });
  const ordered = channel.layout(BEST_FIT);
  channel.away();
  await ordered;
});

test('a page that does not follow in time is told of, and so is the end of the recording', async (t) => {
  const { channel, says, tick } = talk(t);
  says({ type: 'hello' });
  const late = assert.rejects(channel.layout(BEST_FIT), { code: 'not_completed' });
  tick(10_000);
  await late;
  assert.deepEqual(channel.status.layout, BEST_FIT);
  const over = assert.rejects(channel.layout(FLOATING), { code: 'wrong_state' });
  channel[Symbol.dispose]();
  await over;
});

test('who is there, and whether the recorder is, is in the status', (t) => {
  const { channel, says } = talk(t);
  says({ type: 'hello' });
  says({ type: 'joined', joined: true });
  says({ type: 'users', users: [HOST] });
  assert.deepEqual([channel.status.joined, channel.status.users], [true, [HOST]]);
  channel.away();
  assert.deepEqual([channel.status.joined, channel.status.users], [false, [HOST]]);
});

test('each change of a stream is told once', (t) => {
  const { channel, events, says } = talk(t);
  channel.recorded(NOW - 100);
  says({ type: 'hello' });
  for (const one of [stream(false), stream(true), stream(true), stream(true, 'audio'), stream(false), stream(false)])
    says(one);
  const told = events.map((event) => event.name === 'stream_changed' && [event.kind, event.receiving, event.atMs]);
  assert.deepEqual(told, [
    ['video', true, NOW - 5],
    ['audio', true, NOW - 5],
    ['video', false, NOW - 5],
  ]);
});

test('streams that were there before the first frame are in the recording from its beginning on', (t) => {
  const { channel, events, says } = talk(t);
  says({ type: 'hello' });
  for (const one of [stream(true), stream(true, 'audio'), stream(false, 'audio')]) says(one);
  assert.deepEqual(events, []);
  channel.recorded(NOW + 20);
  assert.deepEqual(events, [{ name: 'stream_changed', uid: '7', kind: 'video', receiving: true, atMs: NOW + 20 }]);
});

test('streams are gone with their page until the next one says otherwise', (t) => {
  const { channel, events, says } = talk(t);
  channel.recorded(NOW - 100);
  says({ type: 'hello' });
  says(stream(true));
  says(stream(true, 'audio'));
  says(stream(false, 'audio'));
  channel.away();
  assert.deepEqual(events.at(-1), {
    ...{ name: 'stream_changed', uid: '7', kind: 'video', receiving: false, atMs: NOW },
  });
  assert.equal(events.length, 4);
  // A page that loads itself anew.
  says({ type: 'hello' });
  says(stream(true));
  says({ type: 'hello' });
  assert.deepEqual(
    events.slice(4).map((event) => event.name === 'stream_changed' && event.receiving),
    [true, false],
  );
});

test('what a page says after it was given up does not count', (t) => {
  const { channel, events, ends, says } = talk(t);
  says({ type: 'hello' });
  channel.away();
  says({ type: 'joined', joined: true });
  says(stream(true));
  says({ type: 'refused', reason: 'uid_taken', detail: '' });
  assert.deepEqual([channel.status.joined, events, ends], [false, [], []]);
});

test('a recorder that may not be in the channel ends the recording, in words without secrets', (t) => {
  const { ends, lines, says } = talk(t, { token: '007secrettoken' });
  says({ type: 'hello' });
  says({ type: 'note', text: 'asked https://host/users?uid=1 with 007secrettoken' });
  says({ type: 'refused', reason: 'token_expired', detail: '007secrettoken has expired' });
  assert.deepEqual(ends, ['token_expired: *** has expired']);
  assert.deepEqual(lines, ['page of the channel: asked https://host/users?*** with ***']);
});

test('nobody there for too long ends the recording, from its beginning on', (t) => {
  const { channel, ends, says, tick } = talk(t);
  says({ type: 'hello' });
  says({ type: 'joined', joined: true });
  tick(60_000);
  assert.deepEqual(ends, []);
  channel.begin();
  tick(20_000);
  says({ type: 'users', users: [HOST] });
  tick(60_000);
  says({ type: 'users', users: [] });
  tick(29_999);
  assert.deepEqual(ends, []);
  tick(1);
  assert.deepEqual(ends, ['idle: no user was in the channel for 30 s']);
});

test('after the end no time runs', (t) => {
  const { channel, ends, tick } = talk(t);
  channel.begin();
  channel[Symbol.dispose]();
  channel.away();
  tick(60_000);
  assert.deepEqual(ends, []);
});
