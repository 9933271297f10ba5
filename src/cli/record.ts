import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf } from '../errors.ts';
import {
  AUDIO_PROFILES,
  type EncodingPlan,
  type PicturePlan,
  type RecordingPlan,
  type SoundPlan,
  STANDALONE,
} from '../recording/plan.ts';
import type { Recorder } from '../recording/recorder.ts';
import type { RecordingEnd } from '../recording/status.ts';
import type { Identity } from '../types.ts';
import { exitCodeFor } from './exit-codes.ts';
import { ProgressLine } from './progress-line.ts';
import type { RecordOrder } from './record-args.ts';
import { summarize } from './summary.ts';

export interface RecordContext {
  readonly recorder: Recorder;
  readonly identity: Identity | null;
  /** As configured. */
  readonly sandbox: boolean;
  /** As configured, and as the machine can do. */
  readonly encodingFor: (picture: PicturePlan) => EncodingPlan;
  readonly runtimeFolder: (sid: string) => string;
  /** Aborted by Ctrl-C: the recording ends and its file is completed. */
  readonly interrupted: AbortSignal;
}

const STEREO = AUDIO_PROFILES[2] as SoundPlan;

/** One recording from the command line. @returns the exit code. */
export async function record(order: RecordOrder, context: RecordContext): Promise<number> {
  const out = resolve(order.out);
  await mkdir(dirname(out), { recursive: true });
  const plan = planFor(order, out, context);
  const running = context.recorder.start(plan);
  const line = new ProgressLine(process.stderr);
  running.onStatus((status) => line.show(status));
  const stop = () => void running.stop();
  context.interrupted.addEventListener('abort', stop, { once: true });
  if (context.interrupted.aborted) stop();
  const end = await running.ended;
  line.clear();
  return await deliver(order, plan, out, end);
}

function planFor(order: RecordOrder, out: string, context: RecordContext): RecordingPlan {
  const { identity, runtimeFolder, sandbox, encodingFor } = context;
  const sid = randomBytes(16).toString('hex');
  const { width, height, fps } = order;
  const suits = width * height >= 1280 * 720 ? 2000 : 1500;
  const picture = { width, height, fps, bitrateKbps: order.bitrateKbps ?? suits };
  const encoding = encodingFor(picture);
  return {
    sid,
    page: { url: order.url, mobile: order.mobile, readyTimeoutS: order.readyTimeoutS },
    ...STANDALONE,
    picture,
    sound: STEREO,
    encoding: { ...encoding, steadyRate: encoding.steadyRate || order.steadyRate },
    sandbox: sandbox && !order.noSandbox,
    onhold: false,
    maxRecordingMs: order.durationMs,
    files: {
      // Beside the result, so that the finished file only has to be renamed.
      folder: order.hls === null ? join(dirname(out), `.tapehead-${sid}`) : resolve(order.hls),
      stem: basename(out, '.mp4'),
      hls: order.hls !== null,
      mp4: { maxDurationMs: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY },
    },
    runtimeFolder: runtimeFolder(sid),
    identity,
  };
}

/** Puts the MP4 where it was asked for and says what became of the recording. */
async function deliver(order: RecordOrder, plan: RecordingPlan, out: string, end: RecordingEnd): Promise<number> {
  const { folder } = plan.files;
  const mp4 = end.files.find((file) => file.kind === 'mp4');
  try {
    if (mp4) await move(join(folder, mp4.name), out);
    if (order.hls === null) await rm(folder, { recursive: true, force: true });
  } catch (error) {
    console.error(`tapehead: no file at ${out}: ${messageOf(error)}; what was recorded is in ${folder}`);
    return exitCodeFor({ ...end, outcome: 'failed' });
  }
  if (end.outcome !== 'complete') console.error(`tapehead: ${end.detail}`);
  if (mp4 && order.json) console.log(JSON.stringify(await summarize(out, order, end)));
  else if (mp4)
    console.error(
      `tapehead: ${order.out} (${(end.progress.mediaMs / 1000).toFixed(1)} s, ${end.progress.frames} frames)`,
    );
  return exitCodeFor(end);
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyFile(from, to);
    await rm(from);
  }
}
