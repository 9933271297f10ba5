import { rm, writeFile } from 'node:fs/promises';

const BYTES = 256 * 1024;

/** Some room kept on the disk, given back at the end: with a full disk there is still place to close the playlist. */
export class Reserve {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async fill(): Promise<void> {
    await writeFile(this.#path, Buffer.alloc(BYTES, 0xff));
  }

  async release(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}
