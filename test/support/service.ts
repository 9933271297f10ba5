import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Program, startProgram } from './program.ts';

/** Where the pages and receivers of the tests are. */
const LOCAL = '127.0.0.0/8,::1';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as a client would, member by member
  readonly body: any;
}

/** `serviceParam` of the web recorder; what is left out is small and cheap. */
export type WebParams = Readonly<Record<string, unknown>> & { readonly url: string };

/** Whose channel is recorded, and further members of the start. */
export interface MixOptions {
  readonly cname?: string;
  /** Of the recorder. */
  readonly uid?: string;
  readonly appId?: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** The running service, driven over HTTP as a client does it. */
export class Service implements AsyncDisposable {
  readonly data: string;
  readonly #program: Program;
  readonly #origin: string;

  private constructor(program: Program, origin: string, data: string) {
    this.#program = program;
    this.#origin = origin;
    this.data = data;
  }

  static async start(data: string, env: Readonly<Record<string, string>> = {}): Promise<Service> {
    const settings = {
      TAPEHEAD_CAPACITY_CORES: '32',
      TAPEHEAD_WARM_SPARES: '0',
      TAPEHEAD_RATE_LIMIT_PER_SECOND: '0',
      TAPEHEAD_ALLOW_PRIVATE: LOCAL,
      ...env,
    };
    const program = startProgram(['serve', '--port', '0', '--data', data], settings);
    const match = await program.line(/"port":(\d+).*"msg":"listening"/);
    return new Service(program, `http://127.0.0.1:${match[1]}`, data);
  }

  get origin(): string {
    return this.#origin;
  }

  /** Process id. */
  get pid(): number {
    return this.#program.process.pid as number;
  }

  async call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${this.#origin}${path}`, init);
    return { status: response.status, body: await response.json() };
  }

  /** acquire and start. @returns the recording. */
  async record(params: WebParams, more: Readonly<Record<string, unknown>> = {}): Promise<Recording> {
    const task = { cname: `room ${Math.random()}`, uid: '527841' };
    const base = '/v1/apps/demo/cloud_recording';
    const acquired = await this.call('POST', `${base}/acquire`, { ...task, clientRequest: { scene: 1 } });
    const resource = `${base}/resourceid/${acquired.body.resourceId}`;
    const serviceParam = { audioProfile: 0, videoWidth: 640, videoHeight: 360, maxRecordingHour: 1, ...params };
    const clientRequest = {
      extensionServiceConfig: { extensionServices: [{ serviceName: 'web_recorder_service', serviceParam }] },
      recordingFileConfig: { avFileType: ['hls', 'mp4'] },
      ...more,
    };
    const started = await this.call('POST', `${resource}/mode/web/start`, { ...task, clientRequest });
    if (started.status !== 200) throw new Error(`start answered ${started.status} ${JSON.stringify(started.body)}`);
    return new Recording(this, task, resource, started.body.sid);
  }

  /** The same for the users of a channel. @param recordingConfig what is left out is small and cheap. */
  async mix(recordingConfig: Readonly<Record<string, unknown>> = {}, how: MixOptions = {}): Promise<Recording> {
    const { cname = `room ${Math.random()}`, uid = '527841', appId = 'demo', more = {} } = how;
    const task = { cname, uid };
    const base = `/v1/apps/${appId}/cloud_recording`;
    const acquired = await this.call('POST', `${base}/acquire`, { ...task, clientRequest: {} });
    const resource = `${base}/resourceid/${acquired.body.resourceId}`;
    const clientRequest = {
      recordingConfig: {
        transcodingConfig: { width: 640, height: 360, fps: 15, bitrate: 800 },
        ...recordingConfig,
      },
      recordingFileConfig: { avFileType: ['hls', 'mp4'] },
      ...more,
    };
    const started = await this.call('POST', `${resource}/mode/mix/start`, { ...task, clientRequest });
    if (started.status !== 200) throw new Error(`start answered ${started.status} ${JSON.stringify(started.body)}`);
    return new Recording(this, task, resource, started.body.sid, 'mix');
  }

