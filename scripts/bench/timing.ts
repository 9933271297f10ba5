import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runtimeRoot } from '../../src/node/runtime.ts';
import { median } from '../../test/probe/cadence.ts';
import { collectFrames, type Frame } from '../../test/probe/frames.ts';
import { readMedia } from '../../test/probe/media.ts';
import { type Bench, recordOurs, SIZE } from './bench-run.ts';
import { round, table } from './report.ts';
import { recordByService, startService } from './service.ts';

const RUNS = 10;
const COMMAND_RUNS = 5;
const FPS = 30;
const JOB = { seconds: 3, ...SIZE, fps: FPS };
/** A service starts nothing in reserve within three seconds of a start, and one that has begun to is done after this time. */
const SETTLE_MS = 4_000;
const CLOCK_RANGE = 2 ** 24;

/**
 * From the request to the first frame. The page (clock.html) writes the wall clock into every frame, so the file itself
 * says when its first picture was drawn, whatever the recorder believes.
 */
export async function measureStart(bench: Bench): Promise<void> {
  const warm = await startsOf(bench, 1);
  const cold = await startsOf(bench, 0);
  const command: number[] = [];
  for (let run = 0; run < COMMAND_RUNS; run += 1) {
    const requestedMs = Date.now();
    const file = await recordOurs(bench, { ...JOB, url: bench.pages.url('clock') });
    command.push(since(requestedMs, await collectFrames(file, { to: 1 })));
    await rm(file);
  }
  bench.say(`  by HTTP, warm, ms: ${warm.map(round).join(' ')}`);
  bench.say(`  by HTTP, cold, ms: ${cold.map(round).join(' ')}`);
  bench.say(`  by command, ms: ${command.map(round).join(' ')}`);
  bench.report.atMost('start', 'HTTP request to first frame, warm, median of 10', median(warm) / 1000, 0.3, 's');
  bench.report.atMost('start', 'HTTP request to first frame, cold, median of 10', median(cold) / 1000, 1, 's');
  bench.report.atMost('start', 'HTTP request to first frame, slowest', Math.max(...warm, ...cold) / 1000, 2, 's');
  bench.report.show('start', 'command to first frame, median', median(command) / 1000, 's');
}

/** Times of starts with so many stages kept ready. The first start, which tells the service what to keep, does not count. */
async function startsOf(bench: Bench, spares: number): Promise<number[]> {
  const url = bench.pages.url('clock');
  await using service = await startService(bench.workshop, { env: { TAPEHEAD_WARM_SPARES: String(spares) } });
  const times: number[] = [];
  for (let run = 0; run <= RUNS; run += 1) {
    const before = stages();
    const { requestedMs, file } = await recordByService(service, { ...JOB, url });
    times.push(since(requestedMs, await collectFrames(file, { to: 1 })));
    if (spares > 0) await anotherThan(before);
    await sleep(SETTLE_MS);
  }
  return times.slice(1);
}

/** Names of the stages that are kept ready: their browsers have a profile. */
function stages(): string[] {
  const names = existsSync(runtimeRoot()) ? readdirSync(runtimeRoot()) : [];
  return names.filter(
    (name) => name.startsWith('spare-') && existsSync(join(runtimeRoot(), name, 'browser', 'Default')),
  );
}

/** Waits for a stage that was not there before. */
async function anotherThan(before: readonly string[]): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (stages().some((name) => !before.includes(name))) return;
    await sleep(100);
  }
  throw new Error('the service kept no stage ready within 30 s');
}

function since(startMs: number, frames: readonly Frame[]): number {
  const first = frames[0]?.number;
  if (first === undefined || first === null) throw new Error('the first frame does not show the page');
  return (first - (startMs % CLOCK_RANGE) + CLOCK_RANGE) % CLOCK_RANGE;
}

/** The file's duration against what was asked for, and the file's clock against the page's. */
export async function measureDuration(bench: Bench): Promise<void> {
  const rows: (string | number)[][] = [];
  for (const seconds of [5, 12, 30]) {
    const file = await recordOurs(bench, { url: bench.pages.url('clock'), seconds, ...SIZE, fps: FPS });
    const { duration } = await readMedia(file);
    const wall = wallSeconds(await collectFrames(file)) + 1 / FPS;
    await rm(file);
    rows.push([seconds, duration, wall]);
    bench.report.atMost('duration', `MP4 against wall time, ${seconds} s`, Math.abs(duration - wall), 0.2, 's');
    bench.report.atMost(
      'duration',
      `MP4 against the time asked for, ${seconds} s`,
      Math.abs(duration - seconds),
      0.2,
      's',
    );
  }
  bench.say(table(['asked for, s', 'MP4, s', 'from first to last frame on the wall clock, s'], rows));
}

function wallSeconds(frames: readonly Frame[]): number {
  const shown = frames.flatMap(({ number }) => number ?? []);
  const [first, last] = [shown[0] ?? Number.NaN, shown.at(-1) ?? Number.NaN];
  return ((last - first + CLOCK_RANGE) % CLOCK_RANGE) / 1000;
}
