import type { Controller } from '../controller/controller.ts';
import { type Answer, type CallInput, readBody, requireWebMode } from './call.ts';
import { ALREADY_STARTED } from './problem.ts';
import type { ServiceError, SidAnswer } from './schema-answers.ts';
import { startRequestSchema } from './schema-web.ts';
import { webOrderOf } from './web-order.ts';

/** `POST /resourceid/{resourceid}/mode/{mode}/start`: begins a recording. */
export function start(input: CallInput, controller: Controller): Answer {
  requireWebMode(input.mode);
  const { cname, uid, clientRequest } = readBody(startRequestSchema, input);
  const { appId, resourceId } = input;
  const { sid, already } = controller.start({ appId, resourceId, cname, uid, web: webOrderOf(clientRequest) });
  const ids: SidAnswer = { cname, uid, resourceId, sid };
  if (!already) return { status: 200, body: ids };
  const { status, code, reason } = ALREADY_STARTED;
  const body: ServiceError = { ...ids, code, reason, detail: 'the recording of this resourceId runs and goes on' };
  return { status, body };
}
