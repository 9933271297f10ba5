import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { mp4Name, sliceName } from '../../src/output/names.ts';
import type { StorageOrder } from '../../src/recording/storage.ts';
import { median } from '../../test/probe/cadence.ts';
import { Ceph } from '../../test/servers/ceph.ts';
import type { Bench } from './bench-run.ts';
import { table } from './report.ts';
import type { UploadResult, UploadRun } from './upload-run.ts';

const RUN = join(import.meta.dirname, 'upload-run.ts');
const MB = 1_000_000;
const ROUNDS = 3;
/** A recording of a quarter of an hour at 8 Mbit/s. */
const SLICES = 64;
const SLICE_MB = 1024 / SLICES;
const STEM = 'bench_room';

const execute = promisify(execFile);

/** How long it takes to store a recording, and how much memory, side by side with the SDK's own upload of one such file. */
export async function measureUpload(bench: Bench): Promise<void> {
  const { report, workshop } = bench;
  const folder = join(workshop.folder, 'upload');
  await mkdir(folder);
  const source = await makeFiles(folder);
  const results: Record<Contestant, UploadResult[]> = { slices: [], mp4: [], sdk: [] };
  const names = Object.keys(results) as Contestant[];
  for (let round = 0; round < ROUNDS; round += 1) {
    // A new gateway each time: what is deleted from one keeps its memory for hours.
    await using ceph = await Ceph.start();
    for (const name of [...names.slice(round), ...names.slice(0, round)]) {
      results[name].push(await upload(await runOf(name, source, orderFor(ceph), folder)));
    }
  }
  bench.say(
    table(
      ['', 'seconds', 'most memory, MB'],
      names.map((name) => rowOf(name, results[name])),
    ),
  );
  const seconds = (name: Contestant) => median(results[name].map((result) => result.seconds));
  report.show('upload', '1 GB, one file, by the SDK, median', seconds('sdk'), 's');
  report.atMost('upload', '1 GB in slices against the SDK, median', seconds('slices') / seconds('sdk'), 1.2);
  report.atMost('upload', '1 GB in one MP4 against the SDK, median', seconds('mp4') / seconds('sdk'), 1.2);
  const most = (name: Contestant) => Math.max(...results[name].map(({ maxRssMb }) => maxRssMb));
  for (const name of names) report.show('upload', `memory, 1 GB, ${NAMES[name]}`, most(name), 'MB');
  await using ceph = await Ceph.start();
  const double = await upload(await runOf('mp4', { ...source, mp4: source.doubleMp4 }, orderFor(ceph), folder));
  report.atMost('upload', 'memory, 2 GB in one MP4, against 1 GB', double.maxRssMb / most('mp4'), 1.2);
  await rm(folder, { recursive: true });
}

type Contestant = 'slices' | 'mp4' | 'sdk';

const NAMES: Readonly<Record<Contestant, string>> = { slices: 'slices', mp4: 'one MP4', sdk: 'SDK, one file' };

interface Source {
  readonly slices: readonly string[];
  readonly mp4: string;
  readonly doubleMp4: string;
}

async function makeFiles(folder: string): Promise<Source> {
  const slices = Array.from({ length: SLICES }, (_, i) => join(folder, sliceName(STEM, i * 15_000)));
  for (const slice of slices) await fill(slice, SLICE_MB);
  const [mp4, doubleMp4] = [join(folder, 'one'), join(folder, 'two')];
  await fill(mp4, SLICES * SLICE_MB);
  await fill(doubleMp4, 2 * SLICES * SLICE_MB);
  return { slices, mp4, doubleMp4 };
}

async function fill(file: string, megabytes: number): Promise<void> {
  const block = Buffer.alloc(MB, 'what is in it does not matter');
  await pipeline(Readable.from(Array.from({ length: Math.round(megabytes) }, () => block)), createWriteStream(file));
}

async function runOf(name: Contestant, source: Source, order: StorageOrder, folder: string): Promise<UploadRun> {
  if (name === 'sdk') return { by: 'sdk', file: source.mp4, order };
  const recording = join(folder, 'recording');
  await mkdir(recording);
  // Local copies are removed after the upload: these are further names of the same files.
  if (name === 'mp4') await link(source.mp4, join(recording, mp4Name(STEM, 0)));
  else for (const slice of source.slices) await link(slice, join(recording, slice.slice(folder.length + 1)));
  const job = {
    sid: name + Date.now(),
    folder: recording,
    stem: STEM,
    prefix: '',
    hls: true,
    mp4: name === 'mp4',
    storage: order,
  };
  return { by: 'tapehead', job };
}

async function upload(run: UploadRun): Promise<UploadResult> {
  const { stdout } = await execute(process.execPath, [RUN, JSON.stringify(run)]);
  return JSON.parse(stdout) as UploadResult;
}

function orderFor({ endpoint, bucket, user }: Ceph): StorageOrder {
  return { vendor: 11, region: 0, bucket, ...user, endpoint, stsToken: null, sse: null, tag: null };
}

function rowOf(name: Contestant, results: readonly UploadResult[]): string[] {
  const list = (values: readonly number[], digits: number) => values.map((value) => value.toFixed(digits)).join(' ');
  return [
    NAMES[name],
    list(
      results.map(({ seconds }) => seconds),
      2,
    ),
    list(
      results.map(({ maxRssMb }) => maxRssMb),
      0,
    ),
  ];
}
