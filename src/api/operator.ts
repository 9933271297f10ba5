import type { RequestHandler } from 'express';
import { z } from 'zod';
import type { RecordingRecord } from '../controller/records.ts';
import { RecorderError } from '../errors.ts';
import { maskUrl } from '../kit/mask-url.ts';
import { redactText, redactUrl } from '../kit/redact.ts';
import { channelBefore } from '../recording/channel.ts';
import { modeOf } from '../recording/plan.ts';
import type { RecordingStatus } from '../recording/status.ts';
import { stopCodeOf } from '../recording/stop-code.ts';
import type { UploadView } from '../recording/storage.ts';
import { answerProblem } from './handle.ts';
import type { RecordingDetails, RecordingList, RecordingSummary } from './schema-operator.ts';
import { integer } from './schema-parts.ts';

const MOST_LISTED = 1000;
const LISTED = 100;

/** A recording with all that is known of it at this moment. */
export interface KnownRecording {
  readonly record: RecordingRecord;
  /** The latest. */
  readonly status: RecordingStatus;
  readonly upload: UploadView | null;
  readonly callbacks: CallbackView;
  /** Folder of its debug bundle, if there is one. */
  readonly bundle: string | null;
}

export interface CallbackView {
  readonly pending: number;
  readonly oldestMs: number | null;
  readonly givenUp: number;
  readonly problem: string | null;
  readonly lost: readonly {
    readonly eventType: number;
    readonly sequence: number;
    readonly eventMs: number;
    readonly problem: string;
  }[];
}

/** What operators may look at. */
export interface OperatorView {
  /** Those that run and those that ended, the latest first. */
  latest(count: number): readonly KnownRecording[];
  bySid(sid: string): KnownRecording | null;
}

const limitSchema = z.coerce.number().pipe(integer(1, MOST_LISTED)).default(LISTED);

/** `GET /v1/recordings?limit=`: the latest recordings. */
export function listRecordings(view: OperatorView): RequestHandler {
  return (request, response) => {
    const limit = limitSchema.safeParse(request.query['limit']);
    if (!limit.success) {
      const error = new RecorderError('request_invalid', `limit: expected an integer from 1 to ${MOST_LISTED}`);
      return answerProblem(error, {}, response);
    }
    const body: RecordingList = { recordings: view.latest(limit.data).map(summaryOf) };
    response.json(body);
  };
}

/** `GET /v1/recordings/{sid}`: all that is known of one. */
export function showRecording(view: OperatorView): RequestHandler {
  return (request, response) => {
    const sid = String(request.params['sid']);
    const known = view.bySid(sid);
    if (known !== null) return void response.json(detailsOf(known));
    answerProblem(new RecorderError('recording_not_found', `no recording ${sid} is known`), { sid }, response);
  };
}

function summaryOf({ record, status, upload, callbacks }: KnownRecording): RecordingSummary {
  const { sid, appId, cname, uid, resourceId, end } = record;
  return {
    ...{ sid, mode: modeOf(record.plan), appId, cname, uid, resourceId },
    state: end === null ? status.phase : 'ended',
    onhold: status.onhold,
    requestedMs: record.startedMs,
    startedMs: end?.startedMs ?? status.startedMs,
    endedMs: end?.endedMs ?? null,
    outcome: end?.outcome ?? null,
    stopCode: end && modeOf(record.plan) === 'web' ? stopCodeOf(end.reason) : null,
    uploads: upload,
    callbacks: { pending: callbacks.pending, givenUp: callbacks.givenUp },
  };
}

function detailsOf(known: KnownRecording): RecordingDetails {
  const { record, status, callbacks, bundle } = known;
  const { plan, end } = record;
  const { pending, givenUp, oldestMs, problem } = callbacks;
  return {
    ...summaryOf(known),
    callbacks: {
      pending,
      givenUp,
      oldestMs,
      problem: problem && redactText(problem),
      lost: callbacks.lost.map(lostOf),
    },
    reason: end?.reason ?? null,
    detail: end && redactText(end.detail),
    page: { url: redactUrl(plan.page.url), mobile: plan.page.mobile },
    channel: channelOf(known),
    picture: plan.picture,
    sound: plan.sound,
    slices: status.slices,
    progress: (end ?? status).progress,
    quality: (end ?? status).quality,
    pushes: status.pushes.map(({ url, state }) => ({ url: maskUrl(url), state })),
    folder: plan.files.folder,
    files: (end ?? status).files,
    debugBundle: bundle,
  };
}

/** Who is there, and how the recorder reaches them: nothing that opens the channel. */
function channelOf({ record: { plan }, status }: KnownRecording): RecordingDetails['channel'] {
  if (plan.channel === null) return null;
  const { transport, profile, encryption } = plan.channel;
  const { joined, users } = status.channel ?? channelBefore(plan.channel);
  return { transport: transport.kind, profile, encryption: encryption?.mode ?? null, joined, users };
}

function lostOf({ eventType, sequence, eventMs, problem }: CallbackView['lost'][number]) {
  return { eventType, sequence, eventMs, problem: redactText(problem) };
}
