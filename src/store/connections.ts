import type { Agent, ClientRequest } from 'node:http';
import type { Agent as TlsAgent } from 'node:https';

/** How a store is reached. */
export interface StoreContext {
  /** What connects, and may refuse to; belong to whoever gives them. They must not hold requests back (`maxSockets`). */
  readonly agents: { readonly http: Agent; readonly https: TlsAgent };
  readonly limits?: TimeLimits;
}

export interface TimeLimits {
  /** Until there is a connection. */
  readonly connectMs: number;
  /** Without a byte in either direction. */
  readonly idleMs: number;
}

export const TIME_LIMITS: TimeLimits = { connectMs: 5_000, idleMs: 30_000 };

/** Of each request, by the SDK: against a passing hitch. What fails for longer is for the caller to do again. */
export const ATTEMPTS = 2;

/** An agent whose requests end when they exceed the limits. Amazon's SDK does this itself, Azure's knows no such limits. */
export function impatient<T extends Agent>(agent: T, limits: TimeLimits): T {
  return new Proxy(agent, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      // What a ClientRequest calls to be given a socket; all agents have it, and Node's types leave it out.
      if (name !== 'addRequest' || typeof member !== 'function') return member;
      return (request: ClientRequest, ...rest: unknown[]) => {
        watch(request, limits);
        return member.call(target, request, ...rest);
      };
    },
  });
}

function watch(request: ClientRequest, { connectMs, idleMs }: TimeLimits): void {
  const end = () => request.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' }));
  const connecting = setTimeout(end, connectMs);
  const connected = () => clearTimeout(connecting);
  request.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', connected);
    else connected();
  });
  request.once('close', connected);
  request.setTimeout(idleMs, end);
}
