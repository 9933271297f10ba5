import type { Request, RequestHandler } from 'express';

/** The figures of the service, `metrics/metrics.ts`. */
export interface MetricsSource {
  readonly contentType: string;
  text(): Promise<string>;
  answered(call: string, status: number, seconds: number): void;
}

/** `GET /metrics`: all figures as Prometheus reads them. */
export function metrics(source: MetricsSource): RequestHandler {
  return async (_request, response) => {
    const text = await source.text();
    response.type(source.contentType).send(text);
  };
}

/** Counts and times each answer. Stands before all routes. */
export function measureAnswers(source: MetricsSource): RequestHandler {
  return (request, response, next) => {
    const startedMs = performance.now();
    response.on('finish', () => {
      source.answered(callOf(request), response.statusCode, (performance.now() - startedMs) / 1000);
    });
    next();
  };
}

/**
 * The last fixed part of the route: `acquire`, `query`, `healthz`; `other` when no route took it, as its path is anybody's. Known
 * only once the request was answered.
 */
function callOf(request: Request): string {
  const path: unknown = request.route?.path;
  const pattern = Array.isArray(path) ? path[0] : path;
  const fixed = String(pattern ?? '')
    .split('/')
    .filter((part) => /^[\w.-]+$/.test(part));
  return fixed.at(-1) ?? 'other';
}
