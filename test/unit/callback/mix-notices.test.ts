import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildEnvelope } from '../../../src/callback/envelope.ts';
import type { About } from '../../../src/callback/notice.ts';
import { endNotices, eventNotices, misfitNotice, uploadNotices } from '../../../src/callback/notices.ts';
import type { RecordingEvent } from '../../../src/recording/link.ts';
import type { RecordingEnd } from '../../../src/recording/status.ts';
import { endOf } from '../api/fake-recorder.ts';

const ABOUT: About = {
  ...{ mode: 'mix', uid: '527841', prefix: 'a/b', maxRecordingMs: 1, trackType: 'audio_and_video' },
  stopAsked: true,
};
const FILE = { name: 's_c.m3u8', kind: 'playlist', sliceStartMs: 1562724971626.5 } as const;

const EVENTS: readonly (readonly [RecordingEvent, number, object])[] = [
  [{ name: 'started', atMs: 5, pageReadyMs: null, steps: {} }, 40, { msgName: 'recorder_started', status: 0 }],
  [
    { name: 'slice_started', startUtcMs: 2000.7, discontinueUtcMs: 1500.2 },
    42,
    {
      ...{ msgName: 'recorder_slice_start', startUtcMs: 2000, discontinueUtcMs: 1500, mixedAllUser: true },
      ...{ streamUid: '0', trackType: 'audio_and_video' },
    },
  ],
  [
    { name: 'stream_changed', uid: '42', kind: 'audio', receiving: true, atMs: 77.9 },
    43,
    { msgName: 'recorder_audio_stream_state_changed', streamUid: '42', state: 0, UtcMs: 77, utcMs: 77 },
  ],
  [
    { name: 'stream_changed', uid: '42', kind: 'video', receiving: false, atMs: 78 },
    44,
    { msgName: 'recorder_video_stream_state_changed', streamUid: '42', state: 1, UtcMs: 78, utcMs: 78 },
  ],
];

for (const [event, eventType, details] of EVENTS) {
  test(`${event.name} is told as ${eventType}, of the recorder`, () => {
    assert.deepEqual(eventNotices(event, ABOUT), [{ eventType, serviceType: 1, details }]);
  });
}

test('another session that has taken over is told as 12, with the uid of the API', () => {
  assert.deepEqual(eventNotices({ name: 'resumed', atMs: 1 }, ABOUT), [
    { eventType: 12, serviceType: 0, details: { msgName: 'session_failover', newUid: 527841 } },
  ]);
});

test('what only pages and pushes have is not told', () => {
  const events: RecordingEvent[] = [
    { name: 'reloaded', reason: 'page_hang' },
    { name: 'limit_exceeded', limit: 'WebGL' },
    { name: 'push_changed', url: 'rtmp://a/b/c', state: 'publishing' },
    { name: 'file_ready', file: { name: 's.ts', kind: 'slice', part: 0 } },
  ];
  for (const event of events) assert.deepEqual(eventNotices(event, ABOUT), []);
});

describe('the end', () => {
  const PARTIAL = { outcome: 'partial' } as const;
  const ends: [string, Partial<RecordingEnd>, Partial<About>, number[]][] = [
    ['a stop', {}, {}, [24, 0]],
    ['a stop before the first frame', { outcome: 'aborted', startedMs: null }, {}, [24, 0]],
    ['a stop of the service', {}, { stopAsked: false }, [2, 0]],
    ['nobody was there', { reason: 'idle' }, { stopAsked: false }, [4, 0]],
    ['its longest time', { reason: 'max_duration' }, { stopAsked: false }, [8, 0]],
    ['a failed start', { outcome: 'failed', reason: 'browser_failed', startedMs: null }, {}, [0, 1]],
    ['a failure under way', { ...PARTIAL, reason: 'encoder_failed' }, {}, [16, 1]],
  ];
  for (const [name, end, about, [leaveCode, exitStatus]] of ends) {
    test(`${name} is told by 41 with ${leaveCode}, and 11`, () => {
      const notices = endNotices(endOf(end), { ...ABOUT, ...about }).filter(({ eventType }) => eventType !== 1);
      assert.deepEqual(notices, [
        { eventType: 41, serviceType: 1, details: { msgName: 'recorder_leave', leaveCode } },
        {
          ...{ eventType: 11, serviceType: 0 },
          details: { msgName: 'session_exit', exitStatus, leaveStatus: exitStatus },
        },
      ]);
    });
  }

  for (const [reason, errorCode] of [
    ['token_expired', 109],
    ['token_invalid', 110],
    ['uid_taken', 19],
    ['disk_full', 1],
  ] as const) {
    test(`${reason} is told first, as an error of the recorder with ${errorCode}`, () => {
      const end = endOf({ ...PARTIAL, reason, detail: 'refused at https://x.org/whep/1?token=hidden' });
      const notices = endNotices(end, ABOUT);
      assert.deepEqual(
        notices.map(({ eventType }) => eventType),
        [1, 41, 11],
      );
      assert.deepEqual(notices[0]?.details, {
        ...{ msgName: 'cloud_recording_error', module: 0, errorLevel: 5, errorCode, stat: 0 },
        errorMsg: 'refused at https://x.org/whep/***',
      });
    });
  }
});

test('stored files are listed with what is in them', () => {
  for (const trackType of ['audio', 'video', 'audio_and_video'] as const) {
    const [notice] = uploadNotices({ name: 'uploaded' }, { ...ABOUT, trackType }, [FILE]);
    assert.deepEqual(notice?.details['fileList'], [
      {
        ...{ fileName: 'a/b/s_c.m3u8', trackType, uid: '0', mixedAllUser: true, isPlayable: true },
        sliceStartTime: 1562724971626,
      },
    ]);
  }
});

test('a call that does not fit is told with the playlist', () => {
  const { eventType, details } = misfitNotice(5, 's_c.m3u8', ABOUT);
  assert.deepEqual([eventType, details['recordingMode'], details['fileList']], [3, 1, 'a/b/s_c.m3u8']);
});

test('the scene of its messages is that of mode mix', () => {
  const message = { sid: 's', sequence: 0, appId: 'demo', noticeId: 'n', eventType: 40, eventMs: 1, attempts: 0 };
  const content = {
    cname: 'c',
    uid: '1',
    mode: 'mix',
    serviceType: 1,
    details: { msgName: 'recorder_started' },
  } as const;
  assert.equal(JSON.parse(buildEnvelope(message, content, 2)).payload.serviceScene, 'mix_record');
});
