import type { Cost, Demand } from '../recording/demand.ts';

/** A share of the machine, given back by disposing; further disposals do nothing. */
export interface Permit extends Disposable {
  /** What the recording was expected to take. */
  readonly cost: Cost;
}

/** What can still be recorded. One estimate of costs is behind all questions. */
export interface Capacity {
  readonly totalCores: number;
  readonly totalMemoryMB: number;
  /** What the recordings that run are charged with. */
  readonly usedCores: number;
  readonly usedMemoryMB: number;
  /** How many are charged. */
  readonly count: number;
  /** What such a recording is expected to take. */
  costOf(demand: Demand): Cost;
  fits(demand: Demand): boolean;
  /** Null when it does not fit. */
  reserve(sid: string, demand: Demand): Permit | null;
  /** For what runs already, whether it fits or not. */
  charge(sid: string, demand: Demand): Permit;
}

/** Why such a recording is refused, in the figures behind it. */
export function fullness(capacity: Capacity, demand: Demand): string {
  const { totalCores, totalMemoryMB, usedCores, usedMemoryMB, count } = capacity;
  const { picture } = demand;
  const what = picture ? `${picture.width}x${picture.height} at ${picture.fps} frames per second` : 'sound only';
  const cost = capacity.costOf(demand);
  const all = totalCores === 1 ? '1 core' : `${rounded(totalCores)} cores`;
  const whose = count === 1 ? '1 recording uses' : `${count} recordings use`;
  return [
    `a recording of ${what} does not fit: this machine has ${all} and ${Math.round(totalMemoryMB)} MB for recordings`,
    `${whose} ${rounded(usedCores)} and ${Math.round(usedMemoryMB)}`,
    `this one would take some ${rounded(cost.cores)} and ${Math.round(cost.memoryMB)}`,
    'wait for one to end',
  ].join('; ');
}

function rounded(cores: number): number {
  return Number(cores.toFixed(2));
}
