import type { Controller } from '../controller/controller.ts';
import { RecorderError } from '../errors.ts';
import { type Answer, type CallInput, readBody, recordingCall } from './call.ts';
import { mixStopState } from './mix-state.ts';
import type { StopAnswer } from './schema-answers.ts';
import { stopRequestSchema } from './schema-parts.ts';
import { webStopState } from './web-state.ts';

/** `POST /resourceid/{resourceid}/sid/{sid}/mode/{mode}/stop`: ends a recording and names its files. */
export async function stop(input: CallInput, controller: Controller): Promise<Answer> {
  const request = readBody(stopRequestSchema, input);
  const call = recordingCall(input, request);
  const stopped = await controller.stop(call, !request.clientRequest.async_stop);
  const { end, cname, uid } = stopped;
  if (end?.outcome === 'failed' || end?.outcome === 'aborted') throw new RecorderError('nothing_recorded', end.detail);
  const body: StopAnswer = {
    ...{ cname, uid, resourceId: input.resourceId, sid: input.sid },
    serverResponse: call.mode === 'web' ? webStopState(stopped) : mixStopState(stopped),
  };
  return { status: 200, body };
}
