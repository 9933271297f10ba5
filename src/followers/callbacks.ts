import type { About, Notice } from '../callback/notice.ts';
import { endNotices, eventNotices, misfitNotice, uploadNotices } from '../callback/notices.ts';
import type { Notices } from '../callback/sender.ts';
import type { Follower } from '../controller/follower.ts';
import { reportedFiles } from '../controller/plan.ts';
import type { RecordingRecord } from '../controller/records.ts';
import { modeOf } from '../recording/plan.ts';
import { statusNumber } from '../recording/status-number.ts';
import type { UploadEvent } from '../recording/storage.ts';
import { trackTypeOf } from '../recording/track-type.ts';
import { SliceStarts } from './slice-starts.ts';

/** Tells the receivers what happens to recordings. */
export class CallbackFollower implements Follower {
  readonly #notices: Pick<Notices, 'tell'>;
  readonly #sliceStarts = new SliceStarts();

  constructor(notices: Pick<Notices, 'tell'>) {
    this.#notices = notices;
  }

  readonly event: Required<Follower>['event'] = (record, event) => {
    if (event.name === 'slice_started' && !this.#sliceStarts.isNews(record.sid, event)) return;
    this.#tell(record, eventNotices(event, aboutOf(record)));
  };

  readonly ended: Required<Follower>['ended'] = (record, end) => {
    this.#sliceStarts.forget(record.sid);
    this.#tell(record, endNotices(end, aboutOf(record)));
  };

  readonly misfit: Required<Follower>['misfit'] = (record, status) => {
    const playlist = `${record.plan.files.stem}.m3u8`;
    this.#tell(record, [misfitNotice(statusNumber(status), playlist, aboutOf(record))]);
  };

  /** @param record as it is known now, with the end when there is one */
  uploads(record: RecordingRecord, event: UploadEvent): void {
    const files = reportedFiles(record.plan, (record.end ?? record.status).files);
    this.#tell(record, uploadNotices(event, aboutOf(record), files));
  }

  #tell({ sid, appId, cname, uid, plan }: RecordingRecord, notices: readonly Notice[]): void {
    const subject = { sid, appId, cname, uid, mode: modeOf(plan) };
    for (const notice of notices) this.#notices.tell(subject, notice);
  }
}

function aboutOf({ uid, prefix, plan, stopAsked }: RecordingRecord): About {
  const { maxRecordingMs } = plan;
  return { mode: modeOf(plan), uid, prefix, maxRecordingMs, trackType: trackTypeOf(plan), stopAsked };
}