  /** Resolves with the first line of its log that matches. */
  line(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#program.line(pattern);
  }

  /** As a crash or the kernel would. */
  async killHard(): Promise<void> {
    this.#program.process.kill('SIGKILL');
    await this.#program.finished;
  }

  get exited(): Program['finished'] {
    return this.#program.finished;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

export class Recording {
  readonly sid: string;
  readonly folder: string;
  readonly #service: Service;
  readonly #task: Readonly<Record<string, string>>;
  readonly #resource: string;
  readonly #mode: 'web' | 'mix';

  constructor(
    service: Service,
    task: Readonly<Record<string, string>>,
    resource: string,
    sid: string,
    mode: 'web' | 'mix' = 'web',
  ) {
    this.#mode = mode;
    this.#service = service;
    this.#task = task;
    this.#resource = resource;
    this.sid = sid;
    this.folder = join(service.data, 'recordings', sid);
  }

  /** The same recording, asked of a service that was started again. */
  at(service: Service): Recording {
    return new Recording(service, this.#task, this.#resource, this.sid, this.#mode);
  }

  query(): Promise<Answer> {
    return this.#service.call('GET', this.#path('query'));
  }

  hold(onhold: boolean): Promise<Answer> {
    return this.update({ webRecordingConfig: { onhold } });
  }

  /** Replaces the RTMP addresses that it is pushed to. */
  push(urls: readonly string[]): Promise<Answer> {
    return this.#post('update', { rtmpPublishConfig: { outputs: urls.map((rtmpUrl) => ({ rtmpUrl })) } });
  }

  update(clientRequest: Readonly<Record<string, unknown>>): Promise<Answer> {
    return this.#post('update', clientRequest);
  }

  updateLayout(clientRequest: Readonly<Record<string, unknown>>): Promise<Answer> {
    return this.#post('updateLayout', clientRequest);
  }

  stop(clientRequest: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    return this.#post('stop', clientRequest);
  }

  /** Polls until it records (status 4 or 5). @returns when its first frame was captured, UTC ms; 0 while held. */
  async begun(): Promise<number> {
    const { serverResponse } = await this.#poll((answer) => [4, 5].includes(answer.body.serverResponse?.status));
    if (serverResponse.extensionServiceState?.[0].payload.onhold) return 0;
    const answer = await this.#poll(({ body }) => startOf(body) > 0);
    return startOf(answer);
  }

  /** Polls until the service knows it no more. @returns the last word: when and why it ended. */
  async ended(): Promise<string> {
    const { detail } = await this.#poll((answer) => answer.status === 404);
    return detail;
  }

  /** Names in its folder; none when there is no folder. */
  async files(): Promise<string[]> {
    return (await readdir(this.folder).catch(() => [])).sort();
  }

  /** Path of the one file with this ending. */
  async file(ending: string): Promise<string> {
    const found = (await this.files()).filter((name) => name.endsWith(ending));
    if (found.length !== 1) throw new Error(`expected one *${ending}, found ${found.join(', ') || 'none'}`);
    return join(this.folder, found[0] as string);
  }

  #post(call: string, clientRequest: Readonly<Record<string, unknown>>): Promise<Answer> {
    return this.#service.call('POST', this.#path(call), { ...this.#task, clientRequest });
  }

  #path(call: string): string {
    return `${this.#resource}/sid/${this.sid}/mode/${this.#mode}/${call}`;
  }

  async #poll(fits: (answer: Answer) => boolean): Promise<Answer['body']> {
    for (let tries = 0; tries < 300; tries += 1) {
      const answer = await this.query();
      if (fits(answer)) return answer.body;
      await sleep(100);
    }
    throw new Error(`waited in vain: ${JSON.stringify((await this.query()).body)}`);
  }
}

function startOf({ serverResponse }: Answer['body']): number {
  const [web] = serverResponse?.extensionServiceState ?? [];
  return serverResponse?.sliceStartTime ?? web?.payload.fileList[0]?.sliceStartTime ?? 0;
}
