import type { Size } from '../types.ts';

/** What a recording asks of the machine: its picture; null for sound only. */
export type Demand = PictureDemand | null;

export interface PictureDemand extends Size {
  readonly fps: number;
}

/** A share of the machine, given back by disposing; further disposals do nothing. */
export interface Permit extends Disposable {
  readonly cores: number;
}

/** What can still be recorded. One cost function is behind both questions. */
export interface Capacity {
  readonly totalCores: number;
  readonly usedCores: number;
  fits(demand: Demand): boolean;
  /** Null when it does not fit. */
  reserve(demand: Demand): Permit | null;
}
