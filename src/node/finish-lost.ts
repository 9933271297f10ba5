import { writeLostBundle } from '../debug/lost.ts';
import { messageOf } from '../errors.ts';
import { finishedFiles } from '../output/finished-files.ts';
import { RecordingFiles } from '../output/recording-files.ts';
import type { ReadyFile } from '../recording/link.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import {
  NO_QUALITY,
  type Progress,
  type RecordedFile,
  type RecordingEnd,
  type RecordingStatus,
} from '../recording/status.ts';

/**
 * Ends a recording in the place of its process, which died: completes its files from what is on the disk, and leaves a debug
 * bundle, unless the process could still write one.
 *
 * @param last what was known of it. @param detail what became of the process.
 * @param onReady is told each file that is whole, also those that it may have been told before.
 */
export async function finishLost(
  plan: RecordingPlan,
  last: RecordingStatus | null,
  detail: string,
  onReady: (file: ReadyFile) => void = () => {},
): Promise<RecordingEnd> {
  const { files, media, counted, startedMs, problems } = await complete(plan, last, onReady);
  const end: RecordingEnd = {
    outcome: media ? 'partial' : 'failed',
    reason: 'session_lost',
    detail: [detail, ...problems].join('; '),
    files,
    startedMs: last?.startedMs ?? startedMs,
    endedMs: Date.now(),
    progress: { ...NO_PROGRESS, ...last?.progress, ...counted },
    quality: last?.quality ?? NO_QUALITY,
    cores: 0,
  };
  const problem = await writeLostBundle(plan, last, end);
  return problem === null ? end : { ...end, detail: `${end.detail}; ${problem}` };
}

const NO_PROGRESS: Progress = { mediaMs: 0, frames: 0, missingFrames: 0, bytes: 0 };

interface Completed {
  readonly files: readonly RecordedFile[];
  /** Something was recorded. */
  readonly media: boolean;
  /** Counted in the files; empty when they do not tell any more. */
  readonly counted: Partial<Progress>;
  readonly startedMs: number | null;
  readonly problems: readonly string[];
}

const NOTHING: Completed = { files: [], media: false, counted: {}, startedMs: null, problems: [] };

async function complete(
  plan: RecordingPlan,
  last: RecordingStatus | null,
  onReady: (file: ReadyFile) => void,
): Promise<Completed> {
  try {
    const files = await RecordingFiles.reopen(plan.files, plan, onReady);
    const problems = (await files.finish()).map(messageOf);
    const { startMs: startedMs, sums } = files;
    if (files.sliceCount === 0) return { ...completedBefore(plan, last), problems };
    const counted = { mediaMs: sums.mediaMs, frames: sums.pictures, bytes: sums.bytes };
    return { files: files.list, media: true, counted, startedMs, problems };
  } catch (error) {
    return { ...NOTHING, problems: [messageOf(error)] };
  }
}

/** No journal: nothing was recorded, or the process could still complete everything before it ended. */
function completedBefore(plan: RecordingPlan, last: RecordingStatus | null): Completed {
  const there = finishedFiles(plan.files);
  // Files that are stored elsewhere may have been removed here.
  const files = there.length > 0 || last === null || last.startedMs === null ? there : last.files;
  return { ...NOTHING, files, media: files.length > 0, startedMs: files[0]?.sliceStartMs || null };
}
