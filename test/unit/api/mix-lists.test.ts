import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { EVERYBODY, NOBODY, type Subscription, type UidFilter } from '../../../src/recording/channel.ts';
import { type RecordingCalls, Service } from './service.ts';

let service: Service;
beforeEach(async () => {
  service = await Service.open();
});
afterEach(async () => await service[Symbol.asyncDispose]());

const ALL = '#allstream#';
const only = (...uids: string[]): UidFilter => ({ kind: 'only', uids });
const except = (...uids: string[]): UidFilter => ({ kind: 'except', uids });

type Lists = Readonly<Record<string, unknown>>;

/** Lists, and what is subscribed to: sound, picture. */
const TAKEN: readonly [Lists, UidFilter, UidFilter][] = [
  [{}, EVERYBODY, EVERYBODY],
  [{ subscribeAudioUids: ['1'] }, only('1'), NOBODY],
  [{ subscribeVideoUids: ['1', '2'] }, NOBODY, only('1', '2')],
  [{ subscribeAudioUids: ['1'], subscribeVideoUids: ['2'] }, only('1'), only('2')],
  [{ subscribeAudioUids: [ALL], subscribeVideoUids: ['2'] }, EVERYBODY, only('2')],
  [{ subscribeAudioUids: ['5', ALL] }, EVERYBODY, NOBODY],
  [{ unSubscribeAudioUids: [ALL], subscribeVideoUids: [ALL] }, NOBODY, EVERYBODY],
  ...['unSubscribe', 'unsubscribe', 'unsunscribe'].flatMap((spelling): [Lists, UidFilter, UidFilter][] => [
    [{ [`${spelling}AudioUids`]: ['3'] }, except('3'), NOBODY],
    [{ [`${spelling}VideoUids`]: ['3'] }, NOBODY, except('3')],
  ]),
  [{ unSubscribeAudioUids: [], unsubscribeAudioUids: ['4'], unsunscribeAudioUids: ['5'] }, except('4'), NOBODY],
  [{ subscribeAudioUids: [], subscribeVideoUids: [] }, EVERYBODY, EVERYBODY],
  [{ subscribeAudioUids: ['1'], unSubscribeAudioUids: [], subscribeVideoUids: null }, only('1'), NOBODY],
  [{ subscribeVideoUids: Array.from({ length: 32 }, () => '8') }, NOBODY, only(...Array<string>(32).fill('8'))],
];

const REFUSED: readonly [Lists, RegExp][] = [
  [{ subscribeAudioUids: ['1'], unsubscribeAudioUids: ['2'] }, /subscribeAudioUids: expected either .* got both/],
  [{ subscribeVideoUids: [ALL], unsunscribeVideoUids: ['2'] }, /subscribeVideoUids: expected either .* got both/],
  [{ subscribeAudioUids: Array.from({ length: 33 }, () => '8') }, /a list of at most 32 uids.*got a list of 33/],
  [{ subscribeAudioUids: [1] }, /subscribeAudioUids\[0\]: expected a string that is not empty, got 1/],
  [{ subscribeAudioUids: '1' }, /subscribeAudioUids: expected a list of at most 32 uids, each a string, got "1"/],
  [{ unsubscribeVideoUids: [''] }, /unsubscribeVideoUids\[0\]/],
];

describe('lists of a start', () => {
  for (const [lists, audio, video] of TAKEN) {
    test(JSON.stringify(lists).slice(0, 110), async () => {
      await service.mix({ recordingConfig: lists });
      assert.deepEqual(service.recorder.last.plan.channel?.subscription, { audio, video });
    });
  }

  const withTypes: [Lists, RegExp][] = [
    [{ streamTypes: 0, subscribeVideoUids: ['1'] }, /subscribeVideoUids: expected no list .* streamTypes 0/],
    [{ streamTypes: 0, unsubscribeVideoUids: ['1'] }, /subscribeVideoUids: expected no list/],
    [{ streamTypes: 1, subscribeAudioUids: [ALL] }, /subscribeAudioUids: expected no list .* streamTypes 1/],
  ];
  for (const [lists, detail] of [...REFUSED, ...withTypes]) {
    test(`refused: ${JSON.stringify(lists).slice(0, 100)}`, async () => {
      const { status, body } = await service.startMix({ recordingConfig: lists });
      assert.deepEqual([status, body.code], [400, 2]);
      assert.match(body.detail, detail);
      assert.equal(service.recorder.recordings.length, 0);
    });
  }

  test('of what is recorded alone', async () => {
    await service.mix({ recordingConfig: { streamTypes: 0, subscribeAudioUids: ['1'], subscribeVideoUids: [] } });
    assert.deepEqual(service.recorder.last.plan.channel?.subscription, { audio: only('1'), video: NOBODY });
  });
});

/** As an update has them: those of each medium in an object of their own. */
function updateOf(lists: Lists): object {
  const of = (medium: string): Lists =>
    Object.fromEntries(Object.entries(lists).filter(([name]) => name.includes(medium)));
  return { streamSubscribe: { audioUidList: of('Audio'), videoUidList: of('Video') } };
}

describe('lists of an update', () => {
  let calls: RecordingCalls;
  beforeEach(async () => {
    calls = await service.mix();
    service.recorder.last.change({ phase: 'recording', startedMs: 1 });
  });
  const now = (): Subscription | undefined => service.recorder.last.status.channel?.subscription;

  const named = TAKEN.filter(([lists]) => Object.values(lists).some((list) => Array.isArray(list) && list.length > 0));
  for (const [lists, audio, video] of named) {
    test(JSON.stringify(lists).slice(0, 110), async () => {
      const { status, body } = await calls.update(updateOf(lists));
      assert.equal(status, 200, JSON.stringify(body));
      assert.deepEqual(Object.keys(body), ['cname', 'uid', 'resourceId', 'sid']);
      assert.deepEqual(now(), { audio, video });
    });
  }

  test('each replaces all that there were', async () => {
    await calls.update(updateOf({ subscribeAudioUids: ['1'], subscribeVideoUids: ['2'] }));
    await calls.update({ streamSubscribe: { videoUidList: { subscribeVideoUids: ['3'] } } });
    assert.deepEqual(now(), { audio: NOBODY, video: only('3') });
  });

  for (const [lists, detail] of [...REFUSED, [{}, /streamSubscribe with a list that is not empty/] as const]) {
    test(`refused: ${JSON.stringify(lists).slice(0, 100)}`, async () => {
      const { status, body } = await calls.update(updateOf(lists));
      assert.deepEqual([status, body.code], [400, 2]);
      assert.match(body.detail, detail);
      assert.deepEqual(service.recorder.last.calls, []);
    });
  }

  test('of a medium that is not recorded: refused', async () => {
    service.recorder.last.finish({});
    const sound = await service.mix({ recordingConfig: { streamTypes: 0 } });
    service.recorder.last.change({ phase: 'recording', startedMs: 1 });
    const { status, body } = await sound.update(updateOf({ subscribeVideoUids: ['1'] }));
    assert.deepEqual([status, body.code], [400, 2]);
    assert.match(body.detail, /subscribeVideoUids: expected no list/);
    assert.equal((await sound.update(updateOf({ subscribeAudioUids: ['1'] }))).status, 200);
  });
});
