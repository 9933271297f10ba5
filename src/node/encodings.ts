import { idleLastMinute, MachineLoad } from '../process/machine-load.ts';
import type { EncodingPlan, PicturePlan, X264Preset } from '../recording/plan.ts';
import { Hardware, type HardwareOptions } from './hardware.ts';
import { presetFor, superfastCores } from './preset.ts';

/** As configured. */
interface EncodingSettings
  extends Pick<HardwareOptions, 'encoder' | 'vaapiDevice'>,
    Pick<EncodingPlan, 'capture' | 'steadyRate'> {
  readonly preset: 'auto' | X264Preset;
}

export interface EncodingOptions extends Pick<HardwareOptions, 'identity' | 'log'> {
  readonly settings: EncodingSettings;
  /** Cores that are not promised to recordings; some that have just begun do not take theirs yet. */
  readonly unpromisedCores: () => number;
}

/** How the next recording is captured and encoded: as the settings say, and as the machine can do. */
export class Encodings implements AsyncDisposable {
  readonly hardware: Hardware;
  readonly #options: EncodingOptions;
  readonly #load: MachineLoad;

  private constructor(options: EncodingOptions, hardware: Hardware, load: MachineLoad) {
    this.#options = options;
    this.hardware = hardware;
    this.#load = load;
  }

  static open(options: EncodingOptions): Encodings {
    const { settings, identity, log } = options;
    return new Encodings(options, Hardware.open({ ...settings, identity, log }), MachineLoad.watch());
  }

  /** @param picture null: sound only */
  encodingFor(picture: PicturePlan | null): EncodingPlan {
    const { capture, steadyRate } = this.#options.settings;
    return { capture, steadyRate, hardware: this.hardware.encoder, preset: this.#presetFor(picture) };
  }

  #presetFor(picture: PicturePlan | null): X264Preset {
    const { settings, unpromisedCores } = this.#options;
    const { preset } = settings;
    if (preset !== 'auto') return preset;
    if (picture === null) return 'superfast';
    return presetFor(picture, Math.min(this.#load.idleCores ?? guess(picture), unpromisedCores()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#load[Symbol.dispose]();
    await this.hardware[Symbol.asyncDispose]();
  }
}

/** The load of the last minute may be over, and an encoder that turns out to be too slow is replaced: no less than `superfast` for it. */
function guess(picture: PicturePlan): number {
  return Math.max(idleLastMinute(), superfastCores(picture));
}
