import type { Readable, Writable } from 'node:stream';
import type { ConnectionTransport } from 'puppeteer-core';

const END = 0;

/**
 * Chromium's DevTools protocol over two pipes: JSON messages, each closed by a zero byte
 * (`--remote-debugging-pipe`: it reads descriptor 3 and writes descriptor 4).
 */
export class DevtoolsPipe implements ConnectionTransport {
  onmessage?: (message: string) => void;
  onclose?: () => void;
  readonly #input: Writable;
  #parts: Buffer[] = [];

  constructor(input: Writable, output: Readable) {
    this.#input = input;
    // The browser's death breaks both pipes; `onclose` tells it, errors of single writes add nothing.
    input.on('error', () => {});
    output.on('error', () => {});
    output.on('data', (chunk: Buffer) => this.#feed(chunk));
    output.once('close', () => this.onclose?.());
  }

  send(message: string): void {
    if (this.#input.writable) this.#input.write(`${message}\0`);
  }

  close(): void {
    this.#input.end();
  }

  #feed(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(END); end !== -1; end = chunk.indexOf(END, start)) {
      this.#parts.push(chunk.subarray(start, end));
      const message = Buffer.concat(this.#parts).toString('utf8');
      this.#parts = [];
      start = end + 1;
      this.onmessage?.(message);
    }
    if (start < chunk.length) this.#parts.push(chunk.subarray(start));
  }
}
