import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pages } from '../../test/support/pages.ts';
import { type Contestant, type Job, ours } from './contestants.ts';
import { type Ended, type Metered, startMetered } from './meter.ts';
import type { Report } from './report.ts';
import type { Workshop } from './workshop.ts';

/** What every part of the bench works with. */
export interface Bench {
  readonly pages: Pages;
  readonly workshop: Workshop;
  readonly report: Report;
  readonly options: Options;
  say(text: string): void;
}

export interface Options {
  readonly rounds: number;
  readonly windowS: number;
  readonly runs: number;
  readonly longS: number;
  /** Length of the three recordings at once. */
  readonly threeS: number;
  /** Cores of Jibri's pipeline as well. */
  readonly jibri: boolean;
  /** How the animated page makes its beeps; see test/pages/animated.html. */
  readonly pageSync: string;
}

export const SIZE = { width: 1280, height: 720 } as const;
/** What a recorder takes to come up, to end, and to be given up on. */
const START_LIMIT_MS = 60_000;
const END_LIMIT_MS = 60_000;

let files = 0;

export function newFile(workshop: Workshop, extension = 'mp4'): string {
  files += 1;
  return join(workshop.folder, `run-${files}.${extension}`);
}

/** Records with the product's own command from beginning to end. */
export async function recordOurs(bench: Bench, job: Omit<Job, 'file'>): Promise<string> {
  const file = newFile(bench.workshop);
  await using run = startMetered(ours.command({ ...job, file }, bench.workshop));
  await finish(ours, run, job.seconds * 1000 + START_LIMIT_MS + END_LIMIT_MS);
  return file;
}

/** Waits for the end of a recorder, and throws with its last words when it went wrong. */
export async function finish(contestant: Contestant, run: Metered, limitMs: number): Promise<Ended> {
  const ended = await Promise.race([run.ended, sleep(limitMs, null, { ref: false })]);
  if (ended === null) throw new Error(`${contestant.name} did not end within ${limitMs / 1000} s`);
  const left = /left behind: .*/.exec(ended.stderr);
  if (left !== null) console.error(`bench: ${contestant.name}: processes ${left[0]}`);
  if (ended.code === 0) return ended;
  const words = `${ended.stdout}\n${ended.stderr}`.trim().split('\n').slice(-8).join('\n');
  throw new Error(`${contestant.name} ended with code ${ended.code}:\n${words}`);
}

/** Resolves when the recorder's ffmpeg is there, which all of them begin their recording with. */
export async function encoding(contestant: Contestant, run: Metered): Promise<void> {
  const until = Date.now() + START_LIMIT_MS;
  let over = false;
  run.ended.then(() => {
    over = true;
  });
  while (!run.runs('ffmpeg')) {
    if (over) await finish(contestant, run, 0);
    if (over || Date.now() > until) throw new Error(`${contestant.name} started no ffmpeg`);
    await sleep(100);
  }
}
