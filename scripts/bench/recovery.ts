import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../../test/probe/cadence.ts';
import { collectFrames } from '../../test/probe/frames.ts';
import { drawnTimes, type Gap, longestGap } from '../../test/probe/wall-clock.ts';
import { sessionId } from '../../test/support/sabotage.ts';
import { type Recording, Service } from '../../test/support/service.ts';
import { type Bench, SIZE } from './bench-run.ts';
import { round } from './report.ts';

const RUNS = 5;
const FPS = 30;
const BEFORE_MS = 4_000;
const AFTER_MS = 8_000;

/** When the process was killed, and what the recording lacks of the time around it; all UTC ms. */
interface Loss extends Gap {
  readonly killedMs: number;
}

/**
 * From a kill -9 to the first new frame. The page (clock.html) writes the wall clock into every frame, so the file itself
 * says what it lacks.
 */
export async function measureRecovery(bench: Bench): Promise<void> {
  for (const [what, lose] of [
    ['the service', loseService],
    ['the recording', loseRecording],
  ] as const) {
    const losses: Loss[] = [];
    for (let run = 0; run < RUNS; run += 1)
      losses.push(await lose(bench, join(bench.workshop.folder, `${what} ${run}`)));
    const back = losses.map(({ killedMs, toMs }) => (toMs - killedMs) / 1000);
    const lost = losses.map(({ killedMs, fromMs }) => (killedMs - fromMs) / 1000);
    bench.say(`  ${what} is killed, s to the next frame: ${back.map(round).join(' ')}`);
    bench.say(`  ${what} is killed, s lost before: ${lost.map(round).join(' ')}`);
    bench.report.atMost('recovery', `kill -9 of ${what} to recording again, median`, median(back), 5, 's');
    bench.report.atMost('recovery', `kill -9 of ${what} to recording again, slowest`, Math.max(...back), 5, 's');
    bench.report.atMost('recovery', `lost before a kill -9 of ${what}, most`, Math.max(...lost), 2, 's');
  }
}

/** The service is started again at once. */
async function loseService(bench: Bench, data: string): Promise<Loss> {
  let recording: Recording;
  let killedMs: number;
  {
    await using service = await Service.start(data);
    recording = await begin(bench, service);
    killedMs = Date.now();
    await service.killHard();
  }
  await using restarted = await Service.start(data);
  return await end(recording.at(restarted), killedMs);
}

async function loseRecording(bench: Bench, data: string): Promise<Loss> {
  await using service = await Service.start(data);
  const recording = await begin(bench, service);
  const killedMs = Date.now();
  process.kill(sessionId(recording.sid), 'SIGKILL');
  return await end(recording, killedMs);
}

async function begin({ pages }: Bench, service: Service): Promise<Recording> {
  const size = { videoWidth: SIZE.width, videoHeight: SIZE.height, videoFps: FPS };
  const recording = await service.record({ url: pages.url('clock'), ...size });
  await recording.begun();
  await sleep(BEFORE_MS);
  return recording;
}

async function end(recording: Recording, killedMs: number): Promise<Loss> {
  await sleep(AFTER_MS);
  await recording.stop();
  const times = drawnTimes(await collectFrames(await recording.file('.mp4')), killedMs);
  return { ...longestGap(times), killedMs };
}
