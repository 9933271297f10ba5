import { type Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { type Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** What makes the connections; it keeps them open, and refuses addresses that must not be reached. */
export interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly agents: Agents;
  /** For all of it, the answer's body included. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What is read of an answer's body; its connection is of no further use then. */
const ANSWER_BYTES = 65_536;

/** Sends a body, follows no redirect, throws the answer's body away. @returns the answer's status */
export async function post(order: Post): Promise<number> {
  const { url, headers, body, agents, timeoutMs, signal } = order;
  const target = new URL(url);
  const secure = target.protocol === 'https:';
  const request = (secure ? httpsRequest : httpRequest)(target, {
    method: 'POST',
    headers: { ...headers, 'content-length': String(body.length) },
    agent: secure ? agents.https : agents.http,
    signal,
  });
  const answer = Promise.withResolvers<IncomingMessage>();
  request.once('response', answer.resolve).on('error', answer.reject);
  // Without an error when the receiver wants to switch to another protocol.
  request.once('close', () => answer.reject(new Error('the connection was closed without an answer')));
  const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  try {
    request.end(body);
    const response = await answer.promise;
    await drained(response);
    return response.statusCode ?? 0;
  } finally {
    clearTimeout(timer);
  }
}

/** Reads to the end, so that the connection can be used again. Never rejects: the status is what counts. */
function drained(response: IncomingMessage): Promise<void> {
  let bytes = 0;
  response.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > ANSWER_BYTES) response.destroy();
  });
  return new Promise((resolve) => {
    response.on('error', () => {}).once('close', resolve);
  });
}
