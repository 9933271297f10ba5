import { type FileHandle, open } from 'node:fs/promises';

/** More than this waiting for the disk means that it stands still. */
const MAX_WAITING_BYTES = 64 * 2 ** 20;

/** A file that grows: writes go out in order, as many at a time as have come up while the last were written. */
export class AppendFile {
  readonly #handle: Promise<FileHandle>;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #written = 0;
  #running: Promise<void> = Promise.resolve();
  #busy = false;
  #error: Error | null = null;
  readonly #onError: (error: Error) => void;

  /**
   * @param after the file is made once this has resolved.
   * @param onError called once, at the first step that fails; nothing is written after it.
   */
  constructor(path: string, after: Promise<void>, onError: (error: Error) => void) {
    this.#onError = onError;
    this.#handle = after.then(() => open(path, 'w'));
    this.#handle.catch((error: Error) => this.#fail(error));
  }

  append(bytes: Buffer): void {
    if (this.#error) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > MAX_WAITING_BYTES)
      this.#fail(new Error(`the disk does not take up: ${this.#waitingBytes} bytes wait`));
    if (!this.#busy) {
      this.#busy = true;
      this.#running = this.#writeAll();
    }
  }

  /** @returns how many bytes reached the file: all of them, unless it failed. */
  async close(): Promise<number> {
    await this.#running;
    const handle = await this.#handle.catch(() => null);
    await handle?.close();
    return this.#written;
  }

  async #writeAll(): Promise<void> {
    try {
      const handle = await this.#handle;
      while (this.#waiting.length > 0 && !this.#error) {
        const batch = Buffer.concat(this.#waiting);
        this.#waiting = [];
        for (let at = 0; at < batch.length; ) {
          const { bytesWritten } = await handle.write(batch, at, batch.length - at, this.#written);
          at += bytesWritten;
          this.#written += bytesWritten;
        }
        this.#waitingBytes -= batch.length;
      }
    } catch (error) {
      this.#fail(error as Error);
    } finally {
      this.#busy = false;
    }
  }

  #fail(error: Error): void {
    if (this.#error) return;
    this.#error = error;
    this.#onError(error);
  }
}
