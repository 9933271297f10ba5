import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { resumeOf } from '../../../src/node/resume.ts';
import { journalPath } from '../../../src/output/journal.ts';
import { NOBODY } from '../../../src/recording/channel.ts';
import { PHASES, type RecordingStatus, statusBefore } from '../../../src/recording/status.ts';
import { channelPlan, FLOATING } from '../../support/channel-plans.ts';
import { planFor } from '../../support/plans.ts';
import { planIn } from '../../support/recorded-files.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const NOW = 10_000_000;
const RUNNING: RecordingStatus = {
  ...statusBefore(false),
  ...{ phase: 'recording', onhold: true, startedMs: NOW - 60_000 },
  pushes: [{ url: 'rtmp://host/app/key', state: 'disconnected' }],
};

test('what runs, and has time left, is gone on with as it was', async () => {
  await using folder = await makeTempFolder();
  const plan = planFor(planIn(folder.path), { maxRecordingMs: 60_001 });
  await writeFile(journalPath(plan.files), '');
  assert.deepEqual(resumeOf(plan, RUNNING, NOW), {
    ...{ startedMs: NOW - 60_000, onhold: true, pushes: ['rtmp://host/app/key'], composition: null },
  });
  assert.equal(resumeOf(plan, RUNNING, NOW + 1), null);
});

test('what had not begun begins, with what it was to be pushed to', async () => {
  await using folder = await makeTempFolder();
  const plan = planFor(planIn(folder.path), { pushes: ['rtmp://a/b/c'] });
  const expected = { startedMs: null, onhold: false, pushes: ['rtmp://a/b/c'], composition: null };
  assert.deepEqual(resumeOf(plan, statusBefore(false), NOW), expected);
  // Its first slice may be on the disk before anybody has written down that it began.
  await writeFile(journalPath(plan.files), '');
  assert.deepEqual(resumeOf(plan, statusBefore(false), NOW), expected);
});

test('a channel is shown as it was last, or as planned', async () => {
  await using folder = await makeTempFolder();
  const channel = channelPlan();
  const plan = planFor(planIn(folder.path), { channel });
  await writeFile(journalPath(plan.files), '');
  const { layout, subscription } = channel;
  assert.deepEqual(resumeOf(plan, statusBefore(false, channel), NOW)?.composition, { layout, subscription });
  assert.deepEqual(resumeOf(plan, RUNNING, NOW)?.composition, { layout, subscription });
  const latest = { layout: { ...FLOATING, kind: 'vertical' }, subscription: { audio: NOBODY, video: NOBODY } } as const;
  const status = { ...RUNNING, channel: { joined: true, users: [], ...latest } };
  assert.deepEqual(resumeOf(plan, status, NOW)?.composition, latest);
});

test('what was ending is not gone on with', async () => {
  await using folder = await makeTempFolder();
  const plan = planFor(planIn(folder.path));
  await writeFile(journalPath(plan.files), '');
  for (const phase of PHASES.slice(2)) assert.equal(resumeOf(plan, { ...RUNNING, phase }, NOW), null, phase);
});

test('what is complete already is not begun anew', async () => {
  await using folder = await makeTempFolder();
  const plan = planFor(planIn(folder.path));
  assert.equal(resumeOf(plan, RUNNING, NOW), null);
  await writeFile(join(folder.path, 'sid_name.m3u8'), '');
  assert.equal(resumeOf(plan, statusBefore(false), NOW), null);
});
