import type { Controller } from '../controller/controller.ts';
import type { UpdateOrder } from '../controller/orders.ts';
import { RecorderError } from '../errors.ts';
import { type Answer, type CallInput, readBody, recordingCall, requireWebMode } from './call.ts';
import type { SidAnswer } from './schema-answers.ts';
import { updateRequestSchema } from './schema-web.ts';
import { storageOrderOf } from './storage-order.ts';
import { pushUrlsOf } from './web-order.ts';

/** `POST /resourceid/{resourceid}/sid/{sid}/mode/{mode}/update`: all members take effect, or none. */
export async function update(input: CallInput, controller: Controller): Promise<Answer> {
  requireWebMode(input.mode);
  const request = readBody(updateRequestSchema, input);
  const { webRecordingConfig, rtmpPublishConfig, storageConfig } = request.clientRequest;
  const order: UpdateOrder = {
    onhold: webRecordingConfig?.onhold,
    pushes: rtmpPublishConfig && pushUrlsOf(rtmpPublishConfig),
    storage: storageConfig && storageOrderOf(storageConfig),
  };
  if (Object.values(order).every((member) => member === undefined)) throw nothingToUpdate();
  await controller.update(recordingCall(input, request), order);
  const { resourceId, sid } = input;
  const body: SidAnswer = { cname: request.cname, uid: request.uid, resourceId, sid };
  return { status: 200, body };
}

function nothingToUpdate(): RecorderError {
  return new RecorderError(
    'request_invalid',
    'clientRequest: expected a member that can be updated (webRecordingConfig, rtmpPublishConfig, storageConfig), got none',
  );
}
