import type { Controller } from '../controller/controller.ts';
import type { StartOrder } from '../controller/orders.ts';
import { type Answer, type CallInput, modeOf, readBody } from './call.ts';
import { requireChannelName } from './channel-name.ts';
import { mixOrderOf } from './mix-order.ts';
import { ALREADY_STARTED } from './problem.ts';
import type { ServiceError, SidAnswer } from './schema-answers.ts';
import { mixStartSchema } from './schema-mix.ts';
import { webStartSchema } from './schema-web.ts';
import { webOrderOf } from './web-order.ts';

/** `POST /resourceid/{resourceid}/mode/{mode}/start`: begins a recording. */
export function start(input: CallInput, controller: Controller): Answer {
  const order = modeOf(input) === 'web' ? webStart(input) : mixStart(input);
  const { cname, uid, resourceId } = order;
  const { sid, already } = controller.start(order);
  const ids: SidAnswer = { cname, uid, resourceId, sid };
  if (!already) return { status: 200, body: ids };
  const { status, code, reason } = ALREADY_STARTED;
  const body: ServiceError = { ...ids, code, reason, detail: 'the recording of this resourceId runs and goes on' };
  return { status, body };
}

function webStart(input: CallInput): StartOrder {
  const { cname, uid, clientRequest } = readBody(webStartSchema, input);
  const { appId, resourceId } = input;
  return { appId, resourceId, cname, uid, work: webOrderOf(clientRequest) };
}

/** The resourceId may have been acquired with scene 1, for any label. */
function mixStart(input: CallInput): StartOrder {
  const { cname, uid, clientRequest } = readBody(mixStartSchema, input);
  const { appId, resourceId } = input;
  requireChannelName(cname);
  return { appId, resourceId, cname, uid, work: mixOrderOf(clientRequest) };
}
