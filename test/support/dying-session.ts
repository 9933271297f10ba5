/**
 * Stands in for a session's process: records nothing, but tells what one tells. A hold kills it before it has taken effect.
 * The host of the page's address says what else it does: `dies` soon after each start, `stays` when it is stopped.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { journalPath } from '../../src/output/journal.ts';
import type { FromSession, Resume, ToSession } from '../../src/recording/link.ts';
import type { RecordingPlan } from '../../src/recording/plan.ts';
import { NO_QUALITY, type RecordingStatus, statusBefore } from '../../src/recording/status.ts';

let host = '';

function tell(message: FromSession): void {
  process.send?.(message);
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

function start(plan: RecordingPlan, resume: Resume | null): void {
  host = new URL(plan.page.url).host;
  mkdirSync(plan.files.folder, { recursive: true });
  appendFileSync(join(plan.files.folder, 'starts'), `${JSON.stringify(resume)}\n`);
  appendFileSync(journalPath(plan.files), '\n');
  const before = statusBefore(resume?.onhold ?? plan.onhold);
  tell({ type: 'status', status: before });
  const pushes = [{ url: 'rtmp://localhost/app/key', state: 'publishing' }] as const;
  const status: RecordingStatus = { ...before, phase: 'recording', startedMs: Date.now(), pushes };
  tell({ type: 'status', status: { ...status, slices: resume === null ? 1 : 2 } });
  tell({ type: 'event', event: { name: 'slice_started', startUtcMs: 1 } });
  if (host === 'dies') setTimeout(die, 50);
}

function end(): void {
  const rest = { files: [], startedMs: 1000, endedMs: 2000, quality: NO_QUALITY, cores: 0 };
  const progress = { mediaMs: 1, frames: 1, missingFrames: 0, bytes: 1 };
  tell({ type: 'ended', end: { outcome: 'complete', reason: 'requested', detail: 'stopped', progress, ...rest } });
  process.disconnect();
}

process.on('message', (message: ToSession) => {
  if (message.type === 'start') start(message.plan, message.resume);
  else if (message.type === 'push') tell({ type: 'done', id: message.id, error: null });
  else if (message.type === 'hold' || host === 'stays') die();
  else end();
});
