import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { About } from '../../../src/callback/notice.ts';
import { endNotices, eventNotices, misfitNotice, uploadNotices } from '../../../src/callback/notices.ts';
import type { RecordingEvent } from '../../../src/recording/link.ts';
import { NO_QUALITY, type RecordingEnd } from '../../../src/recording/status.ts';
import type { UploadEvent } from '../../../src/recording/storage.ts';

const ABOUT: About = {
  ...{ mode: 'web', uid: '527841', prefix: 'a/b', maxRecordingMs: 4 * 3_600_000 },
  ...{ trackType: 'audio_and_video', stopAsked: true },
};
const FILES = [
  { name: 's_c.m3u8', kind: 'playlist', sliceStartMs: 1627613641393.75 },
  { name: 's_c_0.mp4', kind: 'mp4', sliceStartMs: 1627613641393.75 },
] as const;
const END: RecordingEnd = {
  outcome: 'complete',
  reason: 'requested',
  detail: 'stopped as asked',
  files: FILES,
  startedMs: 1,
  endedMs: 2,
  progress: { mediaMs: 0, frames: 0, missingFrames: 0, bytes: 0 },
  quality: { ...NO_QUALITY, fps: 29.9, silent: [{ fromMs: 0, toMs: null }] },
  cores: 0.5,
};

/** As 71 lists them. */
const STOPPED_FILES = ['a/b/s_c.m3u8', 'a/b/s_c_0.mp4'].map((name) => ({
  filename: name,
  fileName: name,
  sliceStartTime: 1627613641393,
}));

const WEB: readonly (readonly [RecordingEvent, number, object])[] = [
  [
    { name: 'started', atMs: 1627613634000.6, pageReadyMs: null, steps: {} },
    70,
    { msgName: 'web_recorder_started', recorderStartTime: 1627613634000 },
  ],
  [
    { name: 'started', atMs: 5, pageReadyMs: 4, steps: { page: 3 } },
    70,
    { msgName: 'web_recorder_started', recorderStartTime: 5, pageLoadSuccessTime: 4 },
  ],
  [{ name: 'reloaded', reason: 'audio_silence' }, 73, { msgName: 'web_recorder_reload', reason: 'audio_silence' }],
  [{ name: 'limit_exceeded', limit: 'WebGL' }, 72, { msgName: 'web_recorder_capability_limit', limitType: 'WebGL' }],
  [
    { name: 'push_changed', url: 'rtmp://live.example.org/app/key', state: 'onhold' },
    100,
    { msgName: 'rtmp_publish_status', rtmpUrl: 'rtmp://live.example.org/app/key', status: 'onhold' },
  ],
];

for (const [event, eventType, details] of WEB) {
  test(`${event.name} is told as ${eventType}, of the web recorder: ${JSON.stringify(details)}`, () => {
    assert.deepEqual(eventNotices(event, ABOUT), [{ eventType, serviceType: 6, details }]);
  });
}

test('another session that has taken over is told as 12, with the uid as a number', () => {
  assert.deepEqual(eventNotices({ name: 'resumed', atMs: 1 }, ABOUT), [
    { eventType: 12, serviceType: 0, details: { msgName: 'session_failover', newUid: 527841 } },
  ]);
});

test('slices, streams and files are not told of', () => {
  const file = { name: 's.ts', kind: 'slice', part: 0 } as const;
  assert.deepEqual(eventNotices({ name: 'slice_started', startUtcMs: 1, discontinueUtcMs: 1 }, ABOUT), []);
  const stream = { name: 'stream_changed', uid: '1', kind: 'audio', receiving: true, atMs: 1 } as const;
  assert.deepEqual(eventNotices(stream, ABOUT), []);
  assert.deepEqual(eventNotices({ name: 'file_ready', file }, ABOUT), []);
});

test('a stop is told as 71 with files and quality, then 11', () => {
  assert.deepEqual(endNotices(END, ABOUT), [
    {
      eventType: 71,
      serviceType: 6,
      details: {
        msgName: 'web_recorder_stopped',
        code: 0,
        message: 'ok',
        details: 'stopped as asked',
        fileList: STOPPED_FILES,
        quality: END.quality,
      },
    },
    { eventType: 11, serviceType: 0, details: { msgName: 'session_exit', exitStatus: 0, leaveStatus: 0 } },
  ]);
});

test('the end of its time is told in the words of the API', () => {
  const [stopped, exit] = endNotices({ ...END, reason: 'max_duration' }, ABOUT);
  assert.deepEqual(
    [stopped?.details['code'], stopped?.details['message'], stopped?.details['details']],
    [1, 'max_recording_hour', 'max recording hour is 4'],
  );
  assert.equal(exit?.details['exitStatus'], 0);
});

