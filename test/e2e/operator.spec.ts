import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { servePages } from '../support/pages.ts';
import { type Program, startProgram } from '../support/program.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const ROOT = '/v1/apps/demo/cloud_recording';
const TASK = { cname: 'room', uid: '527841' };
const CREDENTIALS = { TAPEHEAD_CREDENTIALS: 'operator:0pensesame' };
const SIGNED = { authorization: `Basic ${Buffer.from('operator:0pensesame').toString('base64')}` };

interface Answer {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as a client would, member by member
  readonly body: any;
}

/** The running service as its operator meets it: over HTTP, by its log, by its data folder. */
class Operated implements AsyncDisposable {
  readonly program: Program;
  readonly #origin: string;

  private constructor(program: Program, origin: string) {
    this.program = program;
    this.#origin = origin;
  }

  static async start(data: string, env: Readonly<Record<string, string>> = {}): Promise<Operated> {
    const settings = { TAPEHEAD_RATE_LIMIT_PER_SECOND: '0', TAPEHEAD_ALLOW_PRIVATE: '127.0.0.0/8,::1', ...env };
    const program = startProgram(['serve', '--port', '0', '--data', data], settings);
    const match = await program.line(/"port":(\d+).*"msg":"listening"/);
    return new Operated(program, `http://127.0.0.1:${match[1]}`);
  }

