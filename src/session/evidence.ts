import { type HistoryEntry, writeDebugBundle } from '../debug/bundle.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import type { RecordingEnd } from '../recording/status.ts';
import { type Cause, type Event, isGood, type State } from './machine.ts';
import type { Outlets } from './outlets.ts';
import type { StageKeeper } from './stage-keeper.ts';
import type { Takes } from './takes.ts';

/** Of a long history the beginning and the end are kept. */
const FIRST = 100;
const LAST = 400;

/** What is kept of a recording for those who look into what went wrong. */
export class Evidence {
  readonly #first: HistoryEntry[] = [];
  readonly #last: HistoryEntry[] = [];
  #screenshot: Buffer | null = null;
  #tails: Readonly<Record<string, string>> = {};

  /** Something happened. */
  note(text: string): void {
    const entry = { atMs: Date.now(), text };
    if (this.#first.length < FIRST) this.#first.push(entry);
    else this.#last.push(entry);
    if (this.#last.length > LAST) this.#last.shift();
  }

  /** The state has changed. */
  step(event: Event, state: State): void {
    const trouble = 'trouble' in event ? `: ${event.trouble.reason}: ${event.trouble.detail}` : '';
    const cause = 'cause' in event ? `: ${event.cause.reason}: ${event.cause.detail}` : '';
    const held = state.phase === 'recording' && state.onhold ? ', held' : '';
    const page = state.phase === 'recording' ? `, page ${state.page}${held}` : '';
    this.note(`${event.type}${trouble}${cause} -> ${state.phase}${page}`);
  }

  get history(): readonly HistoryEntry[] {
    return [...this.#first, ...this.#last];
  }

  /** Takes what can only be had while there is a stage. Never rejects, and takes a second at the most. */
  async gather(cause: Cause, keeper: StageKeeper, takes: Takes | null): Promise<void> {
    this.#tails = { ...keeper.tails, encoder: takes?.tail() ?? '' };
    if (!isGood(cause.reason)) this.#screenshot = await keeper.takeScreenshot();
  }

  /** Writes it down, if the end needs an explanation. @returns what went wrong */
  async write(plan: RecordingPlan, end: RecordingEnd, { lastKeyFrame, status }: Outlets): Promise<string | null> {
    const { history } = this;
    // The keys of the pushes at the end are hidden too.
    const pushes = [...plan.pushes, ...status.pushes.map(({ url }) => url)];
    return await writeDebugBundle({
      plan: { ...plan, pushes },
      end,
      history,
      lastKeyFrame,
      tails: this.#tails,
      screenshot: this.#screenshot,
    });
  }
}
