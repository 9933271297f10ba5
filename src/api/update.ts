import type { Controller } from '../controller/controller.ts';
import type { UpdateOrder } from '../controller/orders.ts';
import { RecorderError } from '../errors.ts';
import type { RecordingMode } from '../recording/plan.ts';
import { type Answer, type CallInput, modeOf, type RequestOf, readBody, recordingCall } from './call.ts';
import type { SidAnswer } from './schema-answers.ts';
import { mixUpdateSchema } from './schema-mix.ts';
import { webUpdateSchema } from './schema-web.ts';
import { storageOrderOf } from './storage-order.ts';
import { listsOf } from './subscription-lists.ts';
import { pushUrlsOf } from './web-order.ts';

/** What can be updated, by mode. */
const MEMBERS: Readonly<Record<RecordingMode, string>> = {
  web: 'webRecordingConfig, rtmpPublishConfig, storageConfig',
  mix: 'streamSubscribe with a list that is not empty, storageConfig; a layout is changed by updateLayout',
};

/** `POST /resourceid/{resourceid}/sid/{sid}/mode/{mode}/update`: all members take effect, or none. */
export async function update(input: CallInput, controller: Controller): Promise<Answer> {
  const mode = modeOf(input);
  const { order, ...request } = mode === 'web' ? readWebUpdate(input) : readMixUpdate(input);
  if (Object.values(order).every((member) => member === undefined)) throw nothingToUpdate(mode);
  await controller.update(recordingCall(input, request), order);
  const { resourceId, sid } = input;
  const body: SidAnswer = { cname: request.cname, uid: request.uid, resourceId, sid };
  return { status: 200, body };
}

interface UpdateRequest {
  readonly cname: string;
  readonly uid: string;
  readonly order: UpdateOrder;
}

function readWebUpdate(input: CallInput): UpdateRequest {
  const { cname, uid, clientRequest } = readBody(webUpdateSchema, input);
  const { webRecordingConfig, rtmpPublishConfig, storageConfig } = clientRequest;
  const order = {
    onhold: webRecordingConfig?.onhold,
    pushes: rtmpPublishConfig && pushUrlsOf(rtmpPublishConfig),
    storage: storageConfig && storageOrderOf(storageConfig),
  };
  return { cname, uid, order };
}

function readMixUpdate(input: CallInput): UpdateRequest {
  const { cname, uid, clientRequest } = readBody(mixUpdateSchema, input);
  const { streamSubscribe, storageConfig } = clientRequest;
  const order = {
    lists: streamSubscribe && updatedLists(streamSubscribe),
    storage: storageConfig && storageOrderOf(storageConfig),
  };
  return { cname, uid, order };
}

/** Undefined when there is no list in it at all. */
function updatedLists({ audioUidList, videoUidList }: StreamSubscribe): UpdateOrder['lists'] {
  const lists = listsOf({ ...audioUidList, ...videoUidList });
  return lists.audio === null && lists.video === null ? undefined : lists;
}

type StreamSubscribe = NonNullable<RequestOf<typeof mixUpdateSchema>['clientRequest']['streamSubscribe']>;

function nothingToUpdate(mode: RecordingMode): RecorderError {
  return new RecorderError(
    'request_invalid',
    `clientRequest: expected a member that can be updated (${MEMBERS[mode]}), got none`,
  );
}
