import { until } from '../../src/kit/deadline.ts';
import { Child } from '../../src/process/child.ts';
import { childEnvironment } from '../../src/process/environment.ts';
import type { NginxRtmp } from '../servers/nginx-rtmp.ts';

const LISTENING_MS = 30_000;

/** ffmpeg, which writes what it receives into a file as it is, until the stream ends. */
export class RtmpPlayer implements AsyncDisposable {
  readonly file: string;
  readonly #child: Child;

  private constructor(url: string, file: string, options: readonly string[]) {
    this.file = file;
    this.#child = new Child({
      name: 'player',
      command: 'ffmpeg',
      args: ['-nostdin', '-v', 'warning', '-y', ...options, '-i', url, '-c', 'copy', '-f', 'flv', file],
      env: childEnvironment('/tmp'),
      identity: null,
    });
  }

  /** Plays a stream of the server. @returns when the server knows of it, so that it misses nothing */
  static async watch(nginx: NginxRtmp, name: string, file: string): Promise<RtmpPlayer> {
    const player = new RtmpPlayer(`${nginx.url}/${name}`, file, ['-rtmp_live', 'live']);
    const known = async () => (await nginx.streams()).some((stream) => stream.name === name);
    if (await until(LISTENING_MS, 50, known)) return player;
    await player[Symbol.asyncDispose]();
    throw new Error(`the player did not start: ${player.#child.describeExit()}`);
  }

  /** Is a server itself, for one publisher. */
  static listen(url: string, file: string): RtmpPlayer {
    return new RtmpPlayer(url, file, ['-listen', '1']);
  }

  /** Waits until the stream has ended and the file is complete. */
  async ended(): Promise<void> {
    await this.#child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.close(0);
  }
}
