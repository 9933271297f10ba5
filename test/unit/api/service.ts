import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { KnownRecording } from '../../../src/api/operator.ts';
import { buildApp } from '../../../src/api/server.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { type AnswerLimits, Controller } from '../../../src/controller/controller.ts';
import type { Follower } from '../../../src/controller/follower.ts';
import type { Known } from '../../../src/controller/known.ts';
import type { Records } from '../../../src/controller/records.ts';
import { openSqliteRecords } from '../../../src/controller/records-sqlite.ts';
import { ResourceIds } from '../../../src/controller/resource-id.ts';
import type { AppChannels } from '../../../src/controller/transport.ts';
import { Metrics } from '../../../src/metrics/metrics.ts';
import { MachineCapacity } from '../../../src/node/capacity.ts';
import { STANDALONE } from '../../../src/recording/plan.ts';
import { Vault } from '../../../src/vault/vault.ts';
import { FakeRecorder } from './fake-recorder.ts';
import { FakeUploads } from './fake-uploads.ts';

export const APP = 'app1';
/** Where the pages of channels come from. */
export const ORIGIN = 'http://127.0.0.1:8080';
export const ROOT = `/v1/apps/${APP}/cloud_recording`;
const START_MS = Date.UTC(2024, 4, 1, 12);

export interface ServiceOptions {
  readonly environment?: Record<string, string>;
  readonly cores?: number;
  readonly limits?: AnswerLimits;
  readonly apps?: AppChannels;
}

const NOTHING_CALLED = { pending: 0, oldestMs: null, givenUp: 0, problem: null, lost: [] };
const TOTALS = {
  capacity: { totalCores: 2, usedCores: 0, totalMemoryMB: 8000, usedMemoryMB: 0 },
  uploads: { pendingFiles: 0, pendingBytes: 0, backupFiles: 0, lagMs: 0, storedFiles: 0, storedBytes: 0, failures: {} },
  callbacks: { pending: 0, oldestMs: null, givenUp: 0, attempts: {} },
};

function whole(known: Known): KnownRecording {
  return { ...known, callbacks: NOTHING_CALLED, bundle: null };
}

interface Sent {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at member by member
  readonly body: any;
}

/** The real app on a loopback port, over records in a temporary folder, a fake recorder and a clock that stands. */
export class Service implements AsyncDisposable {
  readonly recorder = new FakeRecorder();
  readonly uploads = new FakeUploads();
  /** Told what happens, in order. */
  readonly told: string[] = [];
  readonly logged: string[] = [];
  nowMs = START_MS;
  controller!: Controller;
  readonly #folder = mkdtempSync(join(tmpdir(), 'tapehead-api-'));
  readonly #options: ServiceOptions;
  #records!: Records;
  #origin = ORIGIN;
  #server!: Server;

