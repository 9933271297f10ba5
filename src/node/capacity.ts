import { availableParallelism } from 'node:os';
import type { Size } from '../types.ts';

/** Cores that a recording takes however small its picture is: page, sound, containers. */
const BASE_CORES = 0.2;
/** Cores of a recording without a picture: no display, nothing drawn, nothing encoded but sound. */
const SOUND_CORES = 0.1;
/** Cores per pixel and second, so that 1280x720 at 30 frames per second comes to 0.75 cores in all. */
const CORES_PER_PIXEL_RATE = 0.55 / (1280 * 720 * 30);
/** Sums of fractions must not refuse what fits exactly. */
const ROUNDING = 1e-9;

/** The picture of a recording; null for sound only. */
export type Demand = PictureDemand | null;

interface PictureDemand extends Size {
  readonly fps: number;
}

/** Expected CPU cores of one recording; the only cost function, for the check and for the reservation. */
export function costOf(demand: Demand): number {
  if (demand === null) return SOUND_CORES;
  return BASE_CORES + CORES_PER_PIXEL_RATE * demand.width * demand.height * demand.fps;
}

/** A share of the machine. Disposing gives it back; later disposals do nothing. */
export interface Permit extends Disposable {
  readonly cores: number;
}

/** What this machine can carry. A single recording is admitted on an idle machine whatever it costs. */
export class MachineCapacity {
  readonly totalCores: number;
  readonly #permits = new Set<Permit>();

  /** @param totalCores cores to share out; the machine's own number when left out. */
  constructor(totalCores: number = availableParallelism()) {
    this.totalCores = totalCores;
  }

  get usedCores(): number {
    let sum = 0;
    for (const permit of this.#permits) sum += permit.cores;
    return sum;
  }

  fits(demand: Demand): boolean {
    return this.#permits.size === 0 || this.usedCores + costOf(demand) <= this.totalCores + ROUNDING;
  }

  /** Null when it does not fit. */
  reserve(demand: Demand): Permit | null {
    if (!this.fits(demand)) return null;
    const permits = this.#permits;
    const permit: Permit = {
      cores: costOf(demand),
      [Symbol.dispose]: () => void permits.delete(permit),
    };
    permits.add(permit);
    return permit;
  }
}
