import type { Response } from 'express';
import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import { type ErrorCode, RecorderError } from '../errors.ts';
import type { Refusal } from './access.ts';

/** Failures of the hub as HTTP says them; all others are internal errors. */
const FAILURES: Partial<Record<ErrorCode, Pick<Refusal, 'status' | 'code'>>> = {
  request_invalid: { status: 400, code: 'offer_invalid' },
  recording_not_found: { status: 404, code: 'publisher_not_found' },
  over_capacity: { status: 503, code: 'over_capacity' },
  not_completed: { status: 503, code: 'hub_starting' },
};
const RETRY_AFTER_S = 1;

/** Failures of reading a body, by their status. */
const BODY_CODES: Readonly<Record<number, string>> = { 413: 'offer_too_large', 415: 'offer_unreadable' };

export function answerRefusal(response: Response, { status, code, message }: Refusal): void {
  if (status === 401) response.set('www-authenticate', 'Bearer realm="tapehead", error="invalid_token"');
  if (status === 503) response.set('retry-after', String(RETRY_AFTER_S));
  response.status(status).json({ code, message });
}

/** What was raised on the way to an answer. */
export function answerError(response: Response, error: unknown, log: Logger): void {
  const refusal = refusalOf(error);
  if (refusal.status === 500) log.error({ err: error }, 'failed');
  else log.info(refusal, 'refused');
  if (response.headersSent) response.destroy();
  else answerRefusal(response, refusal);
}

function refusalOf(error: unknown): Refusal {
  const failure = error instanceof RecorderError ? FAILURES[error.code] : undefined;
  if (error instanceof RecorderError && failure !== undefined) return { ...failure, message: error.message };
  const { status, message } = error as { status?: unknown; message?: unknown };
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return { status, code: BODY_CODES[status] ?? 'request_invalid', message: `the offer cannot be read: ${message}` };
  }
  const detail = 'the log of the service has more, under the x-request-id of this answer';
  return { status: 500, code: 'internal', message: detail };
}

/** `<turn:host>; rel="ice-server"; username="u"; credential="c"; credential-type="password"`, one after the other. */
export function iceServerLinks(servers: Config['iceServers']): string[] {
  return servers.map(({ urls, username, credential }) => {
    const parameters = [
      'rel="ice-server"',
      ...(username === undefined ? [] : [`username=${quote(username)}`]),
      ...(credential === undefined ? [] : [`credential=${quote(credential)}`, 'credential-type="password"']),
    ];
    return `<${encodeURI(urls)}>; ${parameters.join('; ')}`;
  });
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
