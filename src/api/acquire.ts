import type { Controller } from '../controller/controller.ts';
import { RecorderError } from '../errors.ts';
import { CHANNEL_PAGE_KIND, type Demand, pageKind } from '../recording/demand.ts';
import { InvalidBody } from './body.ts';
import type { Answer, CallInput } from './call.ts';
import { readBody } from './call.ts';
import { requireChannelName, requireLabel } from './channel-name.ts';
import { mixOrderOf } from './mix-order.ts';
import { acquireRequestSchema, WEB_SCENE } from './schema-acquire.ts';
import type { AcquireAnswer } from './schema-answers.ts';
import { mixStartSchema } from './schema-mix.ts';
import { webStartSchema } from './schema-web.ts';
import { webOrderOf } from './web-order.ts';

/** Size that the capacity is asked for when the call tells none. */
const USUAL_PICTURE = { width: 1280, height: 720, fps: 15 };

/** `POST /acquire`: a resourceId for one recording. */
export function acquire(input: CallInput, controller: Controller): Answer {
  const { cname, uid, clientRequest } = readRequest(input);
  const { scene, resourceExpiredHour, startParameter } = clientRequest;
  if (scene === WEB_SCENE) requireLabel(cname);
  else requireChannelName(cname);
  const demand = demandOf(scene, startParameter);
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

/** A start parameter never makes a call fail; without a usable one the usual size counts. */
function demandOf(scene: number, startParameter: unknown): Demand {
  try {
    return scene === WEB_SCENE ? webDemand(startParameter) : mixDemand(startParameter);
  } catch {
    // What is wrong with it is told by the start.
    return { picture: USUAL_PICTURE, page: scene === WEB_SCENE ? null : CHANNEL_PAGE_KIND };
  }
}

function webDemand(startParameter: unknown): Demand {
  const { url, width, height, fps } = webOrderOf(webStartSchema.parse(startParameter));
  return { picture: { width, height, fps }, page: pageKind(url) };
}

function mixDemand(startParameter: unknown): Demand {
  return { picture: mixOrderOf(mixStartSchema.parse(startParameter)).picture, page: CHANNEL_PAGE_KIND };
}
