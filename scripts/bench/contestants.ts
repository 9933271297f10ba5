import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from './meter.ts';
import type { Workshop } from './workshop.ts';

const ROOT = join(import.meta.dirname, '../..');
const PEERS = join(import.meta.dirname, 'peers');

/** One recording to be made, by whomever. */
export interface Job {
  readonly url: string;
  readonly file: string;
  readonly seconds: number;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}

export interface Contestant {
  readonly name: string;
  readonly how: string;
  /** Installs what is missing. */
  prepare(): void;
  command(job: Job, workshop: Workshop): Command;
}

export const ours: Contestant = {
  name: 'tapehead',
  how: "tapehead record: Xorg dummy display at the recording's rate, frames on damage, x264, MP4",
  prepare() {},
  command: (job) => ({ argv: oursArgv(job) }),
};

export const oursVeryfast: Contestant = {
  name: 'tapehead, veryfast',
  how: 'the same with TAPEHEAD_PRESET=veryfast',
  prepare() {},
  command: (job) => ({ argv: oursArgv(job), env: { ...process.env, TAPEHEAD_PRESET: 'veryfast' } }),
};

function oursArgv({ url, file, seconds, width, height, fps }: Job): string[] {
  const options = ['--out', file, '--duration', `${seconds}s`, '--size', `${width}x${height}`, '--fps', String(fps)];
  return [process.execPath, join(ROOT, 'src/main.ts'), 'record', url, ...options, '--json'];
}

export const puppeteerStream: Contestant = {
  name: 'puppeteer-stream',
  how: 'puppeteer-stream 3.0.23, headless Chromium, VP8 into ffmpeg, x264 veryfast',
  prepare() {
    if (existsSync(join(PEERS, 'node_modules/puppeteer-stream'))) return;
    console.error('bench: installing puppeteer-stream into scripts/bench/peers');
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: PEERS, stdio: ['ignore', 2, 2] });
  },
  command: (job, workshop) => peer('puppeteer-stream.mjs', job, workshop),
};

export const jibri: Contestant = {
  name: 'Jibri pipeline',
  how: 'Xvfb, Chromium in kiosk mode, PulseAudio in the place of snd_aloop, x11grab 30, x264 ultrafast crf 25',
  prepare() {
    if (spawnSync('Xvfb', ['-help']).error === undefined) return;
    console.error('bench: installing Xvfb (apt-get install xvfb)');
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'xvfb'], { stdio: ['ignore', 2, 2] });
  },
  command: (job, workshop) => peer('jibri.mjs', job, workshop),
};

/** Each peer is a program of its own: URL, file, seconds, width, height, fps. */
function peer(script: string, { url, file, seconds, width, height, fps }: Job, workshop: Workshop): Command {
  const numbers = [seconds, width, height, fps].map(String);
  return {
    argv: [...workshop.asUser, process.execPath, join(PEERS, script), url, file, ...numbers],
    env: workshop.env,
    folder: workshop.folder,
  };
}
