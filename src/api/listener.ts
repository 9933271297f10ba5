import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import type { Config } from '../config/schema.ts';
import { RecorderError } from '../errors.ts';
import { until } from '../kit/deadline.ts';
import { createLimitedServer } from './slow-clients.ts';

/** Longer than any call takes. */
const ANSWERS_MS = 60_000;

/**
 * The listening socket. It is open before there is anybody to answer, because the parts of the service need to know its address;
 * requests that come that early wait for their answer.
 */
export class Listener implements AsyncDisposable {
  readonly #server: Server;
  /** Answers that are not given yet. */
  readonly #open = new Set<ServerResponse>();
  readonly #early: [IncomingMessage, ServerResponse][] = [];
  #app: RequestListener | null = null;
  #closing: Promise<void> | null = null;

  private constructor() {
    this.#server = createLimitedServer((request, response) => {
      this.#open.add(response);
      response.once('close', () => this.#open.delete(response));
      if (this.#app) this.#app(request, response);
      else this.#early.push([request, response]);
    });
  }

  /** @throws RecorderError `config_invalid` when the address cannot be had */
  static async open({ host, port }: Pick<Config, 'host' | 'port'>): Promise<Listener> {
    const listener = new Listener();
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error) =>
        reject(new RecorderError('config_invalid', `cannot listen on ${host}:${port}: ${error.message}`));
      listener.#server.once('error', failed).listen(port, host, () => {
        listener.#server.off('error', failed);
        resolve();
      });
    });
    return listener;
  }

  get address(): AddressInfo {
    return this.#server.address() as AddressInfo;
  }

  /** Where programs of this machine reach it: `http://127.0.0.1:8080`. */
  get origin(): string {
    return originOf(this.address);
  }

  serve(app: RequestListener): void {
    this.#app = app;
    for (const [request, response] of this.#early.splice(0)) app(request, response);
  }

  /** Takes no more requests, and waits for the answers of those that it has. May be called again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const [, response] of this.#early.splice(0)) response.destroy();
    this.#server.closeIdleConnections();
    await until(ANSWERS_MS, 20, () => this.#open.size === 0);
    // Connections on which nothing was asked yet, such as browsers open in advance, are not among the idle ones, and once a
    // server is being closed nobody looks for clients that are too slow.
    this.#server.closeAllConnections();
    await closed;
  }
}

/** An address that stands for all of the machine's is reached by loopback. */
export function originOf({ address, port }: Pick<AddressInfo, 'address' | 'port'>): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (address === '::') return `http://[::1]:${port}`;
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`;
}
