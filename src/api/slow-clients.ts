import { createServer, type RequestListener, type Server } from 'node:http';

/** Checked every few seconds, so a client may have a little longer. */
const LIMITS = {
  /** For the head of a request. */
  headersTimeout: 10_000,
  /** For all of a request; how long its answer takes is not limited. */
  requestTimeout: 30_000,
  /** Between two requests. The end of the service waits for it, too. */
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 5_000,
};
const MOST_CONNECTIONS = 1_000;

/** A server that does not wait for clients who send slowly or not at all, nor lets them have all of its sockets. */
export function createLimitedServer(app: RequestListener): Server {
  const server = createServer(LIMITS, app);
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}
