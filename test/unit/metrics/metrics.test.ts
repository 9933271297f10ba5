import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RecordingRecord } from '../../../src/controller/records.ts';
import { Metrics } from '../../../src/metrics/metrics.ts';
import type { Totals } from '../../../src/metrics/totals.ts';
import { type ChannelPlan, channelBefore } from '../../../src/recording/channel.ts';
import { NO_QUALITY } from '../../../src/recording/status.ts';
import { channelPlan } from '../../support/channel-plans.ts';
import { endOf, statusOf } from '../api/fake-recorder.ts';
import { planOf } from '../debug/plans.ts';

const NOW = 1_000_000;

const TOTALS: Totals = {
  capacity: { totalCores: 4, usedCores: 1.5, totalMemoryMB: 8000, usedMemoryMB: 1200 },
  uploads: {
    ...{ pendingFiles: 2, pendingBytes: 200, backupFiles: 1, lagMs: 1500, storedFiles: 9, storedBytes: 900 },
    failures: { refused: 3, unreachable: 1 },
  },
  callbacks: { pending: 5, oldestMs: NOW - 4000, givenUp: 2, attempts: { delivered: 7, failed: 6 } },
};
const READ = (): Totals => TOTALS;

/** Every sample of the text: its name with labels, to its value. */
async function samplesOf(metrics: Metrics): Promise<Record<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const match = /^([a-z_:][\w:]*(?:\{[^}]*\})?) (-?[\d.e+-]+|NaN|\+Inf)( \d+)?$/i.exec(line);
      assert.ok(match, line);
      return [match[1], Number(match[2])];
    }),
  );
}

function record(sid: string, channel: ChannelPlan | null = null): RecordingRecord {
  return {
    ...{ sid, appId: 'secret-app', cname: 'secret-room', uid: '7', resourceId: 'secret-resource', prefix: '' },
    ...{ startedMs: 0, limitMs: 0, stopAsked: false, plan: planOf({ sid, channel }), status: statusOf({}), end: null },
  };
}

const progress = (frames: number) => ({
  mediaMs: frames * 40,
  frames,
  missingFrames: frames / 10,
  bytes: frames * 100,
});

describe('recordings', () => {
  test('are counted as they begin and end', async () => {
    const metrics = new Metrics(READ, () => NOW);
    const { follower } = metrics;
    for (const sid of ['a', 'b', 'c']) follower.started?.(record(sid));
    follower.status?.(record('a'), statusOf({ phase: 'recording' }));
    follower.status?.(record('b'), statusOf({ phase: 'recording', onhold: true }));
    follower.ended?.(record('c'), endOf({ outcome: 'failed', reason: 'session_lost' }));
    const samples = await samplesOf(metrics);
    assert.equal(samples['tapehead_recordings_started_total'], 3);
    assert.equal(samples['tapehead_recordings_ended_total{outcome="failed",reason="session_lost"}'], 1);
    assert.equal(samples['tapehead_session_deaths_total'], 1);
    assert.equal(samples['tapehead_recordings{state="recording"}'], 1);
    assert.equal(samples['tapehead_recordings{state="held"}'], 1);
    assert.equal(samples['tapehead_recordings{state="starting"}'], 0);
  });

  test('are told by mode, with the users of their channels', async () => {
    const metrics = new Metrics(READ, () => NOW);
    const { follower } = metrics;
    const plan = channelPlan();
    const user = { uid: 'secret-user', role: 'host', audio: true, video: true } as const;
    for (const one of [record('a'), record('b', plan), record('c', plan)]) follower.started?.(one);
    follower.status?.(record('b', plan), statusOf({ channel: { ...channelBefore(plan), users: [user, user] } }));
    follower.ended?.(record('c', plan), endOf({ reason: 'idle' }));
    const samples = await samplesOf(metrics);
    assert.equal(samples['tapehead_recordings_by_mode{mode="web"}'], 1);
    assert.equal(samples['tapehead_recordings_by_mode{mode="mix"}'], 1);
    assert.equal(samples['tapehead_channel_users'], 2);
    assert.doesNotMatch(await metrics.text(), /secret/);
  });

  test('take cores and memory while they run', async () => {
    const metrics = new Metrics(READ, () => NOW);
    const { follower } = metrics;
    for (const sid of ['a', 'b', 'c']) {
      follower.started?.(record(sid));
      follower.status?.(record(sid), statusOf({ quality: { ...NO_QUALITY, cores: 0.5, memoryMB: 400 } }));
    }
    follower.ended?.(record('c'), endOf({}));
    const samples = await samplesOf(metrics);
    assert.equal(samples['tapehead_recordings_cpu_cores'], 1);
    assert.equal(samples['tapehead_recordings_memory_bytes'], 8e8);
  });

  test('what they record adds up, over restarts and to the end', async () => {
    const metrics = new Metrics(READ, () => NOW);
    const { follower } = metrics;
    const quality = { ...NO_QUALITY, encodersReplaced: 1 };
    follower.started?.(record('a'));
    follower.started?.(record('b'));
    follower.status?.(record('a'), statusOf({ progress: progress(100) }));
    follower.status?.(record('b'), statusOf({ progress: progress(50), quality }));
    follower.status?.(record('a'), statusOf({ progress: progress(200) }));
    // Another session takes over, and has not read yet what is there.
    follower.status?.(record('a'), statusOf({ progress: progress(0) }));
    follower.status?.(record('a'), statusOf({ progress: progress(210) }));
    // What a crash left is a little less than was told.
    follower.ended?.(record('b'), endOf({ progress: progress(40), quality }));
    const samples = await samplesOf(metrics);
    assert.equal(samples['tapehead_recorded_frames_total'], 260);
    assert.equal(samples['tapehead_repeated_frames_total'], 26);
    assert.equal(samples['tapehead_recorded_bytes_total'], 26_000);
    assert.ok(Math.abs((samples['tapehead_recorded_media_seconds_total'] ?? 0) - 10.4) < 1e-6);
    assert.equal(samples['tapehead_encoders_replaced_total'], 1);
  });

  test('events are counted by what they are', async () => {
    const metrics = new Metrics(READ, () => NOW);
    const { follower } = metrics;
    const url = 'rtmp://live.example.org/app/secret-key';
    follower.started?.(record('a'));
    follower.event?.(record('a'), { name: 'reloaded', reason: 'page_hang' });
    follower.event?.(record('a'), { name: 'reloaded', reason: 'page_hang' });
    follower.event?.(record('a'), { name: 'limit_exceeded', limit: 'WebGL' });
    follower.event?.(record('a'), { name: 'push_changed', url, state: 'publishing' });
    follower.event?.(record('a'), { name: 'resumed', atMs: 1 });
    follower.status?.(record('a'), statusOf({ pushes: [{ url, state: 'publishing' }] }));
    const samples = await samplesOf(metrics);
    assert.equal(samples['tapehead_page_reloads_total{reason="page_hang"}'], 2);
    assert.equal(samples['tapehead_page_limits_exceeded_total{limit="WebGL"}'], 1);
    assert.equal(samples['tapehead_push_changes_total{state="publishing"}'], 1);
    assert.equal(samples['tapehead_pushes{state="publishing"}'], 1);
    assert.equal(samples['tapehead_pushes{state="disconnected"}'], 0);
    assert.equal(samples['tapehead_session_deaths_total'], 1);
    assert.doesNotMatch(await metrics.text(), /secret/);
  });
});

