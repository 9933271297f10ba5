import { rm } from 'node:fs/promises';
import { findBeeps } from '../../test/probe/beeps.ts';
import { type Cadence, judgeCadence, median } from '../../test/probe/cadence.ts';
import { countPageFrames, flashOnsets, irregularities, longestGap } from '../../test/probe/counting.ts';
import { collectFrames } from '../../test/probe/frames.ts';
import { readSound } from '../../test/probe/sound.ts';
import { type Bench, recordOurs, SIZE } from './bench-run.ts';
import { round, table } from './report.ts';

const FRAMES_S = 60;
const SYNC_S = 20;
const SYNC_LIMITS = [
  { fps: 15, limitMs: 60 },
  { fps: 30, limitMs: 45 },
  { fps: 60, limitMs: 45 },
] as const;

/** Every frame of a file against the page's own count of its frames. */
export async function measureFrames(bench: Bench): Promise<void> {
  const { report } = bench;
  const file = await recordOurs(bench, { url: bench.pages.url('animated'), seconds: FRAMES_S, ...SIZE, fps: 30 });
  const frames = await collectFrames(file);
  const count = countPageFrames(frames);
  report.atLeast('frames', 'different frames in a file of 60 s', count.share * 100, 99.5, '%');
  report.atMost('frames', 'page frames lost', count.lost, 0);
  report.show('frames', 'frames repeated', count.repeated);
  report.show('frames', 'longest time between two frames', longestGap(frames) * 1000, 'ms');
  for (const line of irregularities(frames).slice(0, 20)) bench.say(`  ${line}`);
  await rm(file);
}

/** The offset of sound against picture, run by run: it is the spread from one run to the next that matters. */
export async function measureSync(bench: Bench): Promise<void> {
  const rows: (string | number)[][] = [];
  for (const { fps, limitMs } of SYNC_LIMITS) {
    const medians: number[] = [];
    for (let run = 1; run <= bench.options.runs; run += 1) {
      const cadence = await recordCadence(bench, SYNC_S, fps);
      medians.push(cadence.median);
      bench.say(`  ${fps} fps, run ${run}: ${inWords(cadence)}`);
    }
    const sorted = medians.toSorted((a, b) => a - b);
    rows.push([
      fps,
      median(medians),
      sorted[0] ?? Number.NaN,
      sorted.at(-1) ?? Number.NaN,
      medians.map(round).join(' '),
    ]);
    const worst = Math.max(...medians.map(Math.abs));
    bench.report.atMost('sync', `worst median of ${medians.length} runs at ${fps} fps`, worst, limitMs, 'ms');
  }
  bench.say(
    `\nsound against picture in ms, minus = sound early\n${table(['fps', 'median', 'lowest', 'highest', 'runs'], rows)}\n`,
  );
}

export async function measureDrift(bench: Bench): Promise<void> {
  const cadence = await recordCadence(bench, bench.options.longS, 30);
  bench.say(`  ${inWords(cadence)}`);
  bench.report.show('drift', `median offset over ${bench.options.longS} s`, cadence.median, 'ms');
  bench.report.atMost('drift', `drift over ${bench.options.longS} s`, Math.abs(cadence.drift), 20, 'ms');
}

async function recordCadence(bench: Bench, seconds: number, fps: number): Promise<Cadence> {
  const url = bench.pages.url('animated', { sync: bench.options.pageSync });
  const file = await recordOurs(bench, { url, seconds, ...SIZE, fps });
  const flashes = flashOnsets(await collectFrames(file));
  const beeps = findBeeps(await readSound(file)).map(({ onset }) => onset);
  await rm(file);
  return judgeCadence(flashes, beeps);
}

function inWords({ pairs, flashesAlone, beepsAlone, median: middle, spread, drift }: Cadence): string {
  const alone = flashesAlone + beepsAlone === 0 ? '' : `, ${flashesAlone} flashes and ${beepsAlone} beeps alone`;
  return `median ${round(middle)} ms, spread ${round(spread)} ms, drift ${round(drift)} ms over ${pairs} pairs${alone}`;
}
