import { even } from '../encode/picture-args.ts';
import { messageOf } from '../errors.ts';
import type { TimedFrame } from '../output/take.ts';
import type { PicturePlan, SoundPlan } from '../recording/plan.ts';
import type { PushState, PushStatus } from '../recording/status.ts';
import { payloadOf } from './elementary.ts';
import { metadata } from './flv.ts';
import type { Dial } from './publisher.ts';
import { Push } from './push.ts';
import type { Sample } from './sample.ts';
import { SOUND_RATE, Timeline } from './timeline.ts';

export interface PushesOptions {
  readonly picture: PicturePlan;
  readonly sound: SoundPlan;
  readonly dial: Dial;
  /** Makes a black key frame (`still.ts`). Called at most once, when a push must show something and there is nothing. */
  readonly still: () => Promise<Buffer>;
  /** The URL as it was given, with the key. */
  readonly onChange: (url: string, state: PushState) => void;
  /** Lines about connections that failed; there is no key in them. */
  readonly log?: (line: string) => void;
}

/** How often it is looked whether the still must be shown. */
const TICK_MS = 100;

/**
 * All servers that a recording is pushed to. They get the frames that the files get, made for RTMP once for all of them. With
 * none it costs nothing. No method throws, none waits.
 */
export class Pushes implements AsyncDisposable {
  readonly #options: PushesOptions;
  readonly #metadata: Buffer;
  readonly #log: (line: string) => void;
  readonly #closing = new Set<Promise<void>>();
  #outputs = new Map<string, Push>();
  #timeline: Timeline | null = null;
  #timer: NodeJS.Timeout | null = null;
  #latestKey: TimedFrame | null = null;
  #still: Promise<void> | null = null;
  #black: Buffer | null = null;
  #onhold = false;
  #disposed = false;

  constructor(options: PushesOptions) {
    const { picture, sound, log = () => {} } = options;
    const size = { width: even(picture.width), height: even(picture.height) };
    this.#options = options;
    this.#metadata = metadata({ ...picture, ...size }, sound, SOUND_RATE);
    this.#log = log;
  }

  /** In the order in which they were given. */
  get states(): readonly PushStatus[] {
    return [...this.#outputs.values()].map(({ url, state }) => ({ url, state }));
  }

  /** Replaces all outputs; those that were there before go on untouched, unless they had been given up. */
  set(urls: readonly string[]): void {
    if (this.#disposed) return;
    const before = this.#outputs;
    const wanted = [...new Set(urls)];
    this.#outputs = new Map(wanted.map((url) => [url, this.#kept(before, url) ?? this.#begin(url)]));
    const isNew = (push: Push) => before.get(push.url) !== push;
    const isGone = (push: Push) => this.#outputs.get(push.url) !== push;
    for (const push of [...before.values()].filter(isGone)) this.#close(push);
    for (const { url, state } of [...this.#outputs.values()].filter(isNew)) this.#options.onChange(url, state);
    if (this.#outputs.size > 0) this.#run();
    else this.#rest();
  }

  /** Every frame of the recording. */
  frame(frame: TimedFrame): void {
    if (frame.kind === 'video' && frame.key && !this.#onhold) this.#latestKey = frame;
    this.#send((timeline) => timeline.frame(frame, performance.now()));
  }

  /** Held, or the page is away: a still picture and silence are shown. */
  hold(onhold: boolean): void {
    this.#onhold = onhold;
    this.#send((timeline) => timeline.hold(onhold));
    this.#tick();
    for (const push of this.#outputs.values()) push.hold(onhold);
  }

  /** Takes all streams back and hangs up, within some two seconds. The states are kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#disposed) {
      this.#disposed = true;
      this.#send((timeline) => timeline.flush());
      this.#rest();
      for (const push of this.#outputs.values()) this.#close(push);
    }
    await Promise.all([...this.#closing, this.#still]);
  }

  #kept(before: ReadonlyMap<string, Push>, url: string): Push | null {
    const push = before.get(url);
    return push && push.state !== 'disconnected' ? push : null;
  }

  #begin(url: string): Push {
    const { dial, onChange } = this.#options;
    const onState = (state: PushState) => onChange(url, state);
    return Push.start({ url, onhold: this.#onhold, dial, metadata: this.#metadata, onState, log: this.#log });
  }

  #close(push: Push): void {
    const closed = push[Symbol.asyncDispose]().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }

  #run(): void {
    if (this.#timeline) return;
    this.#timeline = new Timeline(this.#options, performance.now());
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#send((timeline) => {
      if (this.#latestKey) timeline.setStill(payloadOf(this.#latestKey.packets));
      return timeline.hold(this.#onhold);
    });
  }

  #rest(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#timeline = null;
  }

  #tick(): void {
    this.#send((timeline) => timeline.fill(performance.now()));
    if (this.#timeline?.wantsStill) this.#showBlack(this.#timeline);
  }

  #showBlack(timeline: Timeline): void {
    this.#still ??= this.#options.still().then(
      (picture) => {
        this.#black = picture;
      },
      (error) => this.#log(`pushes: there is no picture to show: ${messageOf(error)}`),
    );
    if (this.#black) timeline.setStill(this.#black);
  }

  /** Whatever is wrong with a frame is no reason to end a recording. */
  #send(make: (timeline: Timeline) => Sample[]): void {
    if (this.#timeline === null) return;
    try {
      for (const sample of make(this.#timeline)) for (const push of this.#outputs.values()) push.send(sample);
    } catch (error) {
      this.#log(`pushes: a frame was left out: ${messageOf(error)}`);
    }
  }
}
