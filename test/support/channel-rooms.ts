import { expect } from '@playwright/test';
import type { HubUser } from '../../src/channel/hub.ts';
import { type ChannelPlan, EVERYBODY } from '../../src/recording/channel.ts';
import { type Headless, type HeadlessOptions, openHeadless } from './headless.ts';
import { StandInHub } from './stand-in-hub.ts';

const DRIVER = '/test/pages/channel-driver.js';
export const LIVEKIT = '/pages/vendor/livekit-client.mjs';
export const AGORA = '/pages/vendor/agora-rtc-sdk.mjs';
export const WHEP = '/pages/shared/whep.js';
export const REAL_LIVEKIT = '/node_modules/livekit-client/dist/livekit-client.esm.mjs';
export const REAL_AGORA = '/node_modules/agora-rtc-sdk-ng/AgoraRTC_N-production.esm.mjs';
/** A browser takes some 6 s to say that the other end of a connection is gone. */
export const PATIENCE_MS = 25_000;
export const BOTH = { audio: true, video: true };

const PLAN: ChannelPlan = {
  appId: 'app',
  cname: 'a room/1',
  uid: '900',
  profile: 'communication',
  token: 'TOKEN',
  transport: { kind: 'hub' },
  encryption: null,
  lowStream: false,
  maxIdleMs: 30_000,
  maxUsers: 17,
  subscription: { audio: EVERYBODY, video: EVERYBODY },
  layout: {
    kind: 'floating',
    maxResolutionUid: null,
    regions: [],
    backgroundColor: '#000000',
    backgroundImage: null,
    defaultUserImage: null,
    userImages: [],
  },
};

/** A channel with an adapter in it, in a page of its own. */
export interface Room extends AsyncDisposable {
  readonly call: Headless['call'];
  join(wanted: object, changes?: Partial<ChannelPlan>): Promise<void>;
  subscribe(wanted: object): Promise<void>;
  close(): Promise<void>;
  /** Waits until the adapter has told just this since it was asked last. */
  told(...lines: readonly unknown[]): Promise<void>;
  takeLines(): Promise<string[]>;
  /** Waits until the adapter has called just this since it was asked last, and nothing else. */
  calls(...lines: readonly unknown[]): Promise<void>;
}

export interface HubRoom extends Room {
  readonly hub: StandInHub;
  readonly openConnections: () => Promise<number>;
  /** By all that was told, since it was asked last. */
  liveTracks(): Promise<string[]>;
  /** After closing, no connection, request or timer of the adapter is left. */
  leavesNothing(): Promise<void>;
}

export async function enterRoom(kind: 'livekit' | 'agora', transport: ChannelPlan['transport']): Promise<Room> {
  const replaced = {
    [LIVEKIT]: '/test/support/stand-in-livekit.js',
    [AGORA]: '/test/support/stand-in-agora.js',
    '/real/vendor/livekit-client.mjs': REAL_LIVEKIT,
  };
  return await enter(kind, { ...PLAN, transport }, kind === 'livekit' ? LIVEKIT : AGORA, { replaced });
}

export async function enterHub(): Promise<HubRoom> {
  const hub = new StandInHub();
  const replaced = { [WHEP]: '/test/support/stand-in-whep.js' };
  const room = await enter('hub', PLAN, WHEP, { replaced, routes: hub.answer });
  const openConnections = async (): Promise<number> => await room.call(WHEP, 'countOpen');
  const live = new Set<string>();
  return {
    ...room,
    hub,
    openConnections,
    async liveTracks() {
      for (const [what, uid, kind, state] of (await room.takeLines()).map((line) => line.split(' '))) {
        if (what === 'track' && state === 'null') live.delete(`${uid} ${kind}`);
        else if (what === 'track') live.add(`${uid} ${kind}`);
      }
      return [...live].sort();
    },
    async leavesNothing() {
      await room.close();
      expect(await openConnections()).toBe(0);
      await expect.poll(() => hub.watchers).toBe(0);
      expect(await room.call(DRIVER, 'pendingTimers')).toBe(0);
    },
  };
}

/** @param control module by which the test says what happens, and is told what was called */
async function enter(kind: string, plan: ChannelPlan, control: string, options: HeadlessOptions): Promise<Room> {
  const headless = await openHeadless(options);
  const { call } = headless;
  const seen = { told: [] as string[], called: [] as string[] };
  const expectAll = async (list: 'told' | 'called', module: string, name: string, lines: readonly unknown[]) => {
    await expect
      .poll(
        async () => {
          seen[list].push(...(await call<unknown[]>(module, name)).map(lineOf));
          return seen[list];
        },
        { timeout: PATIENCE_MS },
      )
      .toEqual(lines);
    seen[list] = [];
  };
  return {
    call,
    join: (wanted, changes = {}) =>
      call(DRIVER, 'join', `/pages/composite/channels/${kind}.js`, { ...plan, ...changes }, wanted),
    subscribe: (wanted) => call(DRIVER, 'subscribe', wanted),
    close: () => call(DRIVER, 'close'),
    told: (...lines) => expectAll('told', DRIVER, 'takeTold', lines),
    takeLines: async () => [...seen.told.splice(0), ...(await call<unknown[]>(DRIVER, 'takeTold')).map(lineOf)],
    calls: (...lines) => expectAll('called', control, 'takeCalls', lines),
    async [Symbol.asyncDispose]() {
      const { errors } = headless;
      await headless[Symbol.asyncDispose]();
      expect(errors).toEqual([]);
    },
  };
}

function lineOf(entry: unknown): string {
  if (!Array.isArray(entry)) return String(entry);
  const [name, ...rest] = entry;
  const words = rest.map((one) => (typeof one === 'object' && one !== null ? JSON.stringify(one) : String(one)));
  return name === 'users' ? `users ${words.join(',')}` : [name, ...words].join(' ');
}

export function publisher(uid: string, publication: string): HubUser {
  return { uid, role: 'host', audio: true, video: true, publication };
}
