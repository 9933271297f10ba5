import { randomBytes } from 'node:crypto';
import { chownSync, existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RecorderError } from '../errors.ts';
import { within } from '../kit/deadline.ts';
import { Child } from '../process/child.ts';
import { childEnvironment } from '../process/environment.ts';
import type { Identity, Size } from '../types.ts';
import { xauthority, xorgConfig } from './display-files.ts';

const XORG = '/usr/lib/xorg/Xorg';
const START_MS = 10_000;
const TAIL_LINES = 100;
/** Smaller screens the driver refuses. */
const LEAST: Size = { width: 64, height: 128 };

export interface DisplayOptions {
  readonly size: Size;
  /** Refresh rate: Chromium draws as many frames a second as the display shows. */
  readonly fps: number;
  /** Private folder of the recording; the display puts its files into `display/` below it. */
  readonly folder: string;
  readonly identity: Identity | null;
}

/**
 * A virtual X display of the recording's own size and refresh rate.
 *
 * Xorg with the dummy driver, not Xvfb: Xvfb reports no refresh rate, so Chromium draws 60 frames a second whatever the
 * recording needs.
 */
export class Display implements AsyncDisposable {
  /** `:3` */
  readonly name: string;
  /** What a program needs to open the display. */
  readonly env: Readonly<Record<string, string>>;
  readonly #server: Child;

  private constructor(server: Child, name: string, authority: string) {
    this.#server = server;
    this.name = name;
    this.env = { DISPLAY: name, XAUTHORITY: authority };
  }

  static async open(options: DisplayOptions): Promise<Display> {
    if (!existsSync(XORG))
      throw new RecorderError('missing_program', `expected the X server at ${XORG}; install xserver-xorg-core`);
    const folder = join(options.folder, 'display');
    await mkdir(folder, { mode: 0o700 });
    const files = { config: join(folder, 'xorg.conf'), authority: join(folder, 'authority') };
    await writeFile(files.config, xorgConfig(largerThan(options.size), options.fps));
    await writeFile(files.authority, xauthority(randomBytes(16)), { mode: 0o600 });
    giveTo(options.identity, folder, files.config, files.authority);

    const server = new Child({
      name: 'display',
      command: XORG,
      args: xorgArguments(files, join(folder, 'log')),
      env: childEnvironment(folder),
      identity: options.identity,
      stdio: { extra: 1 },
    });
    const name = await displayName(server);
    return new Display(server, name, files.authority);
  }

  get exited(): Promise<unknown> {
    return this.#server.exited;
  }

  /** The last lines of the server's log. */
  tail(): string {
    return this.#server.tail(TAIL_LINES);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close(3_000);
  }
}

/**
 * The screen is larger than the picture. One pixel wider, because without a window manager Chromium makes a window that
 * would fill the screen one pixel smaller each way. Twice as high, because the pointer starts in the middle: there it rests
 * below the page and hovers over nothing in it. And never smaller than the dummy driver takes.
 */
function largerThan({ width, height }: Size): Size {
  return { width: Math.max(LEAST.width, width + 1), height: Math.max(LEAST.height, 2 * height + 2) };
}

/** The server picks a free number itself and writes it to descriptor 3 once it accepts connections. */
async function displayName(server: Child): Promise<string> {
  const number = new Promise<string>((resolve, reject) => {
    let text = '';
    server.extra(3).on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(text.trim());
    });
    void server.exited.then(() => reject(new RecorderError('display_failed', server.describeExit())));
  });
  const late = () =>
    new RecorderError('display_failed', `expected a display within ${START_MS / 1000} s: ${server.tail()}`);
  try {
    return `:${await within(START_MS, number, late)}`;
  } catch (error) {
    await server.close(0);
    throw error;
  }
}

function xorgArguments(files: { config: string; authority: string }, log: string): string[] {
  return [
    ...['-config', files.config, '-auth', files.authority, '-logfile', log],
    ...['-displayfd', '3', '-nolisten', 'tcp', '-noreset'],
    // No screen saver, no power saving: they would blank the picture after ten minutes.
    ...['-s', '0', '-dpms'],
  ];
}

function giveTo(identity: Identity | null, ...paths: string[]): void {
  if (identity) for (const path of paths) chownSync(path, identity.uid, identity.gid);
}
