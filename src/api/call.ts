import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Controller } from '../controller/controller.ts';
import type { RecordingCall } from '../controller/orders.ts';
import { RecorderError } from '../errors.ts';
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

const MODES = ['individual', 'mix', 'web'];

/** This build records web pages; the other modes are known by name only. */
export function requireWebMode(mode: string): void {
  if (mode === 'web') return;
  throw new RecorderError(
    'request_invalid',
    MODES.includes(mode)
      ? `mode in the path: this build records mode "web" only, "${mode}" comes with a later one`
      : `mode in the path: expected "web", "mix" or "individual", got ${JSON.stringify(mode)}`,
  );
}

/** Ids of a call whose body names cname and uid. */
export function recordingCall(
  { appId, resourceId, sid }: CallInput,
  body: { cname: string; uid: string },
): RecordingCall {
  return { appId, resourceId, sid, cname: body.cname, uid: body.uid };
}

export type RequestOf<T extends z.ZodType> = z.output<ReturnType<typeof bodySchema<T>>>;

/** Holds the body against the common members and this `clientRequest`. */
export function readBody<T extends z.ZodType>(clientRequest: T, { body, log }: CallInput): RequestOf<T> {
  return checkBody(bodySchema(clientRequest), body, log) as RequestOf<T>;
}
