import { chownSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { RecorderError } from '../errors.ts';
import { until } from '../kit/deadline.ts';
import { Child } from '../process/child.ts';
import { childEnvironment } from '../process/environment.ts';
import type { Identity } from '../types.ts';
import { listStreams } from './streams.ts';

const SINK = 'tapehead';
const START_MS = 10_000;
const TAIL_LINES = 100;

/** Samples per second, everywhere in a recording. */
const SAMPLE_RATE = 48_000;

/**
 * One private PulseAudio daemon with one silent output, whose monitor is what gets recorded. A daemon per recording:
 * a shared one mixes recordings up and carries no more than about fifteen of them.
 */
export class Sound implements AsyncDisposable {
  /** The PulseAudio source to record. */
  readonly source = `${SINK}.monitor`;
  /** What a program needs to play to, or record from, this daemon. */
  readonly env: Readonly<Record<string, string>>;
  readonly #daemon: Child;
  readonly #sockets: Sockets;

  private constructor(daemon: Child, sockets: Sockets) {
    this.#daemon = daemon;
    this.#sockets = sockets;
    this.env = { PULSE_SERVER: `unix:${sockets.native}` };
  }

  static async open(options: { readonly folder: string; readonly identity: Identity | null }): Promise<Sound> {
    const folder = join(options.folder, 'sound');
    await mkdir(folder, { mode: 0o700 });
    if (options.identity) chownSync(folder, options.identity.uid, options.identity.gid);
    const sockets = { native: join(folder, 'native'), control: join(folder, 'control') };
    const daemon = new Child({
      name: 'sound',
      command: 'pulseaudio',
      args: pulseArguments(sockets),
      env: childEnvironment(folder, {
        PULSE_RUNTIME_PATH: folder,
        PULSE_STATE_PATH: folder,
        DBUS_SYSTEM_BUS_ADDRESS: 'disabled:',
      }),
      identity: options.identity,
    });
    const accepts = await until(START_MS, 5, () => daemon.exit !== null || canConnect(sockets.native));
    if (!accepts || daemon.exit) {
      await daemon.close(0);
      throw new RecorderError('sound_failed', `expected PulseAudio to accept connections: ${daemon.describeExit()}`);
    }
    return new Sound(daemon, sockets);
  }

  get exited(): Promise<unknown> {
    return this.#daemon.exited;
  }

  /** How many streams are played into what is recorded. @throws when the daemon does not answer */
  async playing(): Promise<number> {
    const streams = await listStreams(this.#sockets.control);
    return streams.filter(({ sink, corked, muted }) => sink === SINK && !corked && !muted).length;
  }

  /** The last lines of the daemon's log. */
  tail(): string {
    return this.#daemon.tail(TAIL_LINES);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon.close(1_000);
  }
}

interface Sockets {
  readonly native: string;
  /** For questions about what is played. */
  readonly control: string;
}

function pulseArguments({ native, control }: Sockets): string[] {
  const modules = [
    `module-null-sink sink_name=${SINK} rate=${SAMPLE_RATE} channels=2 norewinds=1`,
    // The folder above them is private, so the sockets need no cookie. The native one is the last: once it is there, so is all.
    `module-cli-protocol-unix socket=${control}`,
    `module-native-protocol-unix socket=${native} auth-anonymous=1`,
  ];
  return [
    ...['-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1'],
    ...['--high-priority=no', '--realtime=no', '--log-target=stderr', '--log-level=warn'],
    ...modules.flatMap((module) => ['-L', module]),
  ];
}

function canConnect(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
}
