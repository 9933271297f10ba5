import { type FilesPlan, type RecordingPlan, STANDALONE } from '../../src/recording/plan.ts';
import { MEDIA } from './recorded-files.ts';

/** A plan for a recording of a small picture, of an hour at the most. */
export function planFor(files: FilesPlan, more: Partial<RecordingPlan> = {}): RecordingPlan {
  return {
    ...STANDALONE,
    ...{ sid: 'sid', page: { url: 'http://127.0.0.1/', mobile: false, readyTimeoutS: 0 } },
    ...MEDIA,
    ...{ onhold: false, maxRecordingMs: 3_600_000, files, runtimeFolder: '/nonexistent', identity: null },
    ...more,
  };
}