  readonly figures = new Metrics(() => TOTALS);
  readonly #follower: Follower = {
    started: ({ sid }) => void this.told.push(`started ${sid}`),
    event: ({ sid }, { name }) => void this.told.push(`${name} ${sid}`),
    misfit: ({ sid }, { phase }) => void this.told.push(`misfit ${sid} ${phase}`),
    ended: ({ sid }, { outcome }) => void this.told.push(`ended ${sid} ${outcome}`),
  };

  private constructor(options: ServiceOptions) {
    this.#options = options;
  }

  static async open(options: ServiceOptions = {}): Promise<Service> {
    const service = new Service(options);
    await service.#listen();
    return service;
  }

  /** As after a kill: a new service over the same data. @param origin where it is reached */
  async restart(origin = ORIGIN): Promise<void> {
    await this.#close();
    this.#origin = origin;
    await this.#listen();
  }

  async #listen(): Promise<void> {
    const { environment = {}, cores = 100, limits } = this.#options;
    const log = pino({ level: 'debug' }, { write: (line: string) => void this.logged.push(line) });
    this.#records = openSqliteRecords(join(this.#folder, 'tapehead.sqlite'), new Vault(Buffer.alloc(32, 4)));
    this.controller = new Controller({
      recorder: this.recorder,
      records: this.#records,
      capacity: new MachineCapacity({ cores, memoryMB: 64_000 }),
      resourceIds: new ResourceIds(Buffer.alloc(32, 3)),
      places: {
        ...{ recordings: '/data/recordings', runtime: '/run/tapehead', identity: null, debug: '/data/debug' },
        apps: this.#options.apps ?? {},
        rules: { ...STANDALONE, network: { ...STANDALONE.network, service: this.#origin } },
        encodingFor: () => STANDALONE.encoding,
      },
      uploads: this.uploads,
      followers: [this.#follower],
      forbids: (url) => (url.includes('forbidden') ? 'that address is forbidden' : null),
      log,
      now: () => this.nowMs,
      ...(limits && { limits }),
    });
    const config = loadConfig({ environment: { TAPEHEAD_RATE_LIMIT_PER_SECOND: '0', ...environment } });
    const { controller, figures } = this;
    const operator = {
      latest: (count: number) => controller.latest(count).map(whole),
      bySid: (sid: string) => {
        const known = controller.bySid(sid);
        return known && whole(known);
      },
    };
    const app = buildApp({ controller, operator, figures, config, version: '9.8.7', log, now: () => this.nowMs });
    this.#server = createServer(app);
    const listening = Promise.withResolvers<void>();
    this.#server.listen(0, '127.0.0.1', () => listening.resolve());
    await listening.promise;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @param path as it stands; a body that is no string is sent as JSON */
  async send(path: string, { method = 'POST', body, headers = {} }: Sent = {}): Promise<Received> {
    const raw = typeof body === 'string' || body instanceof Uint8Array || body === undefined;
    const init = { method, headers, ...(body !== undefined && { body: raw ? body : JSON.stringify(body) }) };
    const response = await fetch(`${this.url}${path}`, init as RequestInit);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : null };
  }

  async acquire(clientRequest: object = { scene: 1 }, cname = 'weekly', uid = '7'): Promise<string> {
    const { status, body } = await this.send(`${ROOT}/acquire`, { body: { cname, uid, clientRequest } });
    assert.equal(status, 200, JSON.stringify(body));
    return body.resourceId;
  }

  async start(
    resourceId: string,
    clientRequest: object = webRequest(),
    cname = 'weekly',
    uid = '7',
  ): Promise<Received> {
    const path = `${ROOT}/resourceid/${resourceId}/mode/web/start`;
    return await this.send(path, { body: { cname, uid, clientRequest } });
  }

  /** Acquires and starts. */
  async record(clientRequest: object = webRequest(), acquireRequest: object = { scene: 1 }): Promise<RecordingCalls> {
    const resourceId = await this.acquire(acquireRequest);
    const { status, body } = await this.start(resourceId, clientRequest);
    assert.equal(status, 200, JSON.stringify(body));
    return new RecordingCalls(this, resourceId, body.sid);
  }

  /** Acquires, and starts with mode mix. */
  async startMix(clientRequest: object = MIX, acquireRequest: object = {}): Promise<Received> {
    const resourceId = await this.acquire(acquireRequest);
    const path = `${ROOT}/resourceid/${resourceId}/mode/mix/start`;
    return await this.send(path, { body: { cname: 'weekly', uid: '7', clientRequest } });
  }

  /** The same, of what must succeed. */
  async mix(clientRequest: object = MIX): Promise<RecordingCalls> {
    const { status, body } = await this.startMix(clientRequest);
    assert.equal(status, 200, JSON.stringify(body));
    return new RecordingCalls(this, body.resourceId, body.sid, 'mix');
  }

  async #close(): Promise<void> {
    this.#server.closeAllConnections();
    const closed = Promise.withResolvers<void>();
    this.#server.close(() => closed.resolve());
    await closed.promise;
    this.#records[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    rmSync(this.#folder, { recursive: true });
  }
}

/** Calls for one recording. */
export class RecordingCalls {
  readonly resourceId: string;
  readonly sid: string;
  readonly mode: string;
  readonly #service: Service;

  constructor(service: Service, resourceId: string, sid: string, mode = 'web') {
    this.#service = service;
    this.resourceId = resourceId;
    this.sid = sid;
    this.mode = mode;
  }

  path(call: string): string {
    return `${ROOT}/resourceid/${this.resourceId}/sid/${this.sid}/mode/${this.mode}/${call}`;
  }

  async query(): Promise<Received> {
    return await this.#service.send(this.path('query'), { method: 'GET' });
  }

  async update(clientRequest: object, cname = 'weekly'): Promise<Received> {
    return await this.#service.send(this.path('update'), { body: { cname, uid: '7', clientRequest } });
  }

  async updateLayout(clientRequest: object, cname = 'weekly'): Promise<Received> {
    return await this.#service.send(this.path('updateLayout'), { body: { cname, uid: '7', clientRequest } });
  }

  async stop(clientRequest: object = {}, cname = 'weekly'): Promise<Received> {
    return await this.#service.send(this.path('stop'), { body: { cname, uid: '7', clientRequest } });
  }
}

/** `clientRequest` of the shortest start with mode mix. */
export const MIX = { recordingConfig: {} };

/** `clientRequest` of a start. A member of `param` that is undefined is left out. */
export function webRequest(param: object = {}, more: object = {}): object {
  const serviceParam = {
    url: 'https://example.org/page',
    audioProfile: 1,
    videoWidth: 1280,
    videoHeight: 720,
    maxRecordingHour: 3,
    ...param,
  };
  const service = { serviceName: 'web_recorder_service', serviceParam };
  return { extensionServiceConfig: { extensionServices: [service] }, ...more };
}
