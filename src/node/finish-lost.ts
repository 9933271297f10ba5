import { messageOf, RecorderError } from '../errors.ts';
import { RecordingFiles } from '../output/recording-files.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import type { RecordingEnd, RecordingStatus } from '../recording/status.ts';

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
  const files = await RecordingFiles.reopen(plan.files, plan.picture).catch((error: unknown) => messageOf(error));
  const problems = typeof files === 'string' ? [new RecorderError('internal', files)] : await files.finish();
  const media = typeof files !== 'string' && files.sliceCount > 0;
  const list = typeof files === 'string' || !media ? [] : files.list;
  return {
    outcome: media ? 'partial' : 'failed',
    reason: 'session_lost',
    detail: [detail, ...problems.map(messageOf)].join('; '),
    files: list,
    startedMs: last?.startedMs ?? list[0]?.sliceStartMs ?? null,
    endedMs: Date.now(),
    progress: {
      frames: 0,
      missingFrames: 0,
      bytes: 0,
      ...last?.progress,
      mediaMs: typeof files === 'string' ? 0 : files.mediaMs,
    },
    cores: 0,
  };
}
