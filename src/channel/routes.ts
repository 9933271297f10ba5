import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import { type AccessConfig, decide, isUid, mayPageCall, type Refusal, type RequestOrigin } from './access.ts';
import type { Privilege } from './access-token.ts';
import { answerError, answerRefusal, iceServerLinks } from './answers.ts';
import { EventStream } from './event-stream.ts';
import { Expiries } from './expiries.ts';
import type { Hub, HubSession, Member } from './hub.ts';

const CHANNEL = '/v1/apps/:appid/channels/:cname';
const SDP = 'application/sdp';
/** An offer of Chromium with all of its codecs has about 10 kB. */
const MAX_OFFER_BYTES = 128 * 1024;
const PREFLIGHT_S = 600;
const STOPPING: Refusal = { status: 503, code: 'stopping', message: 'the service is being stopped' };

export interface ChannelParts {
  readonly hub: Hub;
  readonly config: AccessConfig & Pick<Config, 'iceServers'>;
  readonly log: Logger;
  /** UTC ms. */
  readonly now?: () => number;
}

/**
 * Channels over HTTP: publish by WHIP (RFC 9725), receive by WHEP, be told who is there. When the token of somebody who has
 * joined expires, he has to leave.
 */
export class ChannelRoutes implements Disposable {
  readonly router = Router({ caseSensitive: true });
  readonly #hub: Hub;
  readonly #config: ChannelParts['config'];
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #expiries: Expiries;
  readonly #streams = new Set<EventStream>();
  readonly #links: string[];
  #closed = false;

  constructor({ hub, config, log, now = Date.now }: ChannelParts) {
    this.#hub = hub;
    this.#config = config;
    this.#log = log;
    this.#now = now;
    this.#expiries = new Expiries(now);
    this.#links = iceServerLinks(config.iceServers);
    const offer = express.text({ type: SDP, limit: MAX_OFFER_BYTES });
    this.router.use(CHANNEL, this.#letPagesRead);
    this.#route('/whip', { post: [this.#admit, requireOffer, offer, this.#publish] });
    this.#route('/whep/:publisher', { post: [this.#admit, requireOffer, offer, this.#view] });
    this.#route('/users', { get: [this.#admit, this.#watch] });
    this.#route('/sessions/:id', { delete: [this.#end] });
    this.router.use(CHANNEL, this.#answerError);
  }

  /** Ends the streams of events; sessions are the hub's to end. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#expiries[Symbol.dispose]();
    for (const stream of this.#streams) stream[Symbol.dispose]();
  }

  /** With the answers to all other methods, and to a browser that asks before it calls. */
  #route(path: string, handlers: Partial<Record<'get' | 'post' | 'delete', RequestHandler[]>>): void {
    const route = this.router.route(CHANNEL + path);
    const methods = ['OPTIONS', ...Object.keys(handlers).map((method) => method.toUpperCase())].join(', ');
    const notAllowed: RequestHandler = (_request, response) => {
      response.set('allow', methods);
      answerRefusal(response, { status: 405, code: 'method_not_allowed', message: `allowed here: ${methods}` });
    };
    // Express would take it for a GET, and a stream of events has no head alone.
    route.head(notAllowed);
    if (handlers.get) route.get(handlers.get);
    if (handlers.post) route.post(handlers.post);
    if (handlers.delete) route.delete(handlers.delete);
    route.options((_request, response) => {
      if (handlers.post) response.set('accept-post', SDP);
      response.set({
        allow: methods,
        'access-control-allow-methods': methods,
        'access-control-allow-headers': 'authorization, content-type',
        'access-control-max-age': String(PREFLIGHT_S),
      });
      response.status(204).end();
    });
    route.all(notAllowed);
  }

  /** Pages of other origins, where they may call at all. */
  readonly #letPagesRead: RequestHandler = (request, response, next) => {
    const { origin } = request.headers;
    response.vary('Origin').set('x-content-type-options', 'nosniff');
    if (origin !== undefined && mayPageCall(this.#config, paramOf(request, 'appid'), originOf(request))) {
      response.set({
        'access-control-allow-origin': origin,
        'access-control-expose-headers': 'location, link, retry-after, x-request-id',
      });
    }
    next();
  };

  readonly #admit: RequestHandler = (request, response, next) => {
    if (this.#permit(request, response, ['join']) !== null) next();
  };

  readonly #publish: RequestHandler = async (request, response) => {
    const offer = String(request.body);
    const permit = this.#permit(request, response, ['join', ...privilegesFor(offer)]);
    if (permit === null) return;
    const session = await this.#hub.publish(memberOf(request, 'publisher'), offer);
    this.#answerSession(request, response, session, permit);
  };

