import { type About, endNotices, eventNotices, misfitNotice, type Notice, uploadNotices } from '../callback/notices.ts';
import type { Notices } from '../callback/sender.ts';
import type { Follower } from '../controller/follower.ts';
import { reportedFiles } from '../controller/plan.ts';
import type { RecordingRecord } from '../controller/records.ts';
import { statusNumber } from '../recording/status-number.ts';
import type { UploadEvent } from '../recording/storage.ts';

/** Tells the receivers what happens to recordings. */
export class CallbackFollower implements Follower {
  readonly #notices: Notices;

  constructor(notices: Notices) {
    this.#notices = notices;
  }

  readonly event: Required<Follower>['event'] = (record, event) =>
    this.#tell(record, eventNotices(event, aboutOf(record)));

  readonly ended: Required<Follower>['ended'] = (record, end) => this.#tell(record, endNotices(end, aboutOf(record)));

  readonly misfit: Required<Follower>['misfit'] = (record, status) => {
    const playlist = `${record.plan.files.stem}.m3u8`;
    this.#tell(record, [misfitNotice(statusNumber(status), playlist, aboutOf(record))]);
  };

  /** @param record as it is known now, with the end when there is one */
  uploads(record: RecordingRecord, event: UploadEvent): void {
    const files = reportedFiles(record.plan, (record.end ?? record.status).files);
    this.#tell(record, uploadNotices(event, aboutOf(record), files));
  }

  #tell({ sid, appId, cname, uid }: RecordingRecord, notices: readonly Notice[]): void {
    for (const notice of notices) this.#notices.tell({ sid, appId, cname, uid }, notice);
  }
}

function aboutOf({ uid, prefix, plan }: RecordingRecord): About {
  return { uid, prefix, maxRecordingMs: plan.maxRecordingMs };
}
