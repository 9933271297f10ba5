import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HubSession, Member } from '../../src/channel/hub.ts';
import { HubProcess } from '../../src/hub/hub-process.ts';
import { Fork } from '../../src/process/fork.ts';
import { launchBrowser, type Peer, type TestBrowser } from '../../test/unit/hub/browser.ts';
import type { Bench } from './bench-run.ts';
import type { FromDatachannelHub, ToDatachannelHub } from './hub-datachannel.ts';
import { parseStat } from './meter.ts';
import { table } from './report.ts';

const PORTS = [41_000, 41_099] as const;
/** Until the sender's data rate is what it will be. */
const SETTLE_MS = 5_000;
/** Moving squares that fill 2 Mbit/s at 1280x720. */
const DETAIL = 1500;
const LIMIT_CORES = 0.12;
const LIMIT_FIRST_MS = 1_500;

interface MeasuredHub extends AsyncDisposable {
  publish(member: Member, offer: string): Promise<HubSession>;
  view(member: Member, publisher: string, layer: 'high' | 'low', offer: string): Promise<HubSession>;
  pid(): number;
}

interface Measured {
  readonly cores: number;
  readonly packetsPerS: number;
  readonly kbps: number;
  readonly lost: number;
  readonly height: number;
  readonly firstMs: number;
}

const CONTESTANTS: Readonly<Record<string, () => MeasuredHub>> = {
  Tapehead: openOurs,
  'node-datachannel': openDatachannel,
};

/** Cores per forwarded 720p stream: one publisher, one viewer, by us and by node-datachannel, turn by turn. */
export async function measureHub({ report, options, say }: Bench): Promise<void> {
  await using browser = await launchBrowser();
  const results: { name: string; measured: Measured }[] = [];
  for (let round = 0; round < options.rounds; round += 1)
    for (const [name, open] of Object.entries(CONTESTANTS))
      results.push({ name, measured: await measure(browser, open, options.windowS) });
  const rows = results.map(({ name, measured }) => [name, ...Object.values(measured)]);
  say(table(['hub', 'cores', 'packets/s', 'kbit/s', 'lost', 'lines', 'first picture ms'], rows));
  for (const name of Object.keys(CONTESTANTS)) {
    const own = results.filter((one) => one.name === name).map(({ measured }) => measured);
    const cores = median(own.map((one) => one.cores));
    if (name === 'Tapehead') {
      report.atMost('hub', 'cores per forwarded 720p stream', cores, LIMIT_CORES);
      report.atMost('hub', 'packets lost', Math.max(...own.map(({ lost }) => lost)), 0);
      const slowest = Math.max(...own.map(({ firstMs }) => firstMs));
      report.atMost('hub', 'first picture after it is asked for, slowest', slowest, LIMIT_FIRST_MS, 'ms');
    } else report.show('hub', `the same by ${name}`, cores);
  }
}

async function measure(browser: TestBrowser, open: () => MeasuredHub, windowS: number): Promise<Measured> {
  await using hub = open();
  const [publisher, viewer] = [await browser.open(hub), await browser.open(hub)];
  await publisher.page.evaluate(`window.detail = ${DETAIL}`);
  await publisher.publish({ appId: 'bench', channel: 'bench', uid: '1', role: 'publisher' }, { codec: 'VP8' });
  await viewer.view({ appId: 'bench', channel: 'bench', uid: '2', role: 'recorder' }, '1', 'high');
  await sleep(SETTLE_MS);
  const before = { ...(await countsOf(viewer)), cpuS: cpuSeconds(hub.pid()), atMs: performance.now() };
  await sleep(windowS * 1000);
  const after = { ...(await countsOf(viewer)), cpuS: cpuSeconds(hub.pid()), atMs: performance.now() };
  const seconds = (after.atMs - before.atMs) / 1000;
  const { height } = await viewer.seen();
  const firstMs = Math.round((await viewer.page.evaluate('window.firstFrameMs')) as number);
  for (const { page } of [publisher, viewer]) await page.close();
  return {
    cores: (after.cpuS - before.cpuS) / seconds,
    packetsPerS: Math.round((after.packets - before.packets) / seconds),
    kbps: Math.round(((after.bytes - before.bytes) * 8) / seconds / 1000),
    lost: after.lost - before.lost,
    height,
    firstMs,
  };
}

async function countsOf({ page }: Peer): Promise<{ packets: number; bytes: number; lost: number }> {
  return (await page.evaluate(`(async () => {
    const counts = { packets: 0, bytes: 0, lost: 0 };
    for (const { type, packetsReceived, bytesReceived, packetsLost } of (await viewer.getStats()).values()) {
      if (type !== 'inbound-rtp') continue;
      counts.packets += packetsReceived;
      counts.bytes += bytesReceived;
      counts.lost += packetsLost;
    }
    return counts;
  })()`)) as { packets: number; bytes: number; lost: number };
}

function cpuSeconds(pid: number): number {
  return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).own;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function openOurs(): MeasuredHub {
  const hub = new HubProcess({ publicAddress: null, ports: PORTS, identity: null }, () => {});
  return {
    publish: (member, offer) => hub.publish(member, offer),
    view: (member, publisher, layer, offer) => hub.view(member, publisher, layer, offer),
    pid: () => hub.pid ?? 0,
    [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose](),
  };
}

function openDatachannel(): MeasuredHub {
  const hub = new Fork<ToDatachannelHub, FromDatachannelHub>(join(import.meta.dirname, 'hub-datachannel.ts'), '/');
  const waiting = new Map<number, (answer: string) => void>();
  hub.onMessage(({ id, answer }) => waiting.get(id)?.(answer));
  const ask = async (type: ToDatachannelHub['type'], offer: string): Promise<HubSession> => {
    const id = waiting.size;
    const answer = await new Promise<string>((resolve) => {
      waiting.set(id, resolve);
      hub.send({ type, id, offer });
    });
    return { id: String(id), answer };
  };
  return {
    publish: (_, offer) => ask('publish', offer),
    view: (_, __, ___, offer) => ask('view', offer),
    pid: () => hub.pid,
    async [Symbol.asyncDispose]() {
      hub.killGroup();
      await hub.exited;
    },
  };
}
