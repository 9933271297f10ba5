import { rm } from 'node:fs/promises';
import { median } from '../../test/probe/cadence.ts';
import { collectFrames, type Frame } from '../../test/probe/frames.ts';
import { readMedia } from '../../test/probe/media.ts';
import { type Bench, recordOurs, SIZE } from './bench-run.ts';
import { round, table } from './report.ts';
import { recordByService, startService } from './service.ts';

const RUNS = 5;
const FPS = 30;
const CLOCK_RANGE = 2 ** 24;

/**
 * From the request to the first frame. The page (clock.html) writes the wall clock into every frame, so the file itself
 * says when its first picture was drawn, whatever the recorder believes.
 */
export async function measureStart(bench: Bench): Promise<void> {
  const url = bench.pages.url('clock');
  const service: number[] = [];
  const command: number[] = [];
  {
    await using running = await startService(bench.workshop);
    for (let run = 0; run < RUNS; run += 1) {
      const { requestedMs, file } = await recordByService(running, { url, seconds: 3, ...SIZE, fps: FPS });
      service.push(since(requestedMs, await collectFrames(file, { to: 1 })));
    }
  }
  for (let run = 0; run < RUNS; run += 1) {
    const requestedMs = Date.now();
    const file = await recordOurs(bench, { url, seconds: 3, ...SIZE, fps: FPS });
    command.push(since(requestedMs, await collectFrames(file, { to: 1 })));
    await rm(file);
  }
  bench.say(`  by HTTP, ms: ${service.map(round).join(' ')}`);
  bench.say(`  by command, ms: ${command.map(round).join(' ')}`);
  bench.report.atMost('start', 'HTTP request to first frame, median', median(service) / 1000, 2, 's');
  bench.report.atMost('start', 'HTTP request to first frame, slowest', Math.max(...service) / 1000, 2, 's');
  bench.report.show('start', 'command to first frame, median', median(command) / 1000, 's');
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
