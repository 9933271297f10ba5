import { afterFailure, firstEncoder } from '../encode/codecs.ts';
import { RecorderError } from '../errors.ts';
import { AddressPolicy } from '../net/address-policy.ts';
import { dial } from '../net/dial.ts';
import { trust } from '../net/trust.ts';
import { RecordingFiles, type RecordingFilesOptions } from '../output/recording-files.ts';
import { buildTables } from '../output/tables.ts';
import type { TimedFrame } from '../output/take.ts';
import { tracksOf } from '../output/tracks.ts';
import type { Dial } from '../push/publisher.ts';
import { Pushes } from '../push/pushes.ts';
import { blackStill } from '../push/still.ts';
import type { Used } from '../quality/cost.ts';
import { type HowMade, type QualityNote, QualityWatch } from '../quality/quality-watch.ts';
import type { RecordingEvent } from '../recording/link.ts';
import type { NetworkPlan, RecordingPlan } from '../recording/plan.ts';
import type { QualityReport, RecordingStatus } from '../recording/status.ts';
import type { UtcMs } from '../types.ts';
import { Tally } from './tally.ts';

export interface OutletsOptions {
  readonly plan: RecordingPlan;
  readonly onEvent: (event: RecordingEvent) => void;
  /** Something that the status tells has changed. */
  readonly onChange: () => void;
  /** Whether there is, from now on, anything that the recording is pushed to. */
  readonly onPushes: (any: boolean) => void;
  /** Something that is not silence has been recorded. */
  readonly onHeard: () => void;
  /** The disk takes no more. */
  readonly onError: (error: RecorderError) => void;
  readonly log: (line: string) => void;
}

/** Where a recording's frames go: files, pushes, the watch over their quality. */
export class Outlets implements AsyncDisposable {
  readonly #options: OutletsOptions;
  readonly #tally: Tally;
  readonly #quality: QualityWatch;
  /** Null when there is not what servers take: picture and sound. */
  readonly #pushes: Pushes | null;
  #opening: Promise<void> = Promise.resolve();
  #files: RecordingFiles | null = null;
  #pushed = false;

  constructor(options: OutletsOptions) {
    const { plan, onHeard } = options;
    const { picture, sound, runtimeFolder: folder, identity } = plan;
    this.#options = options;
    this.#tally = new Tally(tracksOf(plan));
    this.#quality = new QualityWatch({ picture, sound, folder, identity, onHeard });
    this.#quality.tables = buildTables(tracksOf(plan));
    this.#pushes = buildPushes(options, () => this.#tellPushes());
  }

  /** Makes the files, or goes on with those of a session that died. May be called once; others may wait for it too. */
  open(how: 'create' | 'resume'): Promise<void> {
    this.#opening = this.#open(how);
    // Whoever waits for it is told; nobody needs to.
    this.#opening.catch(() => {});
    return this.#opening;
  }

  /** Wall time of the first frame; null before there is one. */
  get startedMs(): UtcMs | null {
    return this.#files?.startMs ?? null;
  }

  /** Media time at which what is recorded already ends; null when nothing is. */
  get mediaEnd(): number | null {
    return this.#files?.mediaEnd ?? null;
  }

  frame(frame: TimedFrame): void {
    this.#tally.frame(frame);
    this.#files?.push(frame);
    this.#pushes?.frame(frame);
    this.#quality.frame(frame);
  }

  /** What follows does not follow what was in wall time. @param mediaEnd where that ends */
  breakHere(mediaEnd: number): void {
    this.#tally.endAt(mediaEnd);
    this.#quality.endAt(mediaEnd);
    this.#files?.breakHere(mediaEnd);
  }

  /** Nothing comes for now, or it comes again. */
  hold(onhold: boolean): void {
    this.#pushes?.hold(onhold);
  }

