import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { countPageFrames, irregularities, longestGap } from '../../test/probe/counting.ts';
import { collectFrames } from '../../test/probe/frames.ts';
import { type Bench, encoding, finish, newFile, SIZE } from './bench-run.ts';
import { ours } from './contestants.ts';
import { startMetered } from './meter.ts';
import { table } from './report.ts';

const RECORDINGS = 3;
const FPS = 30;
const WARM_UP_S = 10;
const MARGIN_S = 5;
const END_LIMIT_MS = 60_000;

/** What `record --json` prints, as far as it is told here. */
interface Summary {
  readonly capture: string;
  readonly encoder: string;
  readonly economies: readonly { readonly step: string }[];
}

/** Several recordings of the animated page at once: none may lose a frame of its page. */
export async function measureThree(bench: Bench): Promise<void> {
  const seconds = bench.options.threeS;
  const job = { url: bench.pages.url('animated'), seconds, ...SIZE, fps: FPS };
  await using stack = new AsyncDisposableStack();
  const runs = Array.from({ length: RECORDINGS }, () => {
    const file = newFile(bench.workshop);
    return { file, run: stack.use(startMetered(ours.command({ ...job, file }, bench.workshop))) };
  });
  await Promise.all(runs.map(({ run }) => encoding(ours, run)));
  await sleep(WARM_UP_S * 1000);
  const before = runs.map(({ run }) => run.sample());
  await sleep((seconds - WARM_UP_S - MARGIN_S) * 1000);
  const cores = runs.map(({ run }, i) => {
    const [from, to] = [before[i], run.sample()];
    return from === undefined ? Number.NaN : (to.total - from.total) / (to.at - from.at);
  });
  const ends = await Promise.all(
    runs.map(({ run }) => finish(ours, run, (WARM_UP_S + MARGIN_S) * 1000 + END_LIMIT_MS)),
  );

  const rows: (string | number)[][] = [];
  const lost: number[] = [];
  for (const [i, { file }] of runs.entries()) {
    const frames = await collectFrames(file);
    const count = countPageFrames(frames);
    const { capture, encoder, economies } = JSON.parse(ends[i]?.stdout ?? '') as Summary;
    const steps = economies.map(({ step }) => step).join(', ') || 'none';
    const gap = longestGap(frames) * 1000;
    rows.push([i + 1, cores[i] ?? Number.NaN, count.frames, count.lost, count.repeated, gap, capture, encoder, steps]);
    for (const line of irregularities(frames).slice(0, 10)) bench.say(`  ${i + 1}: ${line}`);
    lost.push(count.lost + count.unread);
    await rm(file);
  }
  const head = [
    'recording',
    'cores',
    'frames',
    'lost',
    'repeated',
    'longest gap, ms',
    'capture',
    'encoder',
    'economies',
  ];
  bench.say(table(head, rows));
  const name = `${RECORDINGS} at once for ${seconds} s`;
  bench.report.show(
    'three',
    `${name}: cores of all`,
    cores.reduce((sum, one) => sum + one, 0),
  );
  bench.report.atMost('three', `${name}: page frames lost in any`, Math.max(...lost), 0);
}
