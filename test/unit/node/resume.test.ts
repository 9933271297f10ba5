import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { resumeOf } from '../../../src/node/resume.ts';
import { journalPath } from '../../../src/output/journal.ts';
import { PHASES, type RecordingStatus, statusBefore } from '../../../src/recording/status.ts';
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
    ...{ startedMs: NOW - 60_000, onhold: true, pushes: ['rtmp://host/app/key'] },
  });
  assert.equal(resumeOf(plan, RUNNING, NOW + 1), null);
});

test('what had not begun begins, with what it was to be pushed to', async () => {
  await using folder = await makeTempFolder();
  const plan = planFor(planIn(folder.path), { pushes: ['rtmp://a/b/c'] });
  const expected = { startedMs: null, onhold: false, pushes: ['rtmp://a/b/c'] };
  assert.deepEqual(resumeOf(plan, statusBefore(false), NOW), expected);
  // Its first slice may be on the disk before anybody has written down that it began.
  await writeFile(journalPath(plan.files), '');
  assert.deepEqual(resumeOf(plan, statusBefore(false), NOW), expected);
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
