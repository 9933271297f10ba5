import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findBeeps } from '../../test/probe/beeps.ts';
import { judgeCadence, median } from '../../test/probe/cadence.ts';
import { gridCell } from '../../test/probe/composition.ts';
import { readPackets, steps } from '../../test/probe/media.ts';
import { readSound } from '../../test/probe/sound.ts';
import { onsetsOf, watchRegions } from '../../test/probe/tiles.ts';
import { MixRecording } from '../../test/support/mix.ts';
import { makePeople, type Person, Publishers, paletteOf } from '../../test/support/publishers.ts';
import { sessionId } from '../../test/support/sabotage.ts';
import { Service } from '../../test/support/service.ts';
import { childOf, groupOf } from '../../test/support/sockets.ts';
import { type Bench, SIZE } from './bench-run.ts';
import { parseStat } from './meter.ts';
import { round } from './report.ts';

const CNAME = 'bench';
const WARM_UP_MS = 5_000;
const JOINS = 7;
/** Small, so that the publishers do not take the machine from what is measured. */
const CHEAP = { size: '320x180', fps: 15 } as const;

/** Four users on a canvas of 1280x720: what it costs, what is lost, and how far sound and picture are apart; then who joins. */
export async function measureComposite(bench: Bench): Promise<void> {
  for (const fps of [15, 30]) await measureFour(bench, fps);
  await measureSoundOnly(bench);
  await measureJoins(bench);
}

async function measureFour(bench: Bench, fps: number): Promise<void> {
  const { report, options } = bench;
  const people = makePeople(4);
  await using service = await Service.start(join(bench.workshop.folder, `composite-${fps}`));
  await using publishers = await Publishers.open(service.origin, CNAME);
  const [host, ...others] = people as [Person, ...Person[]];
  await publishers.join(host, { ...CHEAP, beat: true });
  await publishers.joinAll(others, CHEAP);
  const recording = await record(service, fps);
  await sleep(WARM_UP_MS);
  const group = sessionId(recording.sid);
  const hub = childOf(service.pid, '/src/hub/');
  const sample = () => ({ at: performance.now() / 1000, session: cpuOf(groupOf(group)), hub: cpuOf([hub]) });
  const before = sample();
  await sleep(options.windowS * 1000);
  const after = sample();
  await recording.stop();

  const file = await recording.file('.mp4');
  const seconds = after.at - before.at;
  const missing = steps(await readPackets(file, 'video')).reduce((sum, step) => sum + Math.round(step * fps) - 1, 0);
  const sights = await watchRegions(file, { host: gridCell(2, 2, 0) }, paletteOf(people));
  const beeps = findBeeps(await readSound(file)).map(({ onset }) => onset);
  const cadence = judgeCadence(onsetsOf(sights, 'host', 'white'), beeps);
  const name = (what: string) => `4 users, ${SIZE.width}x${SIZE.height}, ${fps} fps: ${what}`;
  report.show('composite', name('cores of the recording'), (after.session - before.session) / seconds);
  report.show('composite', name('cores of the hub'), (after.hub - before.hub) / seconds);
  if (fps === 15) report.atMost('composite', name('frames missing'), missing, 0);
  else report.show('composite', name('frames missing'), missing);
  const apart = Math.abs(cadence.median);
  report.atMost('composite', name(`beep against flash, median of ${cadence.pairs}`), apart, 80, 'ms');
  bench.say(`  ${fps} fps, sound against picture in ms, minus = early: ${cadence.offsets.map(round).join(' ')}`);
}

/** The same four, of whom only the sound is recorded. */
async function measureSoundOnly({ report, options, workshop }: Bench): Promise<void> {
  await using service = await Service.start(join(workshop.folder, 'composite-sound'));
  await using publishers = await Publishers.open(service.origin, CNAME);
  await publishers.joinAll(makePeople(4), CHEAP);
  const config = { streamTypes: 0, transcodingConfig: undefined };
  const recording = await MixRecording.start(service, CNAME, { config });
  await recording.begun();
  await sleep(WARM_UP_MS);
  const group = sessionId(recording.sid);
  const sample = () => ({ at: performance.now() / 1000, session: cpuOf(groupOf(group)) });
  const before = sample();
  await sleep(options.windowS * 1000);
  const after = sample();
  await recording.stop();
  const cores = (after.session - before.session) / (after.at - before.at);
  report.show('composite', '4 users, sound only: cores of the recording', cores);
}

/** From a user's first packet, by the publisher's own count, to the first picture in the file that shows the user. */
async function measureJoins(bench: Bench): Promise<void> {
  const fps = 30;
  const [stayer, ...guests] = makePeople(1 + JOINS) as [Person, ...Person[]];
  await using service = await Service.start(join(bench.workshop.folder, 'composite-joins'));
  await using publishers = await Publishers.open(service.origin, CNAME);
  await publishers.join(stayer, CHEAP);
  const recording = await record(service, fps);
  await sleep(WARM_UP_MS);
  const sent: { readonly asked: number; readonly packet: number }[] = [];
  for (const guest of guests) {
    const asked = Date.now();
    sent.push({ asked, packet: await publishers.join(guest, CHEAP) });
    await sleep(2_500);
    await publishers.leave(guest);
    await sleep(500);
  }
  const startMs = await recording.stop();

  const sights = await watchRegions(
    await recording.file('.mp4'),
    { guest: gridCell(2, 1, 1) },
    paletteOf([stayer, ...guests]),
  );
  const visible = guests.map(({ uid }) => {
    const [time = Number.NaN] = onsetsOf(sights, 'guest', uid);
    return startMs + (time - (sights[0]?.time ?? 0)) * 1000;
  });
  const waits = visible.map((ms, i) => (ms - (sent[i]?.packet ?? Number.NaN)) / 1000);
  const whole = visible.map((ms, i) => (ms - (sent[i]?.asked ?? Number.NaN)) / 1000);
  bench.say(`  first packet to visible, s: ${waits.map(round).join(' ')}`);
  bench.report.atMost('composite', `first packet to visible, median of ${JOINS}`, median(waits), 1.5, 's');
  bench.report.atMost('composite', `first packet to visible, slowest of ${JOINS}`, Math.max(...waits), 1.5, 's');
  bench.report.show('composite', `request to join to visible, median of ${JOINS}`, median(whole), 's');
}

async function record(service: Service, fps: number): Promise<MixRecording> {
  const recording = await MixRecording.start(service, CNAME, {
    canvas: { ...SIZE, fps, bitrate: fps === 15 ? 1130 : 1710 },
  });
  await recording.begun();
  return recording;
}

/** CPU seconds of processes so far. */
function cpuOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).own, 0);
}
