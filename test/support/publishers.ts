import type { RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { EncryptionPlan } from '../../src/recording/channel.ts';
import type { Rgb } from '../probe/pixels.ts';
import { PALETTE, type Palette } from '../probe/tiles.ts';
import { spreadTones } from '../probe/tones.ts';
import { type Headless, openHeadless } from './headless.ts';
import type { LossyRelay } from './lossy-relay.ts';

const PAGE = '/test/pages/publishers.js';
const APP = 'demo';

/** Somebody with a colour and a tone that nobody else has. */
export interface Person {
  readonly uid: string;
  readonly color: Rgb;
  readonly tone: number;
}

/** How somebody sends; what is left out is small and cheap. */
export interface Sending {
  readonly size?: `${number}x${number}`;
  readonly fps?: number;
  /** Flashes and beeps (1000 Hz) at each second of the wall clock. */
  readonly beat?: boolean;
  readonly gain?: number;
  readonly stripes?: boolean;
  readonly audio?: boolean;
  readonly video?: boolean;
  readonly codec?: 'vp8' | 'vp9' | 'h264';
  readonly simulcast?: boolean;
  readonly encryption?: EncryptionPlan;
  /** All packets go through it. */
  readonly relay?: LossyRelay;
}

const COLORS = PALETTE.length;
const TONES = spreadTones(17);
/** Those that are next to each other get colours far apart. */
const COLOR_STEP = 7;

/** Up to 17 people, in the order of their uids. */
export function makePeople(count: number): Person[] {
  return Array.from({ length: count }, (_, i) => ({
    uid: String(101 + i),
    color: PALETTE[(i * COLOR_STEP) % COLORS] as Rgb,
    tone: TONES[i] as number,
  }));
}

/** Colours by uid; and those of an empty picture, and of a flash. */
export function paletteOf(people: readonly Person[]): Palette {
  return {
    ...Object.fromEntries(people.map(({ uid, color }) => [uid, color])),
    black: [0, 0, 0],
    white: [255, 255, 255],
  };
}

/** People who send drawn pictures and tones into one channel, all from one Chromium. */
export class Publishers implements AsyncDisposable {
  readonly #headless: Headless;
  readonly #relays: Map<string, LossyRelay>;
  readonly #channel: string;

  private constructor(headless: Headless, relays: Map<string, LossyRelay>, channel: string) {
    this.#headless = headless;
    this.#relays = relays;
    this.#channel = channel;
  }

  /** @param origin of the service */
  static async open(origin: string, cname: string): Promise<Publishers> {
    const relays = new Map<string, LossyRelay>();
    const headless = await openHeadless({ routes: relayRoute(relays) });
    return new Publishers(headless, relays, `${origin}/v1/apps/${APP}/channels/${encodeURIComponent(cname)}`);
  }

  /** @returns when the first packet was sent, UTC ms. */
  async join({ uid, color, tone }: Person, sending: Sending = {}): Promise<number> {
    const { relay, codec = null, encryption = null, ...how } = sending;
    const defaults = { size: '160x90', fps: 10, beat: false, gain: 1, stripes: false } as const;
    return await this.#call('join', {
      ...{ ...defaults, audio: true, video: true, simulcast: false, ...how, codec, encryption },
      ...{ uid, tone, color: `#${Buffer.from(color).toString('hex')}` },
      endpoint: this.#endpoint(uid, relay),
    });
  }

  /** One after the other, so that they came in this order. */
  async joinAll(people: readonly Person[], sending: Sending = {}): Promise<void> {
    for (const person of people) await this.join(person, sending);
  }

  async leave({ uid }: Person): Promise<void> {
    await this.#call('leave', uid);
  }

  /** Whether packets of this kind are sent; the connection stays. */
  async send({ uid }: Person, kind: 'audio' | 'video', sending: boolean): Promise<void> {
    await this.#call('send', uid, kind, sending);
  }

  /** Silence, or black pictures, are sent in place of the real ones. */
  async mute({ uid }: Person, kind: 'audio' | 'video', muted: boolean): Promise<void> {
    await this.#call('mute', uid, kind, muted);
  }

  /** Looks at somebody from now on, as a recorder does, but with a clock of its own. */
  async witness({ uid }: Person): Promise<void> {
    await this.#call('witness', `${this.#channel}/whep/${uid}?uid=4000000000&layer=high&role=recorder`);
  }

  /** When the witness saw flashes begin, UTC ms. */
  async witnessed(): Promise<number[]> {
    return await this.#call('witnessed');
  }

  /** As a crash or the kernel would end it: nobody says goodbye. */
  killHard(): void {
    process.kill(-this.pid, 'SIGKILL');
  }

  /** Of the browser, which leads a group of all its processes. */
  get pid(): number {
    const pid = this.#headless.page.browser().process()?.pid;
    if (pid === undefined) throw new Error('the browser of the publishers does not run');
    return pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#headless[Symbol.asyncDispose]();
  }

  #endpoint(uid: string, relay: LossyRelay | undefined): string {
    const endpoint = `${this.#channel}/whip?uid=${uid}`;
    if (relay === undefined) return endpoint;
    this.#relays.set(uid, relay);
    return `/relay?${new URLSearchParams({ uid, to: endpoint })}`;
  }

  async #call<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    return await this.#headless.call<T>(PAGE, name, ...args);
  }
}

/** In front of the service's own address: its answer is changed so that the packets go through a relay. */
function relayRoute(relays: ReadonlyMap<string, LossyRelay>): RequestListener {
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const relay = relays.get(searchParams.get('uid') ?? '');
    if (pathname !== '/relay' || relay === undefined) return void response.writeHead(404).end();
    const to = searchParams.get('to') ?? '';
    void (async () => {
      const headers = { 'content-type': 'application/sdp' };
      const answer = await fetch(to, { method: 'POST', headers, body: await buffer(request) });
      const location = new URL(answer.headers.get('location') ?? '', to).href;
      const sdp = await answer.text();
      response.writeHead(answer.status, { ...headers, location });
      response.end(answer.ok ? await relay.lead(sdp) : sdp);
    })().catch((error) => response.destroy(error));
  };
}