  /** @throws RecorderError `wrong_state` */
  push(urls: readonly string[]): void {
    if (!this.#pushes && urls.length > 0)
      throw new RecorderError(
        'wrong_state',
        'expected a recording of picture and sound to push, this one is of one of them',
      );
    this.#pushes?.set(urls);
    this.#tellPushes();
  }

  /** What runs, and what was made cheaper. */
  told(how: HowMade): void {
    this.#quality.told(how);
  }

  note(what: QualityNote): void {
    this.#quality.note(what);
  }

  /** What all processes of the recording have used so far. */
  used(used: Used): void {
    this.#quality.used(used, performance.now());
  }

  get status(): Pick<RecordingStatus, 'slices' | 'files' | 'progress' | 'pushes' | 'quality'> {
    return {
      slices: this.#files?.sliceCount ?? 0,
      files: this.#files?.list ?? [],
      progress: { ...this.#tally.progress, bytes: this.#files?.bytes ?? 0 },
      pushes: this.#pushes?.states ?? [],
      quality: this.#quality.report,
    };
  }

  /** Completes the files. @returns what went wrong. @param goesOn another session will take them up. */
  async finish(goesOn: boolean): Promise<{ media: boolean; problems: readonly RecorderError[] }> {
    // A stop may come before the folder is there; a failure to make it has ended the recording already.
    await this.#opening.catch(() => {});
    const problems = (await this.#files?.finish({ goesOn })) ?? [];
    return { media: (this.#files?.sliceCount ?? 0) > 0, problems };
  }

  /** With the tables that it needs; null before there is one. */
  get lastKeyFrame(): Buffer | null {
    return this.#quality.lastKeyFrame;
  }

  /** The last word on the quality. */
  endQuality(): QualityReport {
    return this.#quality.end();
  }

  /** Takes leave of the push servers; the files are finished apart. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#pushes?.[Symbol.asyncDispose](), this.#quality[Symbol.asyncDispose]()]);
  }

  /** One that was given up asks for nothing any more. */
  #tellPushes(): void {
    const pushed = this.#pushes?.states.some(({ state }) => state !== 'disconnected') ?? false;
    if (pushed === this.#pushed) return;
    this.#pushed = pushed;
    this.#options.onPushes(pushed);
  }

  async #open(how: 'create' | 'resume'): Promise<void> {
    const { plan, onEvent, onChange, onError } = this.#options;
    const options: RecordingFilesOptions = {
      plan: plan.files,
      media: plan,
      onSliceOpened: ({ startMs }, discontinueMs) => {
        const [startUtcMs, discontinueUtcMs] = [Math.floor(startMs), Math.floor(discontinueMs)];
        onEvent({ name: 'slice_started', startUtcMs, discontinueUtcMs });
        onChange();
      },
      onSliceClosed: onChange,
      onReady: (file) => onEvent({ name: 'file_ready', file }),
      onError,
    };
    this.#files = await RecordingFiles[how](options);
    this.#files.tables = buildTables(tracksOf(plan));
    this.#tally.goOnFrom(this.#files.sums);
  }
}

/** @param onStates the state of one of them has changed */
function buildPushes({ plan, onEvent, onChange, log }: OutletsOptions, onStates: () => void): Pushes | null {
  const { picture, sound, encoding, network, runtimeFolder: folder, identity } = plan;
  if (!picture || !sound) return null;
  return new Pushes({
    picture,
    sound,
    dial: dialWithin(network),
    still: async () => {
      const encoder = firstEncoder(encoding);
      const place = { picture, folder, identity };
      return await blackStill({ ...place, encoder }).catch((error: unknown) => {
        // Hardware that has failed gives way here as it does in the recording.
        if (encoder.kind === 'x264') throw error;
        return blackStill({ ...place, encoder: afterFailure(encoder, encoding) });
      });
    },
    onChange: (url, state) => {
      onEvent({ name: 'push_changed', url, state });
      onStates();
      onChange();
    },
    log,
  });
}

/** Connects where the plan allows it. */
function dialWithin({ allowPrivate, caFile }: NetworkPlan): Dial {
  const policy = new AddressPolicy(allowPrivate);
  let secure: ReturnType<typeof trust> | undefined;
  return async ({ host, port, tls }, signal) => {
    if (tls) secure ??= trust(caFile);
    return await dial({ host, port, policy, tls: tls ? secure : undefined, signal });
  };
}
