import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordingPlan } from '../../../src/recording/plan.ts';
import { sameStage, shapeOf } from '../../../src/recording/shape.ts';
import { channelPlan } from '../../support/channel-plans.ts';
import { planFor } from '../../support/plans.ts';
import { planIn } from '../../support/recorded-files.ts';

const PICTURE = { width: 1280, height: 720, fps: 15, bitrateKbps: 2000 };
const SOUND = { channels: 1, bitrateKbps: 48 } as const;
const PLAN = planFor(planIn('/tmp'), { picture: PICTURE, sound: SOUND });

function serves(more: Partial<RecordingPlan>): boolean {
  return sameStage(shapeOf(PLAN), shapeOf({ ...PLAN, ...more }));
}

test('a stage serves every recording of its size, rate, rules and user, however it is encoded', () => {
  assert.ok(serves({ sid: 'another', page: { ...PLAN.page, url: 'https://example.com/' }, onhold: true }));
  assert.ok(serves({ picture: { ...PICTURE, bitrateKbps: 500 }, sound: { channels: 2, bitrateKbps: 192 } }));
  assert.ok(serves({ encoding: { ...PLAN.encoding, preset: 'ultrafast' }, runtimeFolder: '/elsewhere' }));
});

test('it serves none that needs another display, browser or way out', () => {
  assert.ok(!serves({ picture: { ...PICTURE, fps: 30 } }));
  assert.ok(!serves({ picture: { ...PICTURE, width: 1920 } }));
  assert.ok(!serves({ picture: null }));
  assert.ok(!serves({ sound: null }));
  assert.ok(!serves({ page: { ...PLAN.page, mobile: true } }));
  assert.ok(!serves({ channel: channelPlan() }));
  assert.ok(!serves({ network: { ...PLAN.network, allowPrivate: [] } }));
  assert.ok(!serves({ limits: { ...PLAN.limits, webgl: true } }));
  assert.ok(!serves({ sandbox: false }));
  assert.ok(!serves({ identity: { name: 'other', uid: 1, gid: 1 } }));
});
