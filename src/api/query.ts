import type { Controller } from '../controller/controller.ts';
import { type Answer, type CallInput, recordingRef } from './call.ts';
import { mixQueryState } from './mix-state.ts';
import type { QueryAnswer } from './schema-answers.ts';
import { webQueryState } from './web-state.ts';

/** `GET /resourceid/{resourceid}/sid/{sid}/mode/{mode}/query`: state and files of a running recording. */
export function query(input: CallInput, controller: Controller): Answer {
  const ref = recordingRef(input);
  const view = controller.query(ref);
  const body: QueryAnswer = {
    ...{ cname: view.cname, uid: view.uid, resourceId: ref.resourceId, sid: ref.sid },
    serverResponse: ref.mode === 'web' ? webQueryState(view) : mixQueryState(view),
  };
  return { status: 200, body };
}
