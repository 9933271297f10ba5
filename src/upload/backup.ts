import type { Target } from './target.ts';

/** The store that takes what a user's store refuses. */
export interface Backup {
  readonly target: Target;
  /** Stands before each key; empty for nothing. */
  readonly prefix: string;
  /** What is refused for this long goes there. */
  readonly afterMs: number;
}
