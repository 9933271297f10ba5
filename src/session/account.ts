import { messageOf } from '../errors.ts';
import type { ChannelStatus } from '../recording/channel.ts';
import type { RecordingEnd, RecordingStatus } from '../recording/status.ts';
import type { UtcMs } from '../types.ts';
import type { State } from './machine.ts';
import type { Outlets } from './outlets.ts';

type Ended = Extract<State, { readonly phase: 'ended' }>;

/** What is known of a recording beside its state and its outlets, and how all of it is told. */
export class Account {
  /** Wall time of the first frame. */
  startedMs: UtcMs | null = null;
  /** When the page called `notifyReady`, if it had to. */
  pageReadyMs: UtcMs | null = null;
  /** Milliseconds from the beginning to the end of each step of opening. */
  readonly steps: Record<string, number> = {};
  readonly #onhold: boolean;
  readonly #openedAt = performance.now();
  readonly #problems: string[] = [];
  readonly #cpuBefore: number;
  #cores = 0;

  /** @param onhold it is to start held. @param cpuSeconds what its processes had used when they were still kept ready */
  constructor(onhold: boolean, cpuSeconds = 0) {
    this.#onhold = onhold;
    this.#cpuBefore = cpuSeconds;
  }

  /** A step of opening is done. */
  passed(step: string): void {
    this.steps[step] ??= Math.round(performance.now() - this.#openedAt);
  }

  /** Something failed on the way to the end. */
  problem(error: unknown): void {
    this.#problems.push(messageOf(error));
  }

  /** @param seconds CPU time used by all processes of the recording since they were started. */
  cpu(seconds: number): void {
    this.#cores = ((seconds - this.#cpuBefore) * 1000) / (performance.now() - this.#openedAt);
  }

  /** @param channel null: there is none */
  status(state: State, outlets: Outlets, channel: ChannelStatus | null): RecordingStatus {
    const { phase } = state;
    return {
      phase,
      onhold: phase === 'recording' ? state.onhold : phase === 'starting' && this.#onhold,
      startedMs: this.startedMs,
      pageReadyMs: this.pageReadyMs,
      ...outlets.status,
      channel,
    };
  }

  end({ outcome, cause }: Ended, outlets: Outlets): RecordingEnd {
    const { files, progress } = outlets.status;
    return {
      outcome,
      reason: cause.reason,
      detail: [cause.detail, ...this.#problems].join('; '),
      files: outcome === 'complete' || outcome === 'partial' ? files : [],
      startedMs: this.startedMs,
      endedMs: Date.now(),
      progress,
      quality: outlets.endQuality(),
      cores: this.#cores,
    };
  }
}
