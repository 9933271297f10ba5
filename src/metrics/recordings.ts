import type { Counter } from 'prom-client';
import type { Follower } from '../controller/follower.ts';
import type { RecordingRecord } from '../controller/records.ts';
import type { RecordingEvent } from '../recording/link.ts';
import { modeOf, type RecordingMode } from '../recording/plan.ts';
import type { Progress, PushState, RecordingEnd, RecordingStatus } from '../recording/status.ts';
import type { Instruments } from './instruments.ts';

const BYTES_PER_MB = 1_000_000;

/** What a status tells as a count since the recording's start. */
type Counted = Pick<RecordingStatus, 'progress' | 'quality'>;

const PUSH_STATES: readonly PushState[] = ['connecting', 'publishing', 'onhold', 'disconnected'];
const MODES: readonly RecordingMode[] = ['web', 'mix'];
const STATES = ['starting', 'recording', 'held', 'stopping', 'finalizing'] as const;

/** Counts what happens to all recordings of this service. */
export class RecordingMetrics implements Follower {
  readonly #running = new Map<string, RecordingStatus>();
  readonly #modes = new Map<string, RecordingMode>();
  /** Of each running recording what has been counted already, in the order of `#counts`. */
  readonly #counted = new Map<string, number[]>();
  readonly #started: Counter;
  readonly #ended: Counter<'outcome' | 'reason'>;
  readonly #deaths: Counter;
  readonly #reloads: Counter<'reason'>;
  readonly #limits: Counter<'limit'>;
  readonly #pushChanges: Counter<'state'>;
  readonly #counts: readonly { readonly counter: Counter; readonly of: (counted: Counted) => number }[];

  constructor(instruments: Instruments) {
    this.#started = instruments.counter({
      name: 'recordings_started_total',
      help: 'Recordings begun or gone on with.',
    });
    this.#ended = instruments.counter({ name: 'recordings_ended_total', help: 'Recordings that ended.' }, [
      'outcome',
      'reason',
    ]);
    this.#deaths = instruments.counter({
      name: 'session_deaths_total',
      help: 'Processes of recordings that died, whether the recording went on or not.',
    });
    this.#reloads = instruments.counter({ name: 'page_reloads_total', help: 'Pages loaded anew.' }, ['reason']);
    this.#limits = instruments.counter({ name: 'page_limits_exceeded_total', help: 'Pages beyond a limit.' }, [
      'limit',
    ]);
    this.#pushChanges = instruments.counter({ name: 'push_changes_total', help: 'Pushes that came into a state.' }, [
      'state',
    ]);
    const progress = (name: string, help: string, member: keyof Progress, unit = 1) => ({
      counter: instruments.counter({ name, help }),
      of: (counted: Counted) => counted.progress[member] / unit,
    });
    const quality = (name: string, help: string, member: 'browsersReplaced' | 'encodersReplaced') => ({
      counter: instruments.counter({ name, help }),
      of: (counted: Counted) => counted.quality[member],
    });
    this.#counts = [
      progress('recorded_frames_total', 'Pictures recorded.', 'frames'),
      progress('repeated_frames_total', 'Places without a picture of their own.', 'missingFrames'),
      progress('recorded_media_seconds_total', 'Media recorded, held time excluded.', 'mediaMs', 1000),
      progress('recorded_bytes_total', 'Bytes of slices.', 'bytes'),
      quality('browsers_replaced_total', 'Browsers that were lost and replaced.', 'browsersReplaced'),
      quality('encoders_replaced_total', 'Encoders that were lost and replaced.', 'encodersReplaced'),
    ];
    this.#gauges(instruments);
  }

  started({ sid, plan, status }: RecordingRecord): void {
    this.#started.inc();
    this.#running.set(sid, status);
    this.#modes.set(sid, modeOf(plan));
    this.#counted.set(
      sid,
      this.#counts.map(({ of }) => of(status)),
    );
  }

  event(_record: RecordingRecord, event: RecordingEvent): void {
    if (event.name === 'reloaded') this.#reloads.inc({ reason: event.reason });
    else if (event.name === 'limit_exceeded') this.#limits.inc({ limit: event.limit });
    else if (event.name === 'push_changed') this.#pushChanges.inc({ state: event.state });
    else if (event.name === 'resumed') this.#deaths.inc();
  }

  status({ sid }: RecordingRecord, status: RecordingStatus): void {
    this.#count(sid, status);
    this.#running.set(sid, status);
  }

  ended({ sid }: RecordingRecord, end: RecordingEnd): void {
    this.#count(sid, end);
    this.#running.delete(sid);
    this.#modes.delete(sid);
    this.#counted.delete(sid);
    this.#ended.inc({ outcome: end.outcome, reason: end.reason });
    if (end.reason === 'session_lost') this.#deaths.inc();
  }

  #gauges(instruments: Instruments): void {
    const states = { name: 'recordings', help: 'Recordings that have not ended, by state.' };
    instruments.gauge(states, () => tally(STATES, this.#statuses.map(stateOf)), 'state');
    const modes = { name: 'recordings_by_mode', help: 'Recordings that have not ended, by mode.' };
    instruments.gauge(modes, () => tally(MODES, [...this.#modes.values()]), 'mode');
    const users = { name: 'channel_users', help: 'Users in the channels of running recordings.' };
    instruments.gauge(users, () => this.#statuses.reduce((sum, { channel }) => sum + (channel?.users.length ?? 0), 0));
    const pushes = { name: 'pushes', help: 'RTMP pushes of running recordings, by state.' };
    const pushStates = () => this.#statuses.flatMap((status) => status.pushes.map(({ state }) => state));
    instruments.gauge(pushes, () => tally(PUSH_STATES, pushStates()), 'state');
    const cores = { name: 'recordings_cpu_cores', help: 'CPU seconds per second of all recordings together.' };
    instruments.gauge(cores, () => this.#statuses.reduce((sum, { quality }) => sum + quality.cores, 0));
    const memory = {
      name: 'recordings_memory_bytes',
      help: 'Memory of all recordings together, shared pages in parts.',
    };
    const megabytes = () => this.#statuses.reduce((sum, { quality }) => sum + quality.memoryMB, 0);
    instruments.gauge(memory, () => megabytes() * BYTES_PER_MB);
  }

  get #statuses(): RecordingStatus[] {
    return [...this.#running.values()];
  }

  /** Adds what is more than ever before: a session that takes over from one that died begins at zero and goes on from there. */
  #count(sid: string, counted: Counted): void {
    const before = this.#counted.get(sid) ?? [];
    const now = this.#counts.map(({ counter, of }, i) => {
      const last = before[i] ?? 0;
      const most = Math.max(last, of(counted));
      counter.inc(most - last);
      return most;
    });
    this.#counted.set(sid, now);
  }
}

function stateOf({ phase, onhold }: RecordingStatus): string {
  return phase === 'recording' && onhold ? 'held' : phase;
}

/** How often each of the names is in the list, zero included. */
function tally(names: readonly string[], list: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, list.filter((one) => one === name).length]));
}
