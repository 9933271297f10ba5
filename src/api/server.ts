import { randomUUID } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type RequestHandler, Router } from 'express';
import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import type { Controller } from '../controller/controller.ts';
import { messageOf, RecorderError } from '../errors.ts';
import { CALLS, REGION_PREFIXES } from './calls.ts';
import { docs } from './docs.ts';
import { limitCalls, NO_ROUTE, refuse, requireAppId, requireCredentials } from './gateway.ts';
import { answerProblem, handle, logOf } from './handle.ts';
import { health } from './health.ts';
import { refuseForeignPages } from './host-check.ts';
import { type MetricsSource, measureAnswers, metrics } from './metrics.ts';
import { listRecordings, type OperatorView, showRecording } from './operator.ts';
import { pages } from './pages.ts';
import { ready } from './ready.ts';
import { senderAddresses } from './sender-addresses.ts';

const BODY_LIMIT_BYTES = 256 * 1024;

export interface AppParts {
  readonly controller: Controller;
  readonly config: Pick<Config, 'credentials' | 'appIds' | 'rateLimitPerSecond' | 'callbackSenderAddresses' | 'data'>;
  readonly operator: OperatorView;
  readonly figures: MetricsSource;
  /** HTTP of the channels, which has rules of its own for who may call. */
  readonly channels?: RequestHandler;
  /** Version of the product. */
  readonly version: string;
  readonly log: Logger;
  /** Clock of the uptime, in ms. */
  readonly now?: () => number;
}

/** The HTTP app; it does not listen. */
export function buildApp(parts: AppParts): Express {
  const { controller, config, version, log, figures, now = Date.now } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.use(introduce(log), measureAnswers(figures));
  if (parts.channels) app.use(parts.channels);
  app.use(refuseForeignPages(config), pages());
  app.get('/healthz', health(controller, version, now));
  app.use(operatorRoutes(parts));
  app.use(docs(version));
  app.get(['/v1/ncs/ip', '/v2/ncs/ip'], requireCredentials(config), senderAddresses(config));
  app.use(
    REGION_PREFIXES.map((region) => `${region}/v1/apps/:appid/cloud_recording`),
    callRouter(controller, config),
  );
  app.use((_request, response) => refuse(response, 404, NO_ROUTE));
  app.use(answerFailure);
  return app;
}

/** For those who run the service. */
function operatorRoutes({ controller, operator, figures, config }: AppParts): Router {
  const router = Router({ caseSensitive: true });
  const { capacity } = controller;
  const known = requireCredentials(config);
  router.get('/readyz', ready({ capacity, stopping: () => controller.closing, data: config.data }));
  router.get('/metrics', known, metrics(figures));
  router.get('/v1/recordings', known, listRecordings(operator));
  router.get('/v1/recordings/:sid', known, showRecording(operator));
  return router;
}

/** The credentials are asked for on known paths only: an unknown one is told as such to everybody. */
function callRouter(controller: Controller, config: AppParts['config']): Router {
  const router = Router({ caseSensitive: true, mergeParams: true });
  const gateway = [requireCredentials(config), requireAppId(config), limitCalls(config)];
  const readBytes = express.raw({ type: () => true, limit: BODY_LIMIT_BYTES });
  for (const { method, path, call } of CALLS) {
    router[method](path, ...gateway, readBytes, handle(call, controller));
  }
  return router;
}

/** Gives each request an id and a logger, and logs its answer. */
function introduce(log: Logger): RequestHandler {
  return (request, response, next) => {
    const requestId = randomUUID();
    response.set('x-request-id', requestId);
    response.locals['log'] = log.child({ requestId });
    const startedMs = performance.now();
    response.on('finish', () => {
      const ms = Math.round(performance.now() - startedMs);
      logOf(response).debug(
        { method: request.method, path: request.path, status: response.statusCode, ms },
        'answered',
      );
    });
    next();
  };
}

/** What goes wrong before a call is reached: its path or its body cannot be read. */
const answerFailure: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  if (error instanceof URIError) return refuse(response, 404, NO_ROUTE);
  answerProblem(asRecorderError(error), {}, response);
};

function asRecorderError(error: unknown): unknown {
  const status = (error as { status?: unknown }).status;
  if (error instanceof RecorderError || typeof status !== 'number' || status >= 500) return error;
  if (status === 413) {
    return new RecorderError('body_too_large', `the body must have at most ${BODY_LIMIT_BYTES} bytes`);
  }
  return new RecorderError('body_unreadable', `the body cannot be read: ${messageOf(error)}`, { cause: error });
}
