import type { Response } from 'express';

const SIGN_OF_LIFE_MS = 3_000;
/** Whoever has left so much unread is not there. */
const MAX_UNREAD_BYTES = 256 * 1024;

/** Server-sent events as the answer to a request; ends with its connection at the latest. */
export class EventStream implements Disposable {
  readonly #response: Response;
  readonly #alive: NodeJS.Timeout;

  constructor(response: Response) {
    this.#response = response;
    response.status(200).set({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // A proxy in between is not to hold events back.
      'x-accel-buffering': 'no',
      // The connection ends with the stream, so that a service that stops need not wait for it.
      connection: 'close',
    });
    this.#alive = setInterval(() => this.#write(':\n\n'), SIGN_OF_LIFE_MS);
    response.once('close', () => this[Symbol.dispose]());
    response.flushHeaders();
  }

  /** @param onClosed it is over, whoever ended it */
  onClosed(onClosed: () => void): void {
    this.#response.once('close', onClosed);
  }

  send(event: string, data: unknown): void {
    this.#write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#alive);
    this.#response.end();
  }

  #write(text: string): void {
    if (this.#response.writableEnded) return;
    this.#response.write(text);
    if (this.#response.writableLength > MAX_UNREAD_BYTES) this.#response.destroy();
  }
}
