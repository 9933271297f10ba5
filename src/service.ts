import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { buildApp } from './api/server.ts';
import type { Config } from './config/schema.ts';
import { Controller } from './controller/controller.ts';
import type { Places } from './controller/plan.ts';
import { openSqliteRecords } from './controller/records-sqlite.ts';
import { ResourceIds } from './controller/resource-id.ts';
import { RecorderError } from './errors.ts';
import { MachineCapacity } from './node/capacity.ts';
import { finishLost } from './node/finish-lost.ts';
import { runtimeRoot, sweep } from './node/runtime.ts';
import { Supervisor } from './node/supervisor.ts';
import type { Identity } from './types.ts';
import { openKeyFile } from './vault/key-file.ts';
import { Vault } from './vault/vault.ts';

export interface ServiceParts {
  readonly config: Config;
  readonly identity: Identity | null;
  readonly version: string;
  readonly log: Logger;
}

/** The whole service in one process: API, records, and the recordings of this machine. */
export async function openService({ config, identity, version, log }: ServiceParts): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  mkdirSync(config.data, { recursive: true });
  const vault = new Vault(vaultKey(config));
  const records = opened.use(openSqliteRecords(join(config.data, 'tapehead.sqlite'), vault));
  const controller = new Controller({
    recorder: opened.use(new Supervisor({ keepSpare: true })),
    records,
    capacity: new MachineCapacity(config.capacityCores),
    resourceIds: new ResourceIds(openKeyFile(join(config.data, 'resource.key'))),
    places: {
      recordings: join(config.data, 'recordings'),
      runtime: runtimeRoot(),
      identity,
      debug: join(config.data, 'debug'),
      rules: rulesOf(config),
    },
    uploads: { begin: () => {}, renew: () => {}, view: () => null, settled: async () => null },
    followers: [],
    forbids: () => null,
    log,
  });
  sweep(new Set(controller.lostSids));
  const recovered = controller.recover(({ plan, status }) =>
    finishLost(plan, status, 'the service ended while this recording was running'),
  );
  opened.defer(() => recovered);
  opened.defer(() => controller.close());
  const server = createServer(buildApp({ controller, config, version, log }));
  await listen(server, config);
  opened.defer(() => closeServer(server));
  const { address, port } = server.address() as AddressInfo;
  if (config.credentials.length === 0) log.warn('no credentials are configured: only this machine may call');
  log.info({ address, port, data: config.data }, 'listening');
  return opened.move();
}

function rulesOf(config: Config): Places['rules'] {
  const { allowPrivate, webrtcUdp, sandbox } = config;
  return {
    network: { allowPrivate, webrtcUdp, caFile: config.caFile ?? null },
    limits: {
      webgl: config.limitWebgl,
      videoPixels: config.limitVideoPixels ?? null,
      bandwidthKbps: config.limitBandwidthKbps ?? null,
    },
    sandbox,
  };
}

/** Configured, or made at the first start. */
function vaultKey({ vaultKey, data }: Config): Buffer {
  return vaultKey === undefined ? openKeyFile(join(data, 'vault.key')) : Buffer.from(vaultKey, 'hex');
}

function listen(server: Server, { host, port }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) =>
      reject(new RecorderError('config_invalid', `cannot listen on ${host}:${port}: ${error.message}`));
    server.once('error', failed).listen(port, host, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await closed;
}
