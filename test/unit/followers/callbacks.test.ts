import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Notice } from '../../../src/callback/notice.ts';
import type { Subject } from '../../../src/callback/outbox.ts';
import type { RecordingRecord } from '../../../src/controller/records.ts';
import { CallbackFollower } from '../../../src/followers/callbacks.ts';
import { channelPlan } from '../../support/channel-plans.ts';
import { endOf, statusOf } from '../api/fake-recorder.ts';
import { planOf } from '../debug/plans.ts';

/** What was told, as number of the event and sid. */
class Told {
  readonly messages: [number, Subject][] = [];
  readonly details: Notice['details'][] = [];

  tell(subject: Subject, { eventType, details }: Notice): void {
    this.messages.push([eventType, subject]);
    this.details.push(details);
  }

  get types(): number[] {
    return this.messages.map(([eventType]) => eventType);
  }
}

function record(sid: string, change: Partial<RecordingRecord> = {}): RecordingRecord {
  return {
    ...{ sid, appId: 'demo', cname: 'room', uid: '7', resourceId: 'r', prefix: '', stopAsked: false },
    ...{ startedMs: 0, limitMs: 0, plan: planOf({ sid, channel: channelPlan() }), status: statusOf({}), end: null },
    ...change,
  };
}

function follow(): { told: Told; follower: CallbackFollower } {
  const told = new Told();
  return { told, follower: new CallbackFollower(told) };
}

function slice(startUtcMs: number, discontinueUtcMs = startUtcMs) {
  return { name: 'slice_started', startUtcMs, discontinueUtcMs } as const;
}

test('of the slices, the first is told of, and those after an interruption', () => {
  const { told, follower } = follow();
  for (const event of [slice(1000), slice(16_000), slice(40_000, 30_000), slice(55_000)]) {
    follower.event(record('a'), event);
  }
  follower.event(record('b'), slice(2000));
  assert.deepEqual(
    told.details.map(({ startUtcMs, discontinueUtcMs }) => [startUtcMs, discontinueUtcMs]),
    [
      [1000, 1000],
      [40_000, 30_000],
      [2000, 2000],
    ],
  );
});

test('messages of a channel are of mode mix, in the order of what happens', () => {
  const { told, follower } = follow();
  const recorded = record('a');
  follower.event(recorded, { name: 'started', atMs: 1, pageReadyMs: null, steps: {} });
  follower.event(recorded, slice(1));
  follower.event(recorded, { name: 'stream_changed', uid: '5', kind: 'video', receiving: true, atMs: 2 });
  follower.event(recorded, { name: 'stream_changed', uid: '5', kind: 'video', receiving: false, atMs: 3 });
  follower.ended({ ...recorded, stopAsked: true }, endOf({}));
  follower.uploads({ ...recorded, end: endOf({}) }, { name: 'uploaded' });
  assert.deepEqual(told.types, [40, 42, 44, 44, 41, 11, 31]);
  assert.equal(told.details[4]?.['leaveCode'], 24);
  const [, subject] = told.messages[0] ?? [];
  assert.deepEqual(subject, { sid: 'a', appId: 'demo', cname: 'room', uid: '7', mode: 'mix' });
});

test('a recording of a page is told as such', () => {
  const { told, follower } = follow();
  const web = record('a', { plan: planOf({ channel: null }) });
  follower.event(web, { name: 'started', atMs: 1, pageReadyMs: null, steps: {} });
  follower.event(web, slice(1));
  follower.ended(web, endOf({}));
  assert.deepEqual(told.types, [70, 71, 11]);
  assert.equal(told.messages[0]?.[1].mode, 'web');
});

test('files without a picture are told as sound', () => {
  const { told, follower } = follow();
  const plan = planOf({ channel: channelPlan(), picture: null });
  follower.event(record('a', { plan }), slice(1));
  assert.equal(told.details[0]?.['trackType'], 'audio');
});
