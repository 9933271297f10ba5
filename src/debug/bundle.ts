import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../errors.ts';
import { maskUrl } from '../kit/mask-url.ts';
import { redactText } from '../kit/redact.ts';
import { pngOf } from '../quality/key-picture.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import type { RecordingEnd, RecordingStatus } from '../recording/status.ts';
import { stopCodeOf } from '../recording/stop-code.ts';
import type { UtcMs } from '../types.ts';
import { redactPlan, secretsOf } from './redact-plan.ts';

/** Of each log the end. */
const MOST_LOG_CHARACTERS = 200_000;
const MOST_PICTURE_BYTES = 20_000_000;

/** Something that happened to a recording, in words for people. */
export interface HistoryEntry {
  readonly atMs: UtcMs;
  readonly text: string;
}

/** What is known of a recording that went wrong; what is left out is not known. */
export interface BundleContents {
  readonly plan: RecordingPlan;
  readonly end: RecordingEnd;
  /** As last heard of: of a recording whose process died. */
  readonly status?: RecordingStatus | null;
  readonly history?: readonly HistoryEntry[];
  /** The last lines of each process: `browser`, `encoder`, `display`, `sound`. */
  readonly tails?: Readonly<Record<string, string>>;
  /** PNG. */
  readonly screenshot?: Buffer | null;
  /** A transport stream of one picture, instead of a screenshot. */
  readonly lastKeyFrame?: Buffer | null;
}

/** Recordings that ended well, or were stopped before they began, need no explanation. */
export function needsBundle({ outcome }: RecordingEnd): boolean {
  return outcome === 'partial' || outcome === 'failed';
}

/**
 * Writes the debug bundle of a recording into the folder of its plan, for the service's user only and without secrets; one that is
 * there is replaced. Never rejects: a bundle must not harm a recording.
 *
 * @returns what went wrong; null when nothing did, or when there is nothing to write
 */
export async function writeDebugBundle(contents: BundleContents): Promise<string | null> {
  const folder = contents.plan.debugFolder;
  if (folder === null || !needsBundle(contents.end)) return null;
  const unfinished = `${folder}.part`;
  try {
    await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { mode: 0o700 });
    for (const [name, bytes] of await filesOf(contents))
      await writeFile(join(unfinished, name), bytes, { mode: 0o600 });
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
    return null;
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true }).catch(() => {});
    return `expected to write the debug bundle: ${messageOf(error)}`;
  }
}

async function filesOf(contents: BundleContents): Promise<[string, string | Buffer][]> {
  const { plan, end, status, history, tails = {} } = contents;
  const secrets = secretsOf(plan);
  const clean = (text: string): string => redactText(text, secrets);
  const json = (_name: string, value: unknown): unknown => (typeof value === 'string' ? clean(value) : value);
  const facts = {
    plan: redactPlan(plan),
    end: { ...end, stopCode: stopCodeOf(end.reason) },
    status: status && withoutKeys(status),
    history: history?.map(withTime),
  };
  return [
    ...Object.entries(facts).flatMap(([name, fact]): [string, string][] =>
      fact ? [[`${name}.json`, `${JSON.stringify(fact, json, 2)}\n`]] : [],
    ),
    ...Object.entries(tails).map(([name, tail]): [string, string] => [
      `${name}.log`,
      `${clean(tail.slice(-MOST_LOG_CHARACTERS))}\n`,
    ]),
    ...(await picture(contents)),
  ];
}

async function picture({ plan, screenshot, lastKeyFrame }: BundleContents): Promise<[string, Buffer][]> {
  if (screenshot) return small('screenshot.png', screenshot);
  if (!lastKeyFrame) return [];
  const png = await pngOf(lastKeyFrame, { folder: '/', identity: plan.identity });
  return png ? small('last-picture.png', png) : [];
}

function small(name: string, bytes: Buffer): [string, Buffer][] {
  return bytes.length > MOST_PICTURE_BYTES ? [] : [[name, bytes]];
}

function withoutKeys(status: RecordingStatus): RecordingStatus {
  return { ...status, pushes: status.pushes.map((push) => ({ ...push, url: maskUrl(push.url) })) };
}

function withTime(entry: HistoryEntry): object {
  return { at: new Date(entry.atMs).toISOString(), ...entry };
}
