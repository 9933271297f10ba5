import { existsSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import type { HardwareEncoder } from '../recording/plan.ts';
import type { Identity } from '../types.ts';
import { tryEncoder } from './encoder-trial.ts';

export interface HardwareOptions {
  /** `auto`: whatever is there; one of the others: that one, or none. */
  readonly encoder: 'auto' | 'x264' | HardwareEncoder['kind'];
  readonly vaapiDevice: string;
  /** Whom recordings run as: who must be able to use the device. */
  readonly identity: Identity | null;
  readonly log: (details: object, text: string) => void;
}

/** Both are there on a machine with one of these cards and its driver. */
const NVIDIA_NODES = ['/dev/nvidiactl', '/dev/nvidia0'];
/** After a failure in a recording: for so long others are spared the same, then it is tried out anew. */
const REST_MS = 10 * 60_000;

/**
 * The hardware encoder of this machine, if one passes a trial. On a machine without any device nothing is tried. The trial runs in
 * the background: until it is over there is none.
 */
export class Hardware implements AsyncDisposable {
  readonly #options: HardwareOptions;
  readonly #stopped = new AbortController();
  #found: HardwareEncoder | null = null;
  #trial: Promise<void>;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: HardwareOptions) {
    this.#options = options;
    this.#trial = this.#try();
  }

  /** Begins the trial. */
  static open(options: HardwareOptions): Hardware {
    return new Hardware(options);
  }

  /** Null: none, or none yet. */
  get encoder(): HardwareEncoder | null {
    return this.#found;
  }

  /** When the trial is over. */
  get tried(): Promise<void> {
    return this.#trial;
  }

  /** It died in a recording: for a while none is offered. */
  failed(): void {
    if (this.#found === null) return;
    this.#options.log(
      { encoder: this.#found.kind },
      'the hardware encoder failed in a recording and is not used for ten minutes',
    );
    this.#found = null;
    this.#timer = setTimeout(() => {
      this.#trial = this.#try();
    }, REST_MS).unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopped.abort();
    await this.#trial;
  }

  async #try(): Promise<void> {
    const { identity, log } = this.#options;
    for (const encoder of candidates(this.#options)) {
      try {
        await tryEncoder(encoder, { identity, signal: this.#stopped.signal });
        if (this.#stopped.signal.aborted) return;
        this.#found = encoder;
        log({ encoder: encoder.kind, device: encoder.device }, 'pictures are encoded in hardware');
        return;
      } catch (error) {
        if (this.#stopped.signal.aborted) return;
        log(
          { encoder: encoder.kind, reason: messageOf(error) },
          'the hardware encoder does not work here: x264 is used',
        );
      }
    }
  }
}

function candidates({ encoder, vaapiDevice }: HardwareOptions): HardwareEncoder[] {
  const vaapi: HardwareEncoder = { kind: 'vaapi', device: vaapiDevice };
  const nvenc: HardwareEncoder = { kind: 'nvenc', device: null };
  switch (encoder) {
    case 'x264':
      return [];
    case 'vaapi':
      return [vaapi];
    case 'nvenc':
      return [nvenc];
    case 'auto':
      return [
        ...(existsSync(vaapiDevice) ? [vaapi] : []),
        ...(NVIDIA_NODES.every((node) => existsSync(node)) ? [nvenc] : []),
      ];
  }
}