test('a failure is told as an error first, and the exit is not normal', () => {
  const end: RecordingEnd = {
    ...END,
    outcome: 'failed',
    reason: 'page_unreachable',
    detail: 'expected x.org to answer with a page: net::ERR_FAILED at https://x.org/room/42?token=hidden.',
    files: [],
  };
  const errorMsg = 'expected x.org to answer with a page: net::ERR_FAILED at https://x.org/room/***';
  assert.deepEqual(
    endNotices(end, { ...ABOUT, prefix: '' }).map(({ eventType, details }) => [eventType, details]),
    [
      [1, { msgName: 'cloud_recording_error', module: 6, errorLevel: 5, errorCode: 5, stat: 0, errorMsg }],
      [
        71,
        {
          ...{ msgName: 'web_recorder_stopped', code: 5, message: 'access_url_failed', details: errorMsg },
          ...{ fileList: [], quality: END.quality },
        },
      ],
      [11, { msgName: 'session_exit', exitStatus: 1, leaveStatus: 1 }],
    ],
  );
});

test('what a failure left of a recording is listed', () => {
  const notices = endNotices({ ...END, outcome: 'partial', reason: 'disk_full' }, ABOUT);
  assert.deepEqual(
    notices.map(({ eventType }) => eventType),
    [1, 71, 11],
  );
  assert.equal(notices[1]?.details['message'], 'recorder_error');
  assert.deepEqual(notices[1]?.details['fileList'], STOPPED_FILES);
});

test('one that was stopped before its first frame has exited normally', () => {
  assert.deepEqual(
    endNotices({ ...END, outcome: 'aborted', files: [] }, ABOUT).map(({ eventType }) => eventType),
    [71, 11],
  );
});

const STORED = ['a/b/s_c.m3u8', 'a/b/s_c_0.mp4'].map((fileName) => ({
  ...{ fileName, trackType: 'audio_and_video', uid: '0', mixedAllUser: true, isPlayable: true },
  sliceStartTime: 1627613641393,
}));

const UPLOADS: readonly (readonly [UploadEvent, number, number, object])[] = [
  [{ name: 'uploader_started' }, 30, 2, { msgName: 'uploader_started', status: 0 }],
  [
    { name: 'playlist_stored', file: 's_c.m3u8' },
    4,
    0,
    { msgName: 'cloud_recording_file_infos', fileList: 'a/b/s_c.m3u8' },
  ],
  [{ name: 'progress', progress: 5000 }, 33, 2, { msgName: 'uploading_progress', progress: 5000 }],
  [{ name: 'uploaded' }, 31, 2, { msgName: 'uploaded', status: 0, fileList: STORED }],
  [{ name: 'backuped' }, 32, 2, { msgName: 'backuped', status: 0, fileList: STORED }],
  [{ name: 'warning', code: 31, file: 's.ts' }, 2, 0, { msgName: 'cloud_recording_warning', module: 1, warnCode: 31 }],
  [{ name: 'error', code: 32, message: 'the key is wrong' }, 1, 0, uploadError(1, 5, 32, 'the key is wrong')],
  [
    { name: 'error', code: 47, message: 'PUT https://s3.example.org/bucket/key?X-Signature=hidden answered 503' },
    1,
    0,
    uploadError(1, 4, 47, 'PUT https://s3.example.org/bucket/*** answered 503'),
  ],
  [{ name: 'error', code: 50, message: '2 files are late' }, 1, 0, uploadError(2, 4, 50, '2 files are late')],
];

function uploadError(module: number, errorLevel: number, errorCode: number, errorMsg: string): object {
  return { msgName: 'cloud_recording_error', module, errorLevel, errorCode, stat: 0, errorMsg };
}

for (const [event, eventType, serviceType, details] of UPLOADS) {
  test(`of uploads, ${JSON.stringify(event)} is told as ${eventType}`, () => {
    assert.deepEqual(uploadNotices(event, ABOUT, FILES), [{ eventType, serviceType, details }]);
  });
}

test('a call that does not fit is told with the status and the playlist', () => {
  assert.deepEqual(misfitNotice(5, 's_c.m3u8', ABOUT), {
    eventType: 3,
    serviceType: 0,
    details: {
      msgName: 'cloud_recording_status_update',
      status: 5,
      recordingMode: 1,
      fileList: 'a/b/s_c.m3u8',
    },
  });
});