test('capacity, uploads and callbacks are asked once for each scrape', async () => {
  let scrapes = 0;
  const read = (): Totals => ({ ...TOTALS, uploads: { ...TOTALS.uploads, storedFiles: 9 + scrapes++ } });
  const metrics = new Metrics(read, () => NOW);
  const first = await samplesOf(metrics);
  for (const [name, value] of [
    ['capacity_cores', 4],
    ['capacity_used_cores', 1.5],
    ['capacity_memory_bytes', 8e9],
    ['capacity_used_memory_bytes', 1.2e9],
    ['upload_pending_files', 2],
    ['upload_pending_bytes', 200],
    ['upload_backup_files', 1],
    ['upload_oldest_pending_seconds', 1.5],
    ['upload_stored_bytes_total', 900],
    ['upload_failures_total{kind="refused"}', 3],
    ['upload_failures_total{kind="unreachable"}', 1],
    ['callbacks_pending', 5],
    ['callbacks_oldest_pending_seconds', 4],
    ['callbacks_given_up', 2],
    ['callback_attempts_total{result="delivered"}', 7],
    ['callback_attempts_total{result="failed"}', 6],
  ] as const) {
    assert.equal(first[`tapehead_${name}`], value, name);
  }
  const stored = 'tapehead_upload_stored_files_total';
  assert.deepEqual([first[stored], (await samplesOf(metrics))[stored]], [9, 10]);
});

test('answers are timed, and the process is measured', async () => {
  const metrics = new Metrics(READ);
  metrics.answered('start', 200, 0.3);
  metrics.answered('start', 200, 3);
  metrics.answered('stop', 206, 45);
  const samples = await samplesOf(metrics);
  const name = 'tapehead_http_request_duration_seconds';
  assert.equal(samples[`${name}_count{call="start",status="200"}`], 2);
  assert.equal(samples[`${name}_bucket{le="0.5",call="start",status="200"}`], 1);
  assert.equal(samples[`${name}_bucket{le="45",call="stop",status="206"}`], 1);
  assert.ok((samples['process_resident_memory_bytes'] ?? 0) > 1e6);
  assert.match(metrics.contentType, /^text\/plain/);
});

test('two services in one process do not share figures', async () => {
  const one = new Metrics(READ);
  const other = new Metrics(READ);
  one.follower.started?.(record('a'));
  assert.equal((await samplesOf(other))['tapehead_recordings_started_total'], 0);
});
