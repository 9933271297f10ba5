import type { RecordingEvent } from '../recording/link.ts';
import type { RecordingEnd } from '../recording/status.ts';
import { stopCodeOf } from '../recording/stop-code.ts';
import {
  type About,
  errorNotice,
  exitNotice,
  FATAL,
  failoverNotice,
  MODULE,
  maskUrls,
  type Notice,
  notice,
  told,
} from './notice.ts';

const HOUR_MS = 3_600_000;

/** What receivers are told when this happens with mode web; nothing of slices, which only the other modes tell of. */
export function webEventNotices(event: RecordingEvent, about: About): Notice[] {
  switch (event.name) {
    case 'started': {
      const { atMs, pageReadyMs } = event;
      const ready = pageReadyMs === null ? {} : { pageLoadSuccessTime: Math.floor(pageReadyMs) };
      return [notice('web_recorder_started', { recorderStartTime: Math.floor(atMs), ...ready })];
    }
    case 'resumed':
      return [failoverNotice(about)];
    case 'reloaded':
      return [notice('web_recorder_reload', { reason: event.reason })];
    case 'limit_exceeded':
      return [notice('web_recorder_capability_limit', { limitType: event.limit })];
    case 'push_changed':
      return [notice('rtmp_publish_status', { rtmpUrl: event.url, status: event.state })];
    case 'slice_started':
    case 'stream_changed':
    case 'file_ready':
      return [];
  }
}

/** The last words on a recording with mode web, but for those on its uploads. */
export function webEndNotices(end: RecordingEnd, about: About): Notice[] {
  const failed = end.outcome === 'partial' || end.outcome === 'failed';
  const { code, message } = stopCodeOf(end.reason);
  const fileList = end.files.map((file) => {
    const name = told(about, file.name);
    return { filename: name, fileName: name, sliceStartTime: Math.floor(file.sliceStartMs) };
  });
  return [
    ...(failed ? [errorNotice(MODULE.web, FATAL, code, end.detail)] : []),
    notice('web_recorder_stopped', {
      ...{ code, message, details: stopDetails(end, about), fileList },
      quality: end.quality,
    }),
    exitNotice(failed),
  ];
}

function stopDetails({ reason, detail }: RecordingEnd, { maxRecordingMs }: About): string {
  return reason === 'max_duration' ? `max recording hour is ${maxRecordingMs / HOUR_MS}` : maskUrls(detail);
}
