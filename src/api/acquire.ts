import type { Logger } from 'pino';
import type { Demand } from '../controller/capacity.ts';
import type { Controller } from '../controller/controller.ts';
import { RecorderError } from '../errors.ts';
import { InvalidBody } from './body.ts';
import type { Answer, CallInput } from './call.ts';
import { readBody } from './call.ts';
import { acquireRequestSchema, WEB_SCENE } from './schema-acquire.ts';
import type { AcquireAnswer } from './schema-answers.ts';
import { startRequestSchema } from './schema-web.ts';
import { webParamOf } from './web-order.ts';

const WEB_LABEL_BYTES = 1024;
const CHANNEL_NAME = /^[\w !#$%&()+\-:;<=.>?@[\]^{}|~,]{1,63}$/;

/** Size that the capacity is asked for when the call tells none. */
const USUAL_DEMAND: Demand = { width: 1280, height: 720, fps: 15 };

/** `POST /acquire`: a resourceId for one recording. */
export function acquire(input: CallInput, controller: Controller): Answer {
  const { cname, uid, clientRequest } = readRequest(input);
  const { scene, resourceExpiredHour, startParameter } = clientRequest;
  requireChannelName(cname, scene === WEB_SCENE);
  const demand = demandOf(startParameter, input.log);
  const resourceId = controller.acquire({ appId: input.appId, cname, uid, resourceExpiredHour, demand });
  const body: AcquireAnswer = { cname, uid, resourceId };
  return { status: 200, body };
}

/** The one field with a reason of its own. */
function readRequest(input: CallInput): ReturnType<typeof readBody<typeof acquireRequestSchema>> {
  try {
    return readBody(acquireRequestSchema, input);
  } catch (error) {
    const isHour = (field: string): boolean => field === 'clientRequest.resourceExpiredHour';
    if (!(error instanceof InvalidBody) || !error.fields.every(isHour)) throw error;
    throw new RecorderError('expired_hour_invalid', error.message);
  }
}

function requireChannelName(cname: string, isLabel: boolean): void {
  const bytes = Buffer.byteLength(cname);
  if (isLabel ? bytes >= 1 && bytes <= WEB_LABEL_BYTES : CHANNEL_NAME.test(cname)) return;
  const expected = isLabel
    ? `1 to ${WEB_LABEL_BYTES} bytes with scene ${WEB_SCENE}`
    : '1 to 63 of the characters that channel names have (a web page is recorded with scene 1)';
  throw new RecorderError('channel_name_invalid', `cname: expected ${expected}, got ${bytes} bytes`);
}

/** A start parameter never makes a call fail; without a usable one the usual size counts. */
function demandOf(startParameter: Record<string, unknown> | undefined, log: Logger): Demand {
  if (startParameter === undefined) return USUAL_DEMAND;
  const parsed = startRequestSchema.safeParse(startParameter);
  const param = parsed.success ? webParamOf(parsed.data) : undefined;
  if (param === undefined) log.debug('the startParameter asks for no web page that could be recorded');
  return param === undefined
    ? USUAL_DEMAND
    : { width: param.videoWidth, height: param.videoHeight, fps: param.videoFps };
}
