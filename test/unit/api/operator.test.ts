import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type CallbackView,
  type KnownRecording,
  listRecordings,
  type OperatorView,
  showRecording,
} from '../../../src/api/operator.ts';
import { recordingDetailsSchema, recordingListSchema } from '../../../src/api/schema-operator.ts';
import type { RecordingRecord } from '../../../src/controller/records.ts';
import { channelBefore } from '../../../src/recording/channel.ts';
import type { UploadView } from '../../../src/recording/storage.ts';
import { planOf, SECRETS } from '../debug/plans.ts';
import { endOf, statusOf } from './fake-recorder.ts';
import { openApp, type SmallApp } from './small-app.ts';

const PUSH = planOf().pushes[0] ?? '';
const QUIET: CallbackView = { pending: 0, oldestMs: null, givenUp: 0, problem: null, lost: [] };
const UPLOAD: UploadView = {
  ...{ status: 'backuped', storedFiles: 3, pendingFiles: 1, backupFiles: 0, storedBytes: 300, pendingBytes: 100 },
  ...{ lagMs: 5000, problem: 'the store answered 503' },
};

function known(sid: string, change: Partial<KnownRecording> = {}, end: RecordingRecord['end'] = null): KnownRecording {
  const status = statusOf({ phase: 'recording', startedMs: 1_500, pushes: [{ url: PUSH, state: 'publishing' }] });
  return {
    record: {
      ...{ sid, appId: 'app1', cname: 'weekly', uid: '7', resourceId: 'resource', prefix: '', stopAsked: false },
      ...{ startedMs: 1_000, limitMs: 9e12, plan: planOf({ sid, channel: null }), status, end },
    },
    ...{ status, upload: null, callbacks: QUIET, bundle: null },
    ...change,
  };
}

async function openView(all: readonly KnownRecording[]): Promise<SmallApp> {
  const view: OperatorView = {
    latest: (count) => all.slice(0, count),
    bySid: (sid) => all.find(({ record }) => record.sid === sid) ?? null,
  };
  return await openApp((app) => {
    app.get('/v1/recordings', listRecordings(view));
    app.get('/v1/recordings/:sid', showRecording(view));
  });
}

describe('the list of recordings', () => {
  test('tells of running and of ended ones', async () => {
    const lost = endOf({ outcome: 'partial', reason: 'page_lost', startedMs: 2_000, endedMs: 9_000 });
    await using app = await openView([known('b', { upload: UPLOAD }), known('a', {}, lost)]);
    const { recordings } = recordingListSchema.parse(await (await app.get('/v1/recordings')).json());
    assert.deepEqual(
      recordings.map(({ sid, state, requestedMs, startedMs, endedMs, outcome, stopCode }) => ({
        ...{ sid, state, requestedMs, startedMs, endedMs, outcome, stopCode },
      })),
      [
        {
          ...{ sid: 'b', state: 'recording', requestedMs: 1_000, startedMs: 1_500, endedMs: null },
          ...{ outcome: null, stopCode: null },
        },
        {
          ...{ sid: 'a', state: 'ended', requestedMs: 1_000, startedMs: 2_000, endedMs: 9_000 },
          ...{ outcome: 'partial', stopCode: { code: 6, message: 'recorder_error' } },
        },
      ],
    );
    assert.deepEqual(
      recordings.map(({ uploads }) => uploads),
      [UPLOAD, null],
    );
  });

  test('is as long as asked for', async () => {
    await using app = await openView(Array.from({ length: 150 }, (_, n) => known(`${n}`)));
    const length = async (path: string) => (await (await app.get(path)).json()).recordings.length;
    assert.equal(await length('/v1/recordings'), 100);
    assert.equal(await length('/v1/recordings?limit=2'), 2);
    assert.equal(await length('/v1/recordings?limit=1000'), 150);
  });

  for (const limit of ['0', '1001', '1.5', 'many', '-1']) {
    test(`a limit of ${limit} is refused`, async () => {
      await using app = await openView([]);
      const answer = await app.get(`/v1/recordings?limit=${limit}`);
      assert.equal(answer.status, 400);
      assert.match((await answer.json()).detail, /limit: expected an integer from 1 to 1000/);
    });
  }
});

describe('one recording', () => {
  test('is told with all that is known, and without a secret', async () => {
    const callbacks: CallbackView = {
      ...{ pending: 2, oldestMs: 3_000, givenUp: 1, problem: `POST https://hook.example.org/?sign=pushsign: 500` },
      lost: [{ eventType: 71, sequence: 4, eventMs: 4_000, problem: 'POST https://hook.example.org/?t=hashcode: 500' }],
    };
    const end = endOf({ outcome: 'failed', reason: 'page_unreachable', detail: `cannot open ${planOf().page.url}` });
    await using app = await openView([known('a', { callbacks, upload: UPLOAD, bundle: '/data/debug/a' }, end)]);
    const text = await (await app.get('/v1/recordings/a')).text();
    for (const secret of SECRETS) assert.ok(!text.includes(secret), text);
    const details = recordingDetailsSchema.parse(JSON.parse(text));
    assert.equal(details.page.url, 'https://example.org/room?***#***');
    assert.deepEqual([details.mode, details.channel], ['web', null]);
    assert.deepEqual(details.pushes, [{ url: 'rtmps://live.example.org/app/***', state: 'publishing' }]);
    assert.deepEqual(details.uploads, UPLOAD);
    assert.deepEqual([details.callbacks.pending, details.callbacks.lost[0]?.sequence], [2, 4]);
    assert.deepEqual([details.reason, details.stopCode?.code], ['page_unreachable', 5]);
    assert.equal(details.debugBundle, '/data/debug/a');
  });

  test('shows where a running one is now', async () => {
    const progress = { mediaMs: 4000, frames: 120, missingFrames: 1, bytes: 1000 };
    const status = statusOf({ phase: 'recording', onhold: true, slices: 2, progress });
    await using app = await openView([known('a', { status })]);
    const details = recordingDetailsSchema.parse(await (await app.get('/v1/recordings/a')).json());
    assert.deepEqual([details.state, details.onhold, details.slices], ['recording', true, 2]);
    assert.deepEqual(details.progress, progress);
    assert.deepEqual([details.outcome, details.detail, details.endedMs], [null, null, null]);
  });

  test('of a channel is told with who is there, and without what opens it', async () => {
    const plan = planOf({ picture: null });
    const { channel } = plan;
    assert.ok(channel);
    const users = [{ uid: '5', role: 'host', audio: true, video: false }] as const;
    const status = statusOf({ phase: 'recording', channel: { ...channelBefore(channel), joined: true, users } });
    const { record } = known('a', {}, endOf({ reason: 'idle' }));
    await using app = await openView([known('b', { record: { ...record, plan }, status })]);
    const text = await (await app.get('/v1/recordings/a')).text();
    for (const secret of SECRETS) assert.ok(!text.includes(secret), text);
    const details = recordingDetailsSchema.parse(JSON.parse(text));
    assert.deepEqual(details.channel, {
      ...{ transport: 'hub', profile: 'communication', encryption: 'aes-256-gcm2', joined: true, users },
    });
    assert.deepEqual([details.mode, details.picture, details.sound?.channels], ['mix', null, 1]);
    assert.deepEqual([details.reason, details.stopCode], ['idle', null]);
  });

  test('that is not known is not found', async () => {
    await using app = await openView([known('a')]);
    const answer = await app.get('/v1/recordings/b');
    assert.equal(answer.status, 404);
    const { code, reason, sid } = await answer.json();
    assert.deepEqual([code, reason, sid], [404, 'failed to find worker', 'b']);
  });
});