  async send(path: string, body?: unknown, headers: Readonly<Record<string, string>> = SIGNED): Promise<Answer> {
    const init = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${this.#origin}${path}`, init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, text, body: isJson ? JSON.parse(text) : null };
  }

  /** @returns its sid */
  async record(url: string, services: readonly object[] = []): Promise<{ sid: string; path: string }> {
    const acquired = await this.send(`${ROOT}/acquire`, { ...TASK, clientRequest: { scene: 1 } });
    const resource = `${ROOT}/resourceid/${acquired.body.resourceId}`;
    const serviceParam = { url, audioProfile: 0, videoWidth: 640, videoHeight: 360, maxRecordingHour: 1 };
    const extensionServices = [{ serviceName: 'web_recorder_service', serviceParam }, ...services];
    const clientRequest = { extensionServiceConfig: { extensionServices } };
    const started = await this.send(`${resource}/mode/web/start`, { ...TASK, clientRequest });
    expect(started.status, started.text).toBe(200);
    const { sid } = started.body;
    return { sid, path: `${resource}/sid/${sid}/mode/web` };
  }

  async details(sid: string): Promise<Answer['body']> {
    const answer = await this.send(`/v1/recordings/${sid}`);
    expect(answer.status, answer.text).toBe(200);
    return answer.body;
  }

  /** Polls until what is known of the recording fits. */
  async until(sid: string, fits: (details: Answer['body']) => boolean): Promise<Answer['body']> {
    for (let tries = 0; tries < 300; tries += 1) {
      const details = await this.details(sid);
      if (fits(details)) return details;
      await sleep(100);
    }
    throw new Error(`waited in vain: ${JSON.stringify(await this.details(sid))}`);
  }

  /** Name with labels, to its value. */
  async figures(): Promise<Map<string, number>> {
    const { status, text } = await this.send('/metrics');
    expect(status).toBe(200);
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      samples.map((line) => {
        const space = line.lastIndexOf(' ');
        expect(line).toMatch(/^[a-z_]\w*(\{(\w+="[^"]*",?)*\})? (-?[\d.]+(e[+-]?\d+)?|Nan|\+Inf)$/i);
        return [line.slice(0, space), Number(line.slice(space + 1))] as const;
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}

test('a recording that fails leaves a bundle, and no secret in it, in the log or in any answer', async () => {
  const secrets = ['page-s3cret', 'fragment-s3cret', 'stream-s3cret', '0pensesame'];
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Operated.start(folder.path, CREDENTIALS);
  const rtmpUrl = 'rtmp://127.0.0.1:9/app/stream-s3cret';
  const push = { serviceName: 'rtmp_publish_service', serviceParam: { outputs: [{ rtmpUrl }] } };
  const url = `${pages.url('/status/404', { token: 'page-s3cret' })}#fragment-s3cret`;
  const { sid } = await service.record(url, [push]);

  const details = await service.until(sid, ({ state }) => state === 'ended');
  expect(details).toMatchObject({
    ...{ sid, appId: 'demo', ...TASK, outcome: 'failed', reason: 'page_unreachable' },
    stopCode: { code: 5, message: 'access_url_failed' },
    page: { url: `${pages.origin}/status/404?***#***` },
    debugBundle: join(folder.path, 'debug', sid),
    callbacks: { pending: 0, givenUp: 0 },
  });

  const names = (await readdir(details.debugBundle)).sort();
  expect(names).toEqual(expect.arrayContaining(['browser.log', 'end.json', 'history.json', 'plan.json']));
  const { mode } = await stat(details.debugBundle);
  expect(mode & 0o777).toBe(0o700);
  const bundle = await Promise.all(names.map((name) => readFile(join(details.debugBundle, name), 'latin1')));
  const history = JSON.parse(await readFile(join(details.debugBundle, 'history.json'), 'utf8'));
  expect(history.at(-1).text).toContain('ended');

  const list = await service.send('/v1/recordings');
  expect(list.body.recordings.map((one: { sid: string }) => one.sid)).toEqual([sid]);
  const figures = await service.figures();
  expect(figures.get('tapehead_recordings_started_total')).toBe(1);
  expect(figures.get('tapehead_recordings_ended_total{outcome="failed",reason="page_unreachable"}')).toBe(1);

  service.program.process.kill('SIGTERM');
  const { stdout, stderr } = await service.program.finished;
  expect(stdout).toContain(sid);
  const all = [...bundle, JSON.stringify(details), list.text, stdout, stderr];
  for (const secret of secrets) for (const text of all) expect(text).not.toContain(secret);
});

test('a recording that ends well leaves no bundle, and its quality is told', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Operated.start(folder.path, { TAPEHEAD_CAPACITY_CORES: '32' });
  const { sid, path } = await service.record(pages.url('static'));
  const during = await service.until(sid, ({ quality }) => quality.silent.length > 0 && quality.frozen.length > 0);
  expect(during).toMatchObject({ state: 'recording', outcome: null, endedMs: null });
  expect(during.quality.silent[0].toMs).toBeNull();
  const query = await service.send(`${path}/query`);
  expect(query.body.serverResponse.extensionServiceState[0].payload.quality).toMatchObject({ reloads: 0, black: [] });

  const stopped = await service.send(`${path}/stop`, { ...TASK, clientRequest: {} });
  expect(stopped.status).toBe(200);
  const { quality, progress, outcome, debugBundle } = await service.details(sid);
  expect([outcome, debugBundle]).toEqual(['complete', null]);
  expect(await readdir(join(folder.path, 'debug')).catch(() => [])).toEqual([]);
  const [silent] = quality.silent;
  const [frozen] = quality.frozen;
  for (const { fromMs, toMs } of [silent, frozen]) {
    expect(fromMs).toBeLessThan(1500);
    expect(Math.abs(toMs - progress.mediaMs)).toBeLessThan(1000);
  }
  expect(quality.fps * (progress.mediaMs / 1000)).toBeCloseTo(progress.frames, -1);

  const figures = await service.figures();
  expect(figures.get('tapehead_recorded_frames_total')).toBe(progress.frames);
  expect(figures.get('tapehead_recordings_ended_total{outcome="complete",reason="requested"}')).toBe(1);
  expect(figures.get('tapehead_http_request_duration_seconds_count{call="stop",status="200"}')).toBe(1);
});

test('a black page is told as such', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Operated.start(folder.path, { TAPEHEAD_CAPACITY_CORES: '32' });
  const { sid } = await service.record(pages.url('background', { color: 'black' }));
  const { quality } = await service.until(sid, ({ quality }) => quality.black.length > 0);
  expect(quality.black).toEqual([{ fromMs: expect.any(Number), toMs: null }]);
  expect(quality.black[0].fromMs).toBeLessThan(1500);
});

test('a page that moves and sounds is neither silent nor frozen nor black', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Operated.start(folder.path, { TAPEHEAD_CAPACITY_CORES: '32' });
  const { sid } = await service.record(pages.url('animated'));
  const late = await service.until(sid, ({ progress, quality }) => progress.mediaMs > 6000 && quality.cores > 0);
  const { quality } = late;
  expect(quality).toMatchObject({ frozen: [], black: [] });
  expect(Math.abs(quality.soundOffsetMs)).toBeLessThan(100);
});

test('it is ready as long as another recording would be taken', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Operated.start(folder.path, { TAPEHEAD_CAPACITY_CORES: '1' });
  const before = await service.send('/readyz');
  expect(before.body).toEqual({ ready: true, reasons: [] });
  const { sid, path } = await service.record(pages.url('static'));
  const during = await service.send('/readyz');
  expect([during.status, during.body.reasons]).toEqual([503, [expect.stringContaining('1 recording uses')]]);
  expect((await service.figures()).get('tapehead_capacity_used_cores')).toBeGreaterThan(0.2);
  await service.until(sid, ({ state }) => state === 'recording');
  await service.send(`${path}/stop`, { ...TASK, clientRequest: {} });
  expect((await service.send('/readyz')).status).toBe(200);
});

test('with credentials, figures and recordings are for those who have them', async () => {
  await using folder = await makeTempFolder();
  await using service = await Operated.start(folder.path, CREDENTIALS);
  for (const path of ['/metrics', '/v1/recordings', `/v1/recordings/${'0'.repeat(32)}`]) {
    expect((await service.send(path, undefined, {})).status, path).toBe(401);
    expect((await service.send(path)).status, path).not.toBe(401);
  }
  for (const path of ['/readyz', '/healthz']) expect((await service.send(path, undefined, {})).status, path).toBe(200);
});
