import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { Controller } from '../controller/controller.ts';
import { messageOf, RecorderError } from '../errors.ts';
import { InvalidBody, parseJsonBody } from './body.ts';
import type { Call, CallInput } from './call.ts';
import { problemOf } from './problem.ts';
import type { ServiceError } from './schema-answers.ts';

/** Runs one call: body in, answer or problem out. */
export function handle(call: Call, controller: Controller): RequestHandler {
  return async (request, response) => {
    const log = logOf(response);
    const ids = pathIds(request);
    let body: unknown;
    try {
      if (request.method === 'POST') body = parseJsonBody(request.body);
      const answer = await call({ ...ids, body, log }, controller);
      response.status(answer.status).json(answer.body);
    } catch (error) {
      answerProblem(error, knownIds(ids, body), response);
    }
  };
}

/** The logger of one request, as `server.ts` has put it there. */
export function logOf(response: Response): Logger {
  return response.locals['log'];
}

type Ids = Pick<ServiceError, 'cname' | 'uid' | 'resourceId' | 'sid'>;

type PathIds = Pick<CallInput, 'appId' | 'resourceId' | 'sid' | 'mode'>;

/** What the path names; empty where it names nothing. */
function pathIds({ params }: Request): PathIds {
  const named = (name: string): string => String(params[name] ?? '');
  return { appId: named('appid'), resourceId: named('resourceid'), sid: named('sid'), mode: named('mode') };
}

/** The ids of a call as far as they are known, in the order of the answers. */
function knownIds({ resourceId, sid }: PathIds, body: unknown): Ids {
  const { cname, uid } = (body ?? {}) as Record<string, unknown>;
  const ids = Object.entries({ cname, uid, resourceId, sid });
  return Object.fromEntries(ids.filter(([, id]) => typeof id === 'string' && id !== ''));
}

/** Answers a failure in the shape of the service. The details of an internal one stay in the log. */
export function answerProblem(error: unknown, ids: Ids, response: Response): void {
  const { status, code, reason } = problemOf(error);
  const internal = reason === 'internal_error';
  const detail = internal ? 'the log of the service has more, under the x-request-id of this answer' : messageOf(error);
  const body: ServiceError = { ...ids, code, reason, detail };
  logProblem(error, { status, code, reason }, logOf(response));
  response.status(status).json(body);
}

/** The detail of a wrong body quotes it, and addresses of pages may hold secrets: there the names must do. */
function logProblem(error: unknown, problem: { status: number; code: number; reason: string }, log: Logger): void {
  if (error instanceof InvalidBody) log.info({ ...problem, fields: error.fields }, 'refused');
  else if (error instanceof RecorderError && problem.status < 500)
    log.info({ ...problem, why: error.message }, 'refused');
  else log.error({ ...problem, err: error }, 'failed');
}
