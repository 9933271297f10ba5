import type { Request, RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { APP_ID_PATTERN, type Config } from '../config/schema.ts';
import { RecorderError } from '../errors.ts';
import { checkAuthorization } from './auth.ts';

/** What stands before the service: credentials, app id, number of calls. Its errors have a shape of their own. */
export function refuse(response: Response, status: number, message: string): void {
  response.status(status).json({ message });
}

export const NO_ROUTE = 'no Route matched with those values';

export function requireCredentials({ credentials }: Pick<Config, 'credentials'>): RequestHandler {
  return (request, response, next) => {
    const result = checkAuthorization(request.headers.authorization, credentials);
    if (result === 'ok') return next();
    response.set('WWW-Authenticate', 'Basic realm="tapehead"');
    refuse(response, 401, result === 'missing' ? 'Unauthorized' : 'Invalid authentication credentials');
  };
}

/** An app id that is not listed is the gateway's matter; one that can be none at all is the service's. */
export function requireAppId({ appIds }: Pick<Config, 'appIds'>): RequestHandler {
  return (request, response, next) => {
    const appid = appIdOf(request);
    if (appIds !== undefined && !appIds.includes(appid)) return refuse(response, 400, 'appid is invalid');
    if (APP_ID_PATTERN.test(appid)) return next();
    throw new RecorderError(
      'app_id_invalid',
      'app id in the path: expected 1 to 128 letters, digits, "-", "_" or ".", got something else',
    );
  };
}

/** Calls per second and app id. */
export function limitCalls({ rateLimitPerSecond }: Pick<Config, 'rateLimitPerSecond'>): RequestHandler {
  if (rateLimitPerSecond === 0) return (_request, _response, next) => next();
  return rateLimit({
    windowMs: 1000,
    limit: rateLimitPerSecond,
    standardHeaders: 'draft-6',
    legacyHeaders: false,
    keyGenerator: appIdOf,
    handler: (_request, response) => refuse(response, 429, 'API rate limit exceeded'),
  });
}

function appIdOf(request: Request): string {
  return String(request.params['appid']);
}
