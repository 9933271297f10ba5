/**
 * Stands in for a session's process: records nothing, but tells what one tells. A hold kills it before it has taken effect.
 * The host of the page's address says what else it does: `dies` soon after each start, `stays` when it is stopped. A stage that is
 * to be kept ready is a file with its frame rate; at 7 frames a second it falls.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { journalPath } from '../../src/output/journal.ts';
import type { Composition, FromSession, Resume, ToSession } from '../../src/recording/link.ts';
import type { RecordingPlan } from '../../src/recording/plan.ts';
import type { Site } from '../../src/recording/shape.ts';
import { NO_QUALITY, type RecordingStatus, statusBefore } from '../../src/recording/status.ts';

const STREAM = { name: 'stream_changed', uid: '7', kind: 'audio', receiving: true, atMs: 1 } as const;

let host = '';
let latest = statusBefore(false);

function tell(message: FromSession): void {
  process.send?.(message);
}

/** Tells how it is from now on. */
function become(change: Partial<RecordingStatus>): void {
  latest = { ...latest, ...change };
  tell({ type: 'status', status: latest });
}

/** Replaces part of what is wanted of the channel. */
function compose(id: number, change: Partial<Composition>): void {
  if (latest.channel) become({ channel: { ...latest.channel, ...change } });
  tell({ type: 'done', id, error: null });
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

function start(plan: RecordingPlan, resume: Resume | null): void {
  host = new URL(plan.page.url).host;
  mkdirSync(plan.files.folder, { recursive: true });
  appendFileSync(join(plan.files.folder, 'starts'), `${JSON.stringify(resume)}\n`);
  appendFileSync(journalPath(plan.files), '\n');
  become(statusBefore(resume?.onhold ?? plan.onhold, plan.channel && { ...plan.channel, ...resume?.composition }));
  const pushes = [{ url: 'rtmp://localhost/app/key', state: 'publishing' }] as const;
  become({ phase: 'recording', startedMs: Date.now(), pushes, slices: resume === null ? 1 : 2 });
  tell({ type: 'event', event: { name: 'slice_started', startUtcMs: 1, discontinueUtcMs: 1 } });
  if (plan.channel && resume === null) tell({ type: 'event', event: STREAM });
  if (host === 'dies') setTimeout(die, 50);
}

function warm({ shape, folder }: Site): void {
  if (shape.picture?.fps === 7) {
    console.error('there is no display');
    process.exit(0);
  }
  writeFileSync(join(folder, 'fps'), String(shape.picture?.fps));
  tell({ type: 'warmed' });
}

function end(): void {
  const rest = { files: [], startedMs: 1000, endedMs: 2000, quality: NO_QUALITY, cores: 0 };
  const progress = { mediaMs: 1, frames: 1, missingFrames: 0, bytes: 1 };
  tell({ type: 'ended', end: { outcome: 'complete', reason: 'requested', detail: 'stopped', progress, ...rest } });
  process.disconnect();
}

process.on('message', (message: ToSession) => {
  if (message.type === 'warm') warm(message.site);
  else if (message.type === 'start') start(message.plan, message.resume);
  else if (message.type === 'push') tell({ type: 'done', id: message.id, error: null });
  else if (message.type === 'layout') compose(message.id, { layout: message.layout });
  else if (message.type === 'subscribe') compose(message.id, { subscription: message.subscription });
  else if (message.type === 'hold' || host === 'stays') die();
  else end();
});
