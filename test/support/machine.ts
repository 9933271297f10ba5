import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** An abstract address: it is free again when its process ends, however it does. */
const ADDRESS = '\0tapehead-tests-machine';

/**
 * Held by one test at a time, in all workers: by those that measure times of sound and picture, and by those that need so many
 * processes that nobody could beside them. Others run on.
 */
export async function takeMachine(): Promise<AsyncDisposable> {
  for (;;) {
    const server = createServer();
    if (await listens(server)) return { [Symbol.asyncDispose]: () => close(server) };
    // Before the next test in the same worker as the one that has it now.
    await sleep(10);
  }
}

function listens(server: Server): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'EADDRINUSE') resolve(false);
      else reject(new Error(`the machine cannot be taken: ${message}`));
    });
    server.listen(ADDRESS, () => resolve(true));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
