import type { RecordingEvent } from '../recording/link.ts';
import type { EndReason, RecordingEnd } from '../recording/status.ts';
import { type About, errorNotice, exitNotice, FATAL, failoverNotice, MODULE, type Notice, notice } from './notice.ts';

const RECEIVING = 0;
const NOT_RECEIVING = 1;

/** Bits of `leaveCode`. */
const SIGNAL = 2;
const NO_USERS = 4;
const TIMER = 8;
const CLIENT_LEAVE = 16;
const INIT_FAILED = 0;

/** Codes of the RTC SDK: what keeps the recorder out of its channel, and a failure of any other kind. */
const UID_TAKEN = 19;
const TOKEN_EXPIRED = 109;
const TOKEN_INVALID = 110;
const FAILED = 1;

const ERROR_CODES: Partial<Record<EndReason, number>> = {
  uid_taken: UID_TAKEN,
  token_expired: TOKEN_EXPIRED,
  token_invalid: TOKEN_INVALID,
};

/** What receivers are told when this happens with mode mix; what happens to the page that records is no matter of theirs. */
export function mixEventNotices(event: RecordingEvent, about: About): Notice[] {
  switch (event.name) {
    case 'started':
      return [notice('recorder_started', { status: 0 })];
    case 'resumed':
      return [failoverNotice(about)];
    case 'slice_started':
      return [sliceNotice(event, about)];
    case 'stream_changed':
      return [streamNotice(event)];
    case 'reloaded':
    case 'limit_exceeded':
    case 'push_changed':
    case 'file_ready':
      return [];
  }
}

type Event<N extends RecordingEvent['name']> = Extract<RecordingEvent, { readonly name: N }>;

function sliceNotice({ startUtcMs, discontinueUtcMs }: Event<'slice_started'>, { trackType }: About): Notice {
  return notice('recorder_slice_start', {
    ...{ startUtcMs: Math.floor(startUtcMs), discontinueUtcMs: Math.floor(discontinueUtcMs) },
    ...{ mixedAllUser: true, streamUid: '0', trackType },
  });
}

/** The time under both of the names that receivers look for. */
function streamNotice({ uid, kind, receiving, atMs }: Event<'stream_changed'>): Notice {
  const name = kind === 'audio' ? 'recorder_audio_stream_state_changed' : 'recorder_video_stream_state_changed';
  const utcMs = Math.floor(atMs);
  return notice(name, { streamUid: uid, state: receiving ? RECEIVING : NOT_RECEIVING, UtcMs: utcMs, utcMs });
}

/** The last words on a recording with mode mix, but for those on its uploads. */
export function mixEndNotices(end: RecordingEnd, about: About): Notice[] {
  const failed = end.outcome === 'partial' || end.outcome === 'failed';
  const errorCode = ERROR_CODES[end.reason] ?? FAILED;
  return [
    ...(failed ? [errorNotice(MODULE.recorder, FATAL, errorCode, end.detail)] : []),
    notice('recorder_leave', { leaveCode: leaveCodeOf(end, about) }),
    exitNotice(failed),
  ];
}

/** A stop that no call has asked for is that of the whole service. */
function leaveCodeOf({ reason, startedMs }: RecordingEnd, { stopAsked }: About): number {
  if (reason === 'requested') return stopAsked ? TIMER | CLIENT_LEAVE : SIGNAL;
  if (reason === 'idle') return NO_USERS;
  if (reason === 'max_duration') return TIMER;
  return startedMs === null ? INIT_FAILED : CLIENT_LEAVE;
}
