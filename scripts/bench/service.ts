import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFaststart } from '../../test/probe/media.ts';
import type { Job } from './contestants.ts';
import { startMetered } from './meter.ts';
import type { Workshop } from './workshop.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

/** The product's service, run for the bench on a free port and a data folder of its own. */
export interface Service extends AsyncDisposable {
  readonly origin: string;
  readonly data: string;
}

export interface ServiceOptions {
  /** Settings, as variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Puts something into the data folder before the service comes up; the folder is not there yet. */
  readonly prepare?: (data: string) => void;
}

export async function startService(workshop: Workshop, { env, prepare }: ServiceOptions = {}): Promise<Service> {
  const port = await freePort();
  const data = join(workshop.folder, `data-${port}`);
  prepare?.(data);
  const run = startMetered({
    argv: [process.execPath, MAIN, 'serve', '--port', String(port), '--data', data],
    env: { ...process.env, TAPEHEAD_ALLOW_PRIVATE: '127.0.0.0/8,::1', ...env },
  });
  const service = { origin: `http://127.0.0.1:${port}`, data, [Symbol.asyncDispose]: () => run[Symbol.asyncDispose]() };
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await fetch(`${service.origin}/healthz`).catch(() => null);
    if (answer?.ok === true) return service;
    await sleep(50);
  }
  await service[Symbol.asyncDispose]();
  const { stdout, stderr } = await run.ended;
  throw new Error(`the service does not answer: ${`${stdout}\n${stderr}`.trim().slice(-1000)}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** One recording over HTTP. `requestedMs` is the moment before `start` is sent. */
export async function recordByService(
  service: Service,
  job: Omit<Job, 'file'>,
): Promise<{ requestedMs: number; file: string }> {
  const base = `${service.origin}/v1/apps/bench/cloud_recording`;
  const who = { cname: 'bench', uid: String(1 + Math.floor(Math.random() * 1e9)) };
  const { resourceId } = await post(`${base}/acquire`, { ...who, clientRequest: { scene: 1 } });
  const resource = `${base}/resourceid/${resourceId}`;
  const requestedMs = Date.now();
  const { sid } = await post(`${resource}/mode/web/start`, { ...who, clientRequest: clientRequest(job) });
  const recording = `${resource}/sid/${sid}/mode/web`;
  await awaitInProgress(`${recording}/query`);
  await sleep(job.seconds * 1000);
  await post(`${recording}/stop`, { ...who, clientRequest: {} });
  return { requestedMs, file: await awaitMp4(service.data, String(sid)) };
}

async function awaitInProgress(query: string): Promise<void> {
  for (let tries = 0; tries < 60; tries += 1) {
    const answer = await fetch(query);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the recording is gone: query answered ${answer.status}: ${text}`);
    if (text.includes('"state":"inProgress"')) return;
    // Ten requests a second is all that the API allows.
    await sleep(500);
  }
  throw new Error('the recording did not begin within 30 s');
}

function clientRequest({ url, width, height, fps }: Omit<Job, 'file'>): object {
  const serviceParam = {
    url,
    audioProfile: 0,
    videoWidth: width,
    videoHeight: height,
    videoFps: fps,
    maxRecordingHour: 1,
  };
  return {
    extensionServiceConfig: { extensionServices: [{ serviceName: 'web_recorder_service', serviceParam }] },
    recordingFileConfig: { avFileType: ['hls', 'mp4'] },
  };
}

async function post(url: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${new URL(url).pathname} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

/** The MP4 of a recording, once it is complete. */
async function awaitMp4(folder: string, sid: string): Promise<string> {
  for (let tries = 0; tries < 300; tries += 1) {
    const names = await readdir(folder, { recursive: true });
    const name = names.find((one) => one.includes(sid) && one.endsWith('.mp4'));
    if (name !== undefined && (await isFaststart(join(folder, name)))) return join(folder, name);
    await sleep(100);
  }
  throw new Error(`no MP4 of ${sid} below ${folder}`);
}
