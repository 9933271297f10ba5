import type { Controller } from '../controller/controller.ts';
import { statusNumber } from '../recording/status-number.ts';
import { type Answer, type CallInput, requireWebMode } from './call.ts';
import type { QueryAnswer } from './schema-answers.ts';
import { pushServices, uploadState, webState } from './web-state.ts';

/** `GET /resourceid/{resourceid}/sid/{sid}/mode/{mode}/query`: state and files of a running recording. */
export function query(input: CallInput, controller: Controller): Answer {
  requireWebMode(input.mode);
  const { resourceId, sid } = input;
  const { cname, uid, status, files, upload } = controller.query(input);
  const state = status.phase === 'starting' ? 'init' : 'inProgress';
  const body: QueryAnswer = {
    ...{ cname, uid, resourceId, sid },
    serverResponse: {
      status: statusNumber(status),
      extensionServiceState: [
        webState(state, status, files),
        ...pushServices(state, status),
        ...(upload === null ? [] : [uploadState(upload)]),
      ],
    },
  };
  return { status: 200, body };
}
