import { availableParallelism, totalmem } from 'node:os';
import type { Cost, Demand } from '../recording/demand.ts';
import { corrected, usualCost } from './costs.ts';

/** Sums of fractions must not refuse what fits exactly. */
const ROUNDING = 1e-9;
/** What a machine of 4 GB has left after its kernel; smaller ones keep no spares. */
const SPARES_FROM_MB = 3_900;
/** Readings of its own that a recording is charged by: the last five minutes. */
const OWN_READINGS = 10;
/** What a recording itself has shown counts sooner than what others like it have: the first reading half, the fourth 80 percent. */
const HALF_TRUSTED = 1;

/** A share of the machine. Disposing gives it back; later disposals do nothing. */
export interface Permit extends Disposable {
  readonly cost: Cost;
}

/** What recordings are expected to take, and who learns it. */
export interface Costs {
  expect(demand: Demand): Cost;
  learn(demand: Demand, cost: Cost): void;
}

export interface CapacityOptions {
  /** Cores to share out; the machine's, or the container's, own number when left out. */
  readonly cores?: number | undefined;
  /** Likewise. */
  readonly memoryMB?: number | undefined;
  /** The usual ones, for good, when left out. */
  readonly costs?: Costs;
}

/** A running recording. */
interface Charge {
  readonly expected: Cost;
  /** The latest, the newest last. */
  readings: readonly Cost[];
}

const USUAL_COSTS: Costs = { expect: usualCost, learn: () => {} };

/**
 * What this machine can carry. A recording is charged with what was expected of it until it shows what it takes. A single
 * one is admitted on an idle machine whatever it costs.
 */
export class MachineCapacity {
  readonly totalCores: number;
  readonly totalMemoryMB: number;
  readonly #costs: Costs;
  /** By sid. */
  readonly #charges = new Map<string, Charge>();

  constructor({ cores, memoryMB, costs = USUAL_COSTS }: CapacityOptions = {}) {
    this.totalCores = cores ?? availableParallelism();
    this.totalMemoryMB = memoryMB ?? machineMemoryMB();
    this.#costs = costs;
  }

  get count(): number {
    return this.#charges.size;
  }

  get usedCores(): number {
    return this.#used.cores;
  }

  get usedMemoryMB(): number {
    return this.#used.memoryMB;
  }

  costOf(demand: Demand): Cost {
    return this.#costs.expect(demand);
  }

  fits(demand: Demand): boolean {
    return this.count === 0 || this.#hasRoom(demand, 1);
  }

  /** With one such recording kept ready beside so many others, which are charged to nobody, another would still fit. */
  hasRoomForSpare(demand: Demand, others: number): boolean {
    return this.totalMemoryMB >= SPARES_FROM_MB && this.#hasRoom(demand, 2 + others);
  }

  /** Null when it does not fit. */
  reserve(sid: string, demand: Demand): Permit | null {
    return this.fits(demand) ? this.charge(sid, demand) : null;
  }

  /** For what runs already, whether it fits or not. */
  charge(sid: string, demand: Demand): Permit {
    const cost = this.costOf(demand);
    this.#charges.set(sid, { expected: cost, readings: [] });
    return { cost, [Symbol.dispose]: () => void this.#charges.delete(sid) };
  }

  /**
   * What a running recording has taken for half a minute.
   * @param squeezed it may have got less than it would have taken: then only more than it is charged with is news
   */
  measured(sid: string, cost: Cost, squeezed: boolean): void {
    const charge = this.#charges.get(sid);
    if (charge === undefined || (squeezed && cost.cores <= chargedWith(charge).cores)) return;
    charge.readings = [...charge.readings, cost].slice(-OWN_READINGS);
  }

  /** What such a recording has taken, for the sake of those to come. @param squeezed likewise */
  learned(demand: Demand, cost: Cost, squeezed: boolean): void {
    if (squeezed && cost.cores <= this.costOf(demand).cores) return;
    this.#costs.learn(demand, cost);
  }

  get #used(): Cost {
    let [cores, memoryMB] = [0, 0];
    for (const charge of this.#charges.values()) {
      const cost = chargedWith(charge);
      cores += cost.cores;
      memoryMB += cost.memoryMB;
    }
    return { cores, memoryMB };
  }

  #hasRoom(demand: Demand, times: number): boolean {
    const { cores, memoryMB } = this.costOf(demand);
    const used = this.#used;
    return (
      used.cores + times * cores <= this.totalCores + ROUNDING &&
      used.memoryMB + times * memoryMB <= this.totalMemoryMB + ROUNDING
    );
  }
}

function chargedWith({ expected, readings }: Charge): Cost {
  return corrected(expected, readings, HALF_TRUSTED);
}

/** Of the machine, or of the container where that has less. */
function machineMemoryMB(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 1e6;
}
