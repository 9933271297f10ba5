import type { Cost, Demand } from '../recording/demand.ts';

/** What recordings of one kind have taken. A page of null stands for all pages. */
export interface Experience extends Demand {
  /** The latest, the newest last. */
  readonly readings: readonly Cost[];
}

/** Keeps experiences over restarts. A store that cannot be written to throws. */
export interface CostStore extends Disposable {
  /** Those learned from last come last. */
  all(): Experience[];
  /** In the place of what there was of this kind. */
  save(experience: Experience): void;
  remove(kind: Demand): void;
}
