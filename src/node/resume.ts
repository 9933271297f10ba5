import { existsSync } from 'node:fs';
import { finishedFiles } from '../output/finished-files.ts';
import { journalPath } from '../output/journal.ts';
import type { Composition, Resume } from '../recording/link.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import type { RecordingStatus } from '../recording/status.ts';
import type { UtcMs } from '../types.ts';

/**
 * What another session needs to go on with a recording that its process, or its service, has left; that must have ended
 * before (`sweep`). @returns null when there is nothing to go on with: it was ending, is complete, or its time has run out.
 */
export function resumeOf(plan: RecordingPlan, last: RecordingStatus, nowMs: UtcMs = Date.now()): Resume | null {
  const { phase, startedMs, onhold, pushes, channel } = last;
  if (phase !== 'starting' && phase !== 'recording') return null;
  if (startedMs !== null && startedMs + plan.maxRecordingMs <= nowMs) return null;
  // The journal is there from the first slice on until everything is complete.
  const begun = existsSync(journalPath(plan.files));
  if (!begun && (startedMs !== null || finishedFiles(plan.files).length > 0)) return null;
  return {
    startedMs,
    onhold,
    pushes: phase === 'starting' ? plan.pushes : pushes.map(({ url }) => url),
    composition: compositionOf(channel ?? plan.channel),
  };
}

function compositionOf(latest: Composition | null): Composition | null {
  return latest && { layout: latest.layout, subscription: latest.subscription };
}
