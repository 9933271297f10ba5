import type { RequestHandler } from 'express';
import type { Config } from '../config/schema.ts';
import { isLoopbackHost } from '../kit/loopback.ts';
import { refuse } from './gateway.ts';

/**
 * Without credentials, whoever reaches the service may call it, and that is every program of this machine. A browser is one of
 * them, and does what pages from anywhere tell it: so their requests are refused. They come from another site, or to a host
 * name that the page's owner has pointed here (DNS rebinding).
 */
export function refuseForeignPages({ credentials }: Pick<Config, 'credentials'>): RequestHandler {
  if (credentials.length > 0) return (_request, _response, next) => next();
  return ({ headers }, response, next) => {
    if (!isLoopbackHost(headers.host)) {
      return refuse(response, 403, 'without credentials, only 127.0.0.1, [::1] and localhost may stand as host');
    }
    if (isFromElsewhere(headers.origin, headers.host, headers['sec-fetch-site'])) {
      return refuse(response, 403, 'without credentials, pages of other sites may not call');
    }
    next();
  };
}

function isFromElsewhere(origin: string | undefined, host: string | undefined, site: unknown): boolean {
  return (
    site === 'cross-site' || (origin !== undefined && URL.parse(origin)?.host !== URL.parse(`http://${host}`)?.host)
  );
}
