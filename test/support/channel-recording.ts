import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../../src/kit/deadline.ts';
import { runtimeFolder } from '../../src/node/runtime.ts';
import { Supervisor } from '../../src/node/supervisor.ts';
import { identityFor } from '../../src/process/identity.ts';
import type { ChannelPlan, ToChannelPage } from '../../src/recording/channel.ts';
import type { RecordingEvent } from '../../src/recording/link.ts';
import type { RecordingPlan } from '../../src/recording/plan.ts';
import type { RunningRecording } from '../../src/recording/recorder.ts';
import { channelPlan } from './channel-plans.ts';
import type { Pages } from './pages.ts';
import { planFor } from './plans.ts';
import { ENDLESS } from './recorded-files.ts';
import type { TempFolder } from './temp-folder.ts';

const WAIT_MS = 40_000;
const PICTURE = { width: 640, height: 360, fps: 10, bitrateKbps: 1500 };

export interface ChannelRecordingOptions {
  readonly pages: Pages;
  readonly folder: TempFolder;
  /** What the page of the channel is told in its address; see test/pages/channel.html. */
  readonly query?: Readonly<Record<string, string | number>>;
  readonly channel?: Partial<ChannelPlan>;
  readonly plan?: Partial<RecordingPlan>;
}

/** A recording of a channel, with a page of the test's in the place of the project's. */
export interface ChannelRecording extends AsyncDisposable {
  readonly running: RunningRecording;
  readonly events: readonly RecordingEvent[];
  /** What the pages were told so far, the latest last. */
  told(): (ToChannelPage | string)[];
  /** Waits until it is true. @throws after a long time */
  reaches(probe: (recording: ChannelRecording) => boolean): Promise<void>;
  /** Path of the one file with this ending. */
  file(ending: string): Promise<string>;
}

export function recordChannel(options: ChannelRecordingOptions): ChannelRecording {
  const supervisor = new Supervisor();
  const plan = planOf(options);
  const running = supervisor.start(plan);
  const events: RecordingEvent[] = [];
  running.onEvent((event) => events.push(event));
  const recording: ChannelRecording = {
    running,
    events,
    told: () => options.pages.requests.flatMap(messageIn),
    async reaches(probe) {
      if (await until(WAIT_MS, 50, () => probe(recording))) return;
      throw new Error(`waited in vain: ${JSON.stringify([running.status, recording.told()])}`);
    },
    async file(ending) {
      const names = (await readdir(plan.files.folder)).filter((name) => name.endsWith(ending));
      if (names.length !== 1) throw new Error(`expected one *${ending}, found ${names.join(', ') || 'none'}`);
      return join(plan.files.folder, names[0] as string);
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      await supervisor[Symbol.asyncDispose]();
    },
  };
  return recording;
}

function planOf({ pages, folder, query, channel, plan }: ChannelRecordingOptions): RecordingPlan {
  const sid = randomBytes(16).toString('hex');
  const files = { folder: folder.file('files'), stem: `${sid}_room`, hls: true, mp4: ENDLESS };
  return planFor(files, {
    sid,
    page: { url: pages.url('channel', query), mobile: false, readyTimeoutS: 0 },
    channel: channelPlan(channel),
    picture: PICTURE,
    network: { allowPrivate: [], webrtcUdp: false, service: pages.origin, caFile: null },
    runtimeFolder: runtimeFolder(sid),
    identity: identityFor('tapehead'),
    ...plan,
  });
}

function messageIn(path: string): (ToChannelPage | string)[] {
  const { pathname, search } = new URL(path, 'http://localhost');
  return pathname === '/told' ? [JSON.parse(decodeURIComponent(search.slice(1)))] : [];
}