  readonly #view: RequestHandler = async (request, response) => {
    const permit = this.#permit(request, response, ['join']);
    if (permit === null) return;
    const publisher = paramOf(request, 'publisher');
    const { layer = 'high' } = request.query;
    if (!isUid(publisher) || (layer !== 'high' && layer !== 'low')) {
      const message = 'expected whep/UID, and layer=high or low';
      return answerRefusal(response, { status: 400, code: 'request_invalid', message });
    }
    const session = await this.#hub.view(memberOf(request, 'viewer'), publisher, layer, String(request.body));
    this.#answerSession(request, response, session, permit);
  };

  readonly #watch: RequestHandler = (request, response) => {
    const permit = this.#permit(request, response, ['join']);
    if (permit === null) return;
    if (this.#closed) return answerRefusal(response, STOPPING);
    const stream = new EventStream(response);
    this.#streams.add(stream);
    stream.onClosed(() => this.#streams.delete(stream));
    const end = (why: string): void => {
      stream.send('end', { why });
      stream[Symbol.dispose]();
    };
    const stay = this.#hub.enter(memberOf(request, 'viewer'), (users) => stream.send('users', users), end);
    const expiry = this.#expiries.at(permit.expiresMs, () => end('token_expired'));
    stream.onClosed(() => {
      expiry[Symbol.dispose]();
      stay[Symbol.dispose]();
    });
  };

  /** Whoever knows the id of a session may end it: it cannot be guessed, and his token may have expired. */
  readonly #end: RequestHandler = async (request, response) => {
    const id = paramOf(request, 'id');
    this.#expiries.forget(id);
    if (await this.#hub.end(id)) return void response.status(200).end();
    answerRefusal(response, { status: 404, code: 'session_not_found', message: 'this session is over, or never was' });
  };

  /** @returns null when the request has been refused */
  #permit(request: Request, response: Response, privileges: readonly Privilege[]): Permit | null {
    const decision = decide(
      this.#config,
      {
        appId: paramOf(request, 'appid'),
        channel: paramOf(request, 'cname'),
        uid: String(request.query['uid'] ?? ''),
        origin: originOf(request),
        authorization: request.headers.authorization,
      },
      privileges,
      this.#now(),
    );
    if (decision.ok) return decision;
    answerRefusal(response, decision.refusal);
    return null;
  }

  #answerSession(request: Request, response: Response, { id, answer }: HubSession, { expiresMs }: Permit): void {
    this.#expiries.at(expiresMs, () => void this.#hub.end(id).catch(() => {}), id);
    const { appid, cname } = request.params;
    response
      .status(201)
      .type(SDP)
      .location(`/v1/apps/${appid}/channels/${encodeURIComponent(`${cname}`)}/sessions/${id}`);
    if (this.#links.length > 0) response.set('link', this.#links.join(', '));
    response.set('cache-control', 'no-store').send(answer);
  }

  readonly #answerError: ErrorRequestHandler = (error: unknown, _request, response, _next) =>
    answerError(response, error, response.locals['log'] ?? this.#log);
}

interface Permit {
  readonly expiresMs: number | null;
}

const requireOffer: RequestHandler = (request, response, next) => {
  if (request.is(SDP)) return next();
  response.set('accept-post', SDP);
  answerRefusal(response, { status: 415, code: 'offer_unreadable', message: `content type: expected ${SDP}` });
};

/** What an offer sends. */
function privilegesFor(offer: string): Privilege[] {
  return [
    ...(/^m=audio /m.test(offer) ? ['publish_audio' as const] : []),
    ...(/^m=video /m.test(offer) ? ['publish_video' as const] : []),
  ];
}

function memberOf(request: Request, usual: 'publisher' | 'viewer'): Member {
  const role = usual === 'viewer' && request.query['role'] === 'recorder' ? 'recorder' : usual;
  const uid = String(request.query['uid']);
  return { appId: paramOf(request, 'appid'), channel: paramOf(request, 'cname'), uid, role };
}

function paramOf({ params }: Request, name: string): string {
  return String(params[name] ?? '');
}

function originOf({ headers, socket }: Request): RequestOrigin {
  return {
    remote: socket.remoteAddress ?? '',
    local: socket.localAddress ?? '',
    forwarded: headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined,
    host: headers.host,
    page: headers.origin,
    site: headers['sec-fetch-site']?.toString(),
  };
}
