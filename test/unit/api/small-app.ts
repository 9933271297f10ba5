import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { pino } from 'pino';

/** Some routes on a loopback port. */
export interface SmallApp extends AsyncDisposable {
  get(path: string): Promise<Response>;
}

export async function openApp(addRoutes: (app: Express) => void): Promise<SmallApp> {
  const app = express();
  app.use((_request, response, next) => {
    response.locals['log'] = pino({ level: 'silent' });
    next();
  });
  addRoutes(app);
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    get: (path) => fetch(`http://127.0.0.1:${port}${path}`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
