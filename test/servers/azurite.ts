import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { until } from '../../src/kit/deadline.ts';
import { Child } from '../../src/process/child.ts';
import { childEnvironment } from '../../src/process/environment.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';
import { freePort } from './free-port.ts';
import { madeOnce } from './made-once.ts';

const execute = promisify(execFile);

const PACKAGE = join(import.meta.dirname, 'azurite');
const ACCOUNT = 'recorder';
const CONTAINER = 'recordings';

/** Azure's own emulator of its blob storage, on 127.0.0.1. */
export class Azurite implements AsyncDisposable {
  /** `http://127.0.0.1:port/account`. */
  readonly endpoint: string;
  readonly account = ACCOUNT;
  readonly key: string;
  /** Exists, and is empty. */
  readonly container = CONTAINER;
  /** For looking at what is stored by other means than those which are tested. */
  readonly client: ContainerClient;
  readonly #server: Child;
  readonly #folder: TempFolder;

  private constructor(server: Child, folder: TempFolder, port: number, key: string) {
    this.#server = server;
    this.#folder = folder;
    this.key = key;
    this.endpoint = `http://127.0.0.1:${port}/${ACCOUNT}`;
    this.client = new ContainerClient(`${this.endpoint}/${CONTAINER}`, new StorageSharedKeyCredential(ACCOUNT, key));
  }

  static async start(): Promise<Azurite> {
    const installed = await install();
    const port = await freePort();
    const key = randomBytes(64).toString('base64');
    const folder = await makeTempFolder();
    const server = new Child({
      name: 'azurite',
      command: process.execPath,
      args: [
        join(installed, 'node_modules/azurite/dist/src/blob/main.js'),
        ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', folder.path],
        // The SDK speaks a later version of the API than it knows.
        ...['--silent', '--disableTelemetry', '--skipApiVersionCheck'],
      ],
      env: childEnvironment(folder.path, { AZURITE_ACCOUNTS: `${ACCOUNT}:${key}` }),
      identity: null,
    });
    const azurite = new Azurite(server, folder, port, key);
    const ready = await until(30_000, 50, async () => server.exit !== null || (await azurite.#answers()));
    if (ready && !server.exit) {
      await azurite.client.create();
      return azurite;
    }
    await azurite[Symbol.asyncDispose]();
    throw new Error(`azurite did not start: ${server.describeExit()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close(0, () => this.#server.signal('SIGKILL'));
    await this.#folder[Symbol.asyncDispose]();
  }

  async #answers(): Promise<boolean> {
    try {
      await fetch(this.endpoint);
      return true;
    } catch {
      return false;
    }
  }
}

/** @returns the folder that has its node_modules */
async function install(): Promise<string> {
  const lock = await readFile(join(PACKAGE, 'package-lock.json'));
  const version = createHash('sha256').update(lock).digest('hex').slice(0, 12);
  return madeOnce(`azurite-${version}`, async (folder) => {
    for (const name of ['package.json', 'package-lock.json']) await copyFile(join(PACKAGE, name), join(folder, name));
    await execute('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  });
}
