import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordingRecord } from '../../../src/controller/records.ts';
import { hardwareFollower } from '../../../src/followers/hardware.ts';
import { STANDALONE } from '../../../src/recording/plan.ts';
import { NO_QUALITY } from '../../../src/recording/status.ts';
import { endOf, statusOf } from '../api/fake-recorder.ts';
import { planOf } from '../debug/plans.ts';

const VAAPI = { kind: 'vaapi', device: '/dev/dri/renderD128' } as const;

function record(sid: string, hardware: typeof VAAPI | null): RecordingRecord {
  const plan = planOf({ sid, encoding: { ...STANDALONE.encoding, hardware } });
  return {
    ...{ sid, appId: 'demo', cname: 'room', uid: '7', resourceId: 'r', prefix: '', stopAsked: false },
    ...{ startedMs: 0, limitMs: 0, plan, status: statusOf({}), end: null },
  };
}

const encodedBy = (encoder: string | null) => statusOf({ quality: { ...NO_QUALITY, encoder } });

test('a recording that went from hardware to x264 is noticed, once', () => {
  let failures = 0;
  const follower = hardwareFollower(() => {
    failures += 1;
  });
  const one = record('1', VAAPI);
  for (const encoder of [null, 'vaapi', 'x264 superfast', 'x264 superfast', 'x264 ultrafast'])
    follower.status?.(one, encodedBy(encoder));
  assert.equal(failures, 1);
  follower.status?.(record('2', VAAPI), encodedBy('x264 superfast'));
  assert.equal(failures, 2);
  follower.ended?.(one, endOf({}));
});

test('one that never had hardware is none of its business', () => {
  const follower = hardwareFollower(() => assert.fail());
  follower.status?.(record('1', null), encodedBy('x264 superfast'));
});
