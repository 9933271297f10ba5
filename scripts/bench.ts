import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { servePages } from '../test/support/pages.ts';
import type { Bench, Options } from './bench/bench-run.ts';
import { measureCallbacks } from './bench/callbacks.ts';
import { measureComposite } from './bench/composite.ts';
import { measureCpu } from './bench/cpu.ts';
import { measureHub } from './bench/hub.ts';
import { measureMemory } from './bench/memory.ts';
import { measurePicture } from './bench/picture.ts';
import { measureDrift, measureFrames, measureSync } from './bench/quality.ts';
import { measureRecovery } from './bench/recovery.ts';
import { Report } from './bench/report.ts';
import { measureThree } from './bench/three.ts';
import { measureDuration, measureStart } from './bench/timing.ts';
import { measureUpload } from './bench/upload.ts';
import { openWorkshop } from './bench/workshop.ts';

const PARTS: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  cpu: measureCpu,
  picture: measurePicture,
  three: measureThree,
  memory: measureMemory,
  frames: measureFrames,
  sync: measureSync,
  drift: measureDrift,
  start: measureStart,
  duration: measureDuration,
  callbacks: measureCallbacks,
  upload: measureUpload,
  recovery: measureRecovery,
  hub: measureHub,
  composite: measureComposite,
};

const USAGE = `usage: npm run bench -- [PART ...] [options]

Measures the recorder, side by side with others, and prints what is reached of the figures that it is built for. Nothing else
should run on the machine meanwhile.

parts (all but drift when none is named; about 55 minutes in all)
  cpu        cores, side by side with puppeteer-stream: animated page, static page, a page of slides (about 14 minutes)
  picture    how near encoded pictures come to what was drawn, against x264 told to use 2 Mbit/s (2 minutes)
  three      three recordings at once: page frames lost, cores (7 minutes)
  memory     of one recording, all its processes (2 minutes)
  frames     every frame of a file of 60 s against the page's own count (1.5 minutes)
  sync       sound against picture, 6 runs each at 15, 30 and 60 fps (9 minutes)
  drift      the same over 10 minutes (11 minutes)
  start      request to first frame: by HTTP, warm and cold, and by command (3 minutes)
  duration   MP4 duration against wall time (1.5 minutes)
  callbacks  frames lost while 200 callbacks wait for a slow receiver (3 minutes)
  recovery   kill -9 to recording again, of the service and of one recording (4 minutes)
  composite  4 users at 15 and 30 fps: cores, frames, offset; first packet of a user to being visible (2 minutes)
  upload     time and memory to store 1 GB, side by side with Amazon's SDK; memory for 2 GB (3 minutes)
  hub        cores per stream that the hub forwards, side by side with node-datachannel (3 minutes)

options
  --long           drift as well
  --rounds N       rounds of cpu and hub (3)
  --window S       seconds measured in each run of cpu and hub (20)
  --runs N         runs of sync per frame rate (6)
  --three-time S   length of the three recordings (300)
  --drift-time S   length of the drift recording (600)
  --jibri          cores of Jibri's pipeline as well (5 more minutes)
  --page-sync HOW  how the page makes its beeps: naive, scheduled or media (naive)
  --json FILE      write all figures there`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    window: { type: 'string', default: '20' },
    runs: { type: 'string', default: '6' },
    'three-time': { type: 'string', default: '300' },
    'drift-time': { type: 'string', default: '600' },
    jibri: { type: 'boolean', default: false },
    'page-sync': { type: 'string', default: 'naive' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const unknown = positionals.filter((part) => PARTS[part] === undefined);
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`bench: no such part: ${unknown.join(', ')}\n`);
  console.log(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  await run(
    positionals.length > 0 ? positionals : Object.keys(PARTS).filter((part) => part !== 'drift' || values.long),
    {
      rounds: Number(values.rounds),
      windowS: Number(values.window),
      runs: Number(values.runs),
      threeS: Number(values['three-time']),
      longS: Number(values['drift-time']),
      jibri: values.jibri,
      pageSync: values['page-sync'],
    },
  );
}

async function run(parts: readonly string[], options: Options): Promise<void> {
  await using pages = await servePages();
  await using workshop = await openWorkshop();
  const report = new Report();
  const bench: Bench = { pages, workshop, report, options, say: console.log };
  for (const part of parts) {
    console.log(`\n== ${part}`);
    try {
      await PARTS[part]?.(bench);
    } catch (error) {
      console.error(`bench: ${part}: ${error instanceof Error ? error.message : error}`);
      process.exitCode = 1;
    }
  }
  console.log(`\n== figures\n${report.summary()}`);
  if (values.json !== undefined)
    await writeFile(values.json, `${JSON.stringify({ options, figures: report.figures }, null, 2)}\n`);
}
