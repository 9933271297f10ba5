import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Controller } from '../controller/controller.ts';
import type { RecordingCall, RecordingRef } from '../controller/orders.ts';
import { RecorderError } from '../errors.ts';
import type { RecordingMode } from '../recording/plan.ts';
import { checkBody } from './body.ts';
import { bodySchema } from './schema-parts.ts';

/** One call of the API as it came, free of HTTP. */
export interface CallInput {
  readonly appId: string;
  readonly resourceId: string;
  readonly sid: string;
  readonly mode: string;
  /** Undefined when the call has none. */
  readonly body: unknown;
  readonly log: Logger;
}

export interface Answer {
  readonly status: number;
  readonly body: object;
}

/** Does one call. Throws RecorderError for all that is answered as a problem. */
export type Call = (input: CallInput, controller: Controller) => Answer | Promise<Answer>;

/** @throws RecorderError `request_invalid` for all that is not recorded here, mode `individual` among them */
export function modeOf({ mode }: CallInput): RecordingMode {
  if (mode === 'web' || mode === 'mix') return mode;
  throw new RecorderError(
    'request_invalid',
    `mode in the path: expected "web" or "mix", which are recorded here, got ${JSON.stringify(mode)}`,
  );
}

/** The recording that the path of a call names. */
export function recordingRef(input: CallInput): RecordingRef {
  const { appId, resourceId, sid } = input;
  return { appId, resourceId, sid, mode: modeOf(input) };
}

/** Ids of a call whose body names cname and uid. */
export function recordingCall(input: CallInput, { cname, uid }: { cname: string; uid: string }): RecordingCall {
  return { ...recordingRef(input), cname, uid };
}

export type RequestOf<T extends z.ZodType> = z.output<ReturnType<typeof bodySchema<T>>>;

/** Holds the body against the common members and this `clientRequest`. */
export function readBody<T extends z.ZodType>(clientRequest: T, { body, log }: CallInput): RequestOf<T> {
  return checkBody(bodySchema(clientRequest), body, log) as RequestOf<T>;
}
