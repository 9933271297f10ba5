import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { RecorderError } from '../errors.ts';
import { Child } from '../process/child.ts';
import { childEnvironment } from '../process/environment.ts';

/**
 * Puts slices together into one MP4, without encoding again, its index in front (`faststart`). The file appears under
 * its name only when it is complete, so an interrupted one can simply be made again from the slices.
 *
 * @param slices paths in order.
 * @throws RecorderError `disk_full`, `internal`; the slices are untouched either way.
 */
export async function assembleMp4(slices: readonly string[], path: string, signal?: AbortSignal): Promise<void> {
  const unfinished = `${path}.part`;
  const muxer = new Child({
    name: 'muxer',
    command: 'ffmpeg',
    args: muxerArgs(unfinished),
    env: childEnvironment(dirname(path)),
    identity: null,
    stdio: { stdin: 'pipe' },
  });
  const abort = () => muxer.signal('SIGKILL');
  signal?.addEventListener('abort', abort, { once: true });
  try {
    // When ffmpeg ends early the pipe breaks; its own words, below, tell why.
    await pipeline(bytesOf(slices), muxer.stdin).catch(() => {});
    const exit = await muxer.exited;
    if (exit.code !== 0) throw failure(muxer);
    await rename(unfinished, path);
  } finally {
    signal?.removeEventListener('abort', abort);
    await rm(unfinished, { force: true });
  }
}

function muxerArgs(path: string): string[] {
  return [
    ...['-hide_banner', '-nostats', '-loglevel', 'warning', '-y', '-f', 'mpegts', '-i', 'pipe:0'],
    ...['-map', '0:v', '-map', '0:a?', '-c', 'copy', '-bsf:a', 'aac_adtstoasc'],
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
