import assert from 'node:assert/strict';
import { cp, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../../src/kit/deadline.ts';
import type { OpenSlice } from '../../src/output/journal.ts';
import { RecordingFiles } from '../../src/output/recording-files.ts';
import type { ReadyFile } from '../../src/recording/link.ts';
import type { FilesPlan, MediaPlan } from '../../src/recording/plan.ts';
import { PICTURE, type RealMedia, SOUND, START_MS } from './real-media.ts';

export const MEDIA: MediaPlan = { picture: PICTURE, sound: SOUND };
export const ENDLESS = { maxDurationMs: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };

export function planIn(folder: string, options: Partial<FilesPlan> = {}): FilesPlan {
  return { folder, stem: 'sid_name', hls: true, mp4: ENDLESS, ...options };
}

/** The files of a recording under way, with all that they told. */
export interface Recorded {
  readonly files: RecordingFiles;
  readonly errors: string[];
  readonly opened: OpenSlice[];
  /** Beside each opened one. */
  readonly discontinueMs: number[];
  readonly closed: { count: number };
  readonly ready: ReadyFile[];
  readonly media: RealMedia;
}

/** @param how `resume` goes on with what is in the folder. */
export async function openRecording(
  media: RealMedia,
  plan: FilesPlan,
  how: 'create' | 'resume' = 'create',
  kinds = MEDIA,
): Promise<Recorded> {
  const errors: string[] = [];
  const opened: OpenSlice[] = [];
  const discontinueMs: number[] = [];
  const closed = { count: 0 };
  const ready: ReadyFile[] = [];
  const files = await RecordingFiles[how]({
    plan,
    media: kinds,
    onSliceOpened: (slice, ms) => {
      opened.push(slice);
      discontinueMs.push(ms);
    },
    onSliceClosed: () => {
      closed.count += 1;
    },
    onReady: (file) => ready.push(file),
    onError: ({ code }) => errors.push(code),
  });
  files.tables = media.tables;
  return { files, errors, opened, discontinueMs, closed, ready, media };
}

/** Records the stretch from one second to another. */
export function record({ files, media }: Recorded, fromS: number, toS: number): void {
  for (const frame of media.frames) {
    const second = (frame.capturedMs - START_MS + 1) / 1000;
    if (second >= fromS && second < toS) files.push(frame);
  }
}

/** File names of the folder, in order. */
export async function names(folder: string, ending = ''): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith(ending)).sort();
}

export async function reaches(probe: () => boolean | Promise<boolean>): Promise<void> {
  assert.ok(await until(20_000, 20, probe), 'what was waited for did not come');
}

/** Seconds that the playlist's lines add up to. */
export async function playlistSeconds(folder: string): Promise<number> {
  const text = await readFile(join(folder, 'sid_name.m3u8'), 'utf8');
  return [...text.matchAll(/#EXTINF:([\d.]+),/g)].reduce((sum, [, seconds]) => sum + Number(seconds), 0);
}

/** Waits until every byte so far is on the disk. */
export async function written({ files }: Recorded, folder: string): Promise<void> {
  await reaches(async () => {
    const sizes = (await names(folder, '.ts')).map(async (name) => (await stat(join(folder, name))).size);
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) === files.bytes;
  });
}

/** Makes a folder as it is after some seconds of recording, one slice complete, as if the process had been killed. */
export async function leftBehind(
  media: RealMedia,
  folder: string,
  seconds: number,
  options: Partial<FilesPlan> = {},
  kinds = MEDIA,
): Promise<{ plan: FilesPlan; opened: readonly OpenSlice[] }> {
  const living = join(folder, 'living');
  const recorded = await openRecording(media, planIn(living, options), 'create', kinds);
  record(recorded, 0, seconds);
  await written(recorded, living);
  await reaches(() => recorded.closed.count === 1);
  const plan = planIn(join(folder, 'left'), options);
  await cp(living, plan.folder, { recursive: true });
  await recorded.files.finish();
  return { plan, opened: recorded.opened };
}
