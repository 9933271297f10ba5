import type { Controller } from '../controller/controller.ts';
import type { Stopped } from '../controller/orders.ts';
import { RecorderError } from '../errors.ts';
import { type Answer, type CallInput, readBody, recordingCall, requireWebMode } from './call.ts';
import type { StopAnswer, UploadState } from './schema-answers.ts';
import { stopRequestSchema } from './schema-web.ts';
import { pushServices, uploadState, webState } from './web-state.ts';

/** `POST /resourceid/{resourceid}/sid/{sid}/mode/{mode}/stop`: ends a recording and names its files. */
export async function stop(input: CallInput, controller: Controller): Promise<Answer> {
  requireWebMode(input.mode);
  const request = readBody(stopRequestSchema, input);
  const stopped = await controller.stop(recordingCall(input, request), !request.clientRequest.async_stop);
  const { end, files, status } = stopped;
  if (end?.outcome === 'failed' || end?.outcome === 'aborted') throw new RecorderError('nothing_recorded', end.detail);
  const body: StopAnswer = {
    ...{ cname: stopped.cname, uid: stopped.uid, resourceId: input.resourceId, sid: input.sid },
    serverResponse: {
      extensionServiceState: [
        uploaded(stopped),
        webState('exit', { ...status, quality: end?.quality ?? status.quality }, files),
        ...pushServices('exit', status),
      ],
    },
  };
  return { status: 200, body };
}

/** Files that stay on this machine are where they belong once all are complete. */
function uploaded({ end, upload }: Stopped): UploadState {
  if (upload !== null) return uploadState(upload);
  const uploadingStatus = end?.outcome === 'complete' ? 'uploaded' : 'unknown';
  return { serviceName: 'upload_service', payload: { uploadingStatus } };
}
