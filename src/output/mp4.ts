import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { RecorderError } from '../errors.ts';
import { Child } from '../process/child.ts';
import { childEnvironment } from '../process/environment.ts';

/** A picture comes at least once a second. */
const LONGEST_LAST_S = 5;

/**
 * Puts slices together into one MP4, without encoding again, its index in front (`faststart`). The file appears under
 * its name only when it is complete, so an interrupted one can simply be made again from the slices.
 *
 * @param slices paths in order.
 * @param seconds from the first picture to where the last one ends. A transport stream does not tell that, and on a page that stands
 *   still the last picture is shown for up to a second.
 * @throws RecorderError `disk_full`, `internal`; the slices are untouched either way.
 */
export async function assembleMp4(slices: readonly string[], seconds: number, path: string): Promise<void> {
  const unfinished = `${path}.part`;
  const muxer = new Child({
    name: 'muxer',
    command: 'ffmpeg',
    args: muxerArgs(seconds, unfinished),
    env: childEnvironment(dirname(path)),
    identity: null,
    stdio: { stdin: 'pipe' },
  });
  try {
    const fed = await pipeline(bytesOf(slices), muxer.stdin).then(
      () => null,
      (error: Error) => error,
    );
    const exit = await muxer.exited;
    if (exit.code !== 0) throw failure(muxer);
    // A slice that could not be read to its end would make a shorter MP4, and ffmpeg would not know.
    if (fed) throw new RecorderError('internal', `expected to read the slices: ${fed.message}`, { cause: fed });
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}

function muxerArgs(seconds: number, path: string): string[] {
  const lasts = `clip(${seconds.toFixed(6)}/TB-(PTS-STARTPTS),1,${LONGEST_LAST_S}/TB)`;
  return [
    ...['-hide_banner', '-nostats', '-loglevel', 'warning', '-y', '-f', 'mpegts', '-i', 'pipe:0'],
    ...['-map', '0:v?', '-map', '0:a?', '-c', 'copy', '-bsf:a', 'aac_adtstoasc'],
    // Of the last packet there is no next one.
    ...['-bsf:v', `setts=duration='if(eq(NEXT_PTS,NOPTS),${lasts},DURATION)'`],
    ...['-movflags', '+faststart', '-f', 'mp4', path],
  ];
}

async function* bytesOf(paths: readonly string[]): AsyncGenerator<Buffer> {
  for (const path of paths) yield* createReadStream(path, { highWaterMark: 2 ** 20 });
}

function failure(muxer: Child): RecorderError {
  const full = /No space left on device/.test(muxer.tail(20));
  return new RecorderError(full ? 'disk_full' : 'internal', `expected an MP4 from the slices: ${muxer.describeExit()}`);
}
