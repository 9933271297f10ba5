import { messageOf } from '../errors.ts';
import { finishedFiles } from '../output/finished-files.ts';
import { RecordingFiles } from '../output/recording-files.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import { NO_QUALITY, type RecordedFile, type RecordingEnd, type RecordingStatus } from '../recording/status.ts';

/**
 * Ends a recording in the place of its process, which died: completes its files from what is on the disk.
 *
 * @param last what was known of it. @param detail what became of the process.
 */
export async function finishLost(
  plan: RecordingPlan,
  last: RecordingStatus | null,
  detail: string,
): Promise<RecordingEnd> {
  const { files, media, mediaMs, problems } = await complete(plan);
  return {
    outcome: media ? 'partial' : 'failed',
    reason: 'session_lost',
    detail: [detail, ...problems].join('; '),
    files,
    startedMs: last?.startedMs ?? files[0]?.sliceStartMs ?? null,
    endedMs: Date.now(),
    progress: {
      mediaMs: 0,
      frames: 0,
      missingFrames: 0,
      bytes: 0,
      ...last?.progress,
      ...(mediaMs === null ? {} : { mediaMs }),
    },
    quality: last?.quality ?? NO_QUALITY,
    cores: 0,
  };
}

interface Completed {
  readonly files: readonly RecordedFile[];
  /** Something was recorded. */
  readonly media: boolean;
  /** null: not known any more. */
  readonly mediaMs: number | null;
  readonly problems: readonly string[];
}

async function complete(plan: RecordingPlan): Promise<Completed> {
  try {
    const files = await RecordingFiles.reopen(plan.files, plan.picture);
    const problems = (await files.finish()).map(messageOf);
    if (files.sliceCount > 0) return { files: files.list, media: true, mediaMs: files.mediaMs, problems };
    // No journal: nothing was recorded, or the process could still complete everything before it ended.
    const whole = finishedFiles(plan.files);
    return { files: whole, media: whole.length > 0, mediaMs: null, problems };
  } catch (error) {
    return { files: [], media: false, mediaMs: null, problems: [messageOf(error)] };
  }
}
