import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../../test/probe/cadence.ts';
import { type Count, countPageFrames } from '../../test/probe/counting.ts';
import { collectFrames } from '../../test/probe/frames.ts';
import { type Bench, encoding, finish, newFile, SIZE } from './bench-run.ts';
import { type Contestant, jibri, ours, oursVeryfast, puppeteerStream } from './contestants.ts';
import { startMetered } from './meter.ts';
import { round, table } from './report.ts';

const FPS = 30;
const WARM_UP_S = 5;
const MARGIN_S = 3;
/** More than this used by others makes a run doubtful. */
const QUIET = 0.15;
/** The preset makes no difference to a page that hardly changes. */
const CONTESTANTS = {
  animated: [ours, oursVeryfast, puppeteerStream],
  static: [ours, puppeteerStream],
  slides: [ours, puppeteerStream],
} as const;
type PageName = keyof typeof CONTESTANTS;
const PAGES = ['animated', 'static', 'slides'] as const satisfies readonly PageName[];

interface Result {
  readonly contestant: Contestant;
  readonly page: PageName;
  readonly cores: number;
  /** What the rest of the machine used meanwhile. */
  readonly others: number;
  readonly parts: readonly string[];
  /** As our own command tells it; null for the others. */
  readonly encoder: string | null;
  readonly count: Count;
}

/** Side by side: the same page, the same stretch of time after start-up, one after the other and round after round. */
export async function measureCpu(bench: Bench): Promise<void> {
  const all = new Set(PAGES.flatMap((page) => contestantsOf(bench, page)));
  for (const contestant of all) contestant.prepare();
  const results: Result[] = [];
  for (const page of PAGES) {
    for (let round = 1; round <= bench.options.rounds; round += 1) {
      for (const contestant of contestantsOf(bench, page)) {
        const result = await measureOne(bench, contestant, page);
        results.push(result);
        bench.say(inWords(result, round));
      }
    }
  }
  for (const page of PAGES) bench.say(`\n${compare(contestantsOf(bench, page), results, page)}\n`);
  for (const contestant of all) bench.say(`${contestant.name}: ${contestant.how}`);
  judge(bench, results);
}

function contestantsOf({ options }: Bench, page: PageName): readonly Contestant[] {
  return options.jibri ? [...CONTESTANTS[page], jibri] : CONTESTANTS[page];
}

async function measureOne(bench: Bench, contestant: Contestant, page: PageName): Promise<Result> {
  const { workshop, pages, options } = bench;
  const file = newFile(workshop);
  const seconds = WARM_UP_S + options.windowS + MARGIN_S;
  const job = { url: pages.url(page), file, seconds, ...SIZE, fps: FPS };
  await using run = startMetered(contestant.command(job, workshop));
  await encoding(contestant, run);
  await sleep(WARM_UP_S * 1000);
  const before = run.sample();
  await sleep(options.windowS * 1000);
  const after = run.sample();
  const { stdout } = await finish(contestant, run, 60_000);
  const encoder = /"encoder":"([^"]+)"/.exec(stdout)?.[1] ?? null;
  const frames = await collectFrames(file, { from: WARM_UP_S, to: WARM_UP_S + options.windowS });
  await rm(file);
  const perSecond = (now: number, then = 0) => (now - then) / (after.at - before.at);
  const parts = [...after.parts]
    .map(([name, seconds]) => [name, perSecond(seconds, before.parts.get(name))] as const)
    .filter(([, cores]) => cores >= 0.005)
    .sort((a, b) => b[1] - a[1])
    .map(([name, cores]) => `${name} ${cores.toFixed(2)}`);
  const cores = perSecond(after.total, before.total);
  const others = perSecond(after.machine, before.machine) - cores;
  return { contestant, page, cores, others, parts, encoder, count: countPageFrames(frames) };
}

function inWords({ contestant, page, cores, others, parts, encoder, count }: Result, number: number): string {
  const frames =
    page !== 'animated'
      ? `, ${count.frames} pictures`
      : `, ${round(count.perSecond)} page frames/s, ${count.repeated} repeated, ${count.lost} lost`;
  const noise = others > QUIET ? `; ${others.toFixed(2)} cores used by other programs` : '';
  const how = encoder === null ? '' : ` with ${encoder}`;
  return `  ${page} ${number}: ${contestant.name}${how} ${cores.toFixed(3)} cores (${parts.join(', ')})${frames}${noise}`;
}

function compare(contestants: readonly Contestant[], results: readonly Result[], page: PageName): string {
  const rows = contestants.map((contestant) => {
    const own = results.filter((result) => result.contestant === contestant && result.page === page);
    const middle = (pick: (result: Result) => number) => median(own.map(pick));
    const all = own.map(({ cores }) => cores.toFixed(2)).join(' ');
    const cores = [contestant.name, middle((one) => one.cores), all] as const;
    if (page !== 'animated') return [...cores, middle(({ count }) => count.frames)];
    return [
      ...cores,
      middle(({ count }) => count.frames),
      middle(({ count }) => count.perSecond),
      middle(({ count }) => count.repeated),
      middle(({ count }) => count.lost),
    ];
  });
  const head = ['recorder', 'cores (median)', 'cores (each round)', 'frames'];
  const more = page === 'animated' ? ['page frames/s', 'repeated', 'lost'] : [];
  return `${page} page, 1280x720 at ${FPS} fps\n${table([...head, ...more], rows)}`;
}

function judge(bench: Bench, results: readonly Result[]): void {
  const { report } = bench;
  const cores = (contestant: Contestant, page: PageName) =>
    median(results.filter((one) => one.contestant === contestant && one.page === page).map((one) => one.cores));
  for (const page of PAGES) {
    for (const contestant of contestantsOf(bench, page)) {
      report.show('cpu', `${contestant.name}, ${page} page`, cores(contestant, page), 'cores');
    }
  }
  const share = (contestant: Contestant) => cores(contestant, 'animated') / cores(puppeteerStream, 'animated');
  report.atMost('cpu', 'ours as a share of puppeteer-stream, animated page', share(ours), 0.38);
  report.atMost('cpu', 'ours with veryfast, likewise', share(oursVeryfast), 0.5);
  report.atMost('cpu', 'ours, static page', cores(ours, 'static'), 0.1, 'cores');
  report.atMost('cpu', 'ours, a page that changes once a second', cores(ours, 'slides'), 0.15, 'cores');
  if (bench.options.jibri) {
    const ratio = cores(ours, 'animated') / cores(jibri, 'animated');
    report.show('cpu', 'ours as a share of the Jibri pipeline, animated page', ratio);
  }
}
