import { findBeeps } from './beeps.ts';
import { judgeCadence } from './cadence.ts';
import { countPageFrames, flashOnsets, isBlack, isWhite, longestGap } from './counting.ts';
import { collectFrames } from './frames.ts';
import { isFaststart, isMonotonic, keyFrameTimes, readMedia, readPackets } from './media.ts';
import { checkHls } from './playlist.ts';
import { levelDb, readSound, silentIntervals } from './sound.ts';

/** All that can be told of a recording of test/pages/animated.html from its file. */
export async function verify(file: string, tone = 1000): Promise<object> {
  if (file.endsWith('.m3u8')) return await checkHls(file);
  const media = await readMedia(file);
  const video = await readPackets(file, 'video');
  const frames = await collectFrames(file);
  const flashes = flashOnsets(frames);
  return {
    media,
    faststart: /mp4/.test(media.container) ? await isFaststart(file) : null,
    monotonic: isMonotonic(video),
    keyFrames: keyFrameTimes(video),
    count: countPageFrames(frames),
    whiteFrames: frames.filter(isWhite).length,
    blackFrames: frames.filter(isBlack).length,
    longestGap: longestGap(frames),
    flashes: flashes.length,
    sound: media.audio === null ? null : await describeSound(file, flashes, tone),
  };
}

async function describeSound(file: string, flashes: readonly number[], tone: number): Promise<object> {
  const sound = await readSound(file);
  const beeps = findBeeps(sound, tone).map(({ onset }) => onset);
  return {
    levelDb: levelDb(sound, { from: 0, to: Number.POSITIVE_INFINITY }),
    gaps: sound.gaps,
    silentSeconds: silentIntervals(sound).reduce((sum, { from, to }) => sum + to - from, 0),
    beeps: beeps.length,
    cadence: judgeCadence(flashes, beeps),
  };
}

if (import.meta.main) {
  const [file, tone] = process.argv.slice(2);
  if (file === undefined) {
    console.error('usage: node test/probe/verify.ts FILE [TONE_HZ]');
    process.exitCode = 2;
  } else {
    console.log(JSON.stringify(await verify(file, tone === undefined ? undefined : Number(tone)), null, 2));
  }
}
