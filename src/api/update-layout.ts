import type { Controller } from '../controller/controller.ts';
import { RecorderError } from '../errors.ts';
import { type Answer, type CallInput, modeOf, readBody, recordingCall } from './call.ts';
import { layoutOf } from './layout-order.ts';
import type { SidAnswer } from './schema-answers.ts';
import { layoutUpdateSchema } from './schema-layout.ts';

/** `POST /resourceid/{resourceid}/sid/{sid}/mode/{mode}/updateLayout`: replaces the layout as a whole. */
export async function updateLayout(input: CallInput, controller: Controller): Promise<Answer> {
  if (modeOf(input) === 'web') throw withoutLayout();
  const request = readBody(layoutUpdateSchema, input);
  await controller.update(recordingCall(input, request), { layout: layoutOf(request.clientRequest) });
  const { resourceId, sid } = input;
  const body: SidAnswer = { cname: request.cname, uid: request.uid, resourceId, sid };
  return { status: 200, body };
}

function withoutLayout(): RecorderError {
  return new RecorderError(
    'request_invalid',
    'mode in the path: expected "mix", the only mode with a layout, got "web"',
  );
}
