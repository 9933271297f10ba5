import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FrameReader } from '../output/frame-reader.ts';
import { buildTables } from '../output/tables.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import type { RecordingEnd, RecordingStatus } from '../recording/status.ts';
import { writeDebugBundle } from './bundle.ts';

/**
 * The debug bundle of a recording whose process died: what the service knows of it, and the last picture in its files. One that
 * the process could still write stays.
 *
 * @param status as last heard of. @returns what went wrong, like writeDebugBundle
 */
export async function writeLostBundle(
  plan: RecordingPlan,
  status: RecordingStatus | null,
  end: RecordingEnd,
): Promise<string | null> {
  if (plan.debugFolder === null || (await exists(plan.debugFolder))) return null;
  const picture = await lastKeyFrame(plan.files.folder).catch(() => null);
  return await writeDebugBundle({ plan, status, end, lastKeyFrame: picture });
}

/** Out of the latest slice, whose name tells when it was begun. */
async function lastKeyFrame(folder: string): Promise<Buffer | null> {
  const names = await readdir(folder).catch(() => []);
  const latest = names
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .at(-1);
  return latest === undefined ? null : keyFrameIn(await readFile(join(folder, latest)));
}

function keyFrameIn(slice: Buffer): Buffer | null {
  let last: Buffer | null = null;
  const reader = new FrameReader((frame) => {
    if (frame.kind === 'video' && frame.key) last = frame.packets;
  });
  try {
    reader.push(slice);
  } catch {
    // What a crash of the machine left at the end is no packet; the picture before it will do.
  }
  return last && Buffer.concat([buildTables({ kinds: ['video'] }), last]);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
