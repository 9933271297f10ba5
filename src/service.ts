import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Listener } from './api/listener.ts';
import { storageSchema } from './api/schema-storage.ts';
import { buildApp } from './api/server.ts';
import { storageOrderOf } from './api/storage-order.ts';
import { openSqliteOutbox } from './callback/outbox-sqlite.ts';
import { Notices } from './callback/sender.ts';
import { ChannelRoutes } from './channel/routes.ts';
import type { Config } from './config/schema.ts';
import { Controller } from './controller/controller.ts';
import type { Places } from './controller/plan.ts';
import { openSqliteRecords } from './controller/records-sqlite.ts';
import { ResourceIds } from './controller/resource-id.ts';
import { RecorderError } from './errors.ts';
import { CallbackFollower } from './followers/callbacks.ts';
import { hardwareFollower } from './followers/hardware.ts';
import { startHousekeeping } from './followers/housekeeping.ts';
import { operatorView } from './followers/operator-view.ts';
import { totalsOf } from './followers/totals.ts';
import { uploadsFollower } from './followers/uploads.ts';
import { UsageFollower } from './followers/usage.ts';
import { HubProcess } from './hub/hub-process.ts';
import { Metrics } from './metrics/metrics.ts';
import { AddressPolicy } from './net/address-policy.ts';
import { forbiddenHost } from './net/forbidden-host.ts';
import { buildAgents } from './net/guarded-agent.ts';
import { MachineCapacity } from './node/capacity.ts';
import { LearnedCosts } from './node/costs.ts';
import { openSqliteCosts } from './node/costs-sqlite.ts';
import { Encodings } from './node/encodings.ts';
import { finishLost } from './node/finish-lost.ts';
import { resumeOf } from './node/resume.ts';
import { runtimeRoot, sweep } from './node/runtime.ts';
import type { WarmRules } from './node/spares.ts';
import { Supervisor } from './node/supervisor.ts';
import { CHANNEL_PAGE_KIND } from './recording/demand.ts';
import { AUDIO_PROFILES, type PicturePlan } from './recording/plan.ts';
import type { StorageOrder } from './recording/storage.ts';
import { openStore } from './store/open-store.ts';
import type { Identity } from './types.ts';
import { openSqliteSpool } from './upload/spool-sqlite.ts';
import { Uploader } from './upload/uploader.ts';
import { openKeyFile } from './vault/key-file.ts';
import { Vault } from './vault/vault.ts';

export interface ServiceParts {
  readonly config: Config;
  readonly identity: Identity | null;
  readonly version: string;
  readonly log: Logger;
}

/** The whole service in one process: API, records, and the recordings of this machine. Opened in order, given back in reverse. */
export async function openService({ config, identity, version, log }: ServiceParts): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  mkdirSync(config.data, { recursive: true });
  const listener = opened.use(await Listener.open(config));
  const hub = opened.use(openHub(config, identity, log));
  const vault = new Vault(vaultKey(config));
  const policy = new AddressPolicy(config.allowPrivate);
  const agents = buildAgents(policy, { caFile: config.caFile ?? null });
  opened.defer(() => agents.destroy());
  const records = opened.use(openSqliteRecords(join(config.data, 'tapehead.sqlite'), vault));
  const outbox = opened.use(openSqliteOutbox(join(config.data, 'outbox.sqlite'), vault));
  const notices = opened.use(Notices.open({ outbox, receivers: config.callbacks, agents, log }));
  const callbacks = new CallbackFollower(notices);
  const spool = opened.use(
    openSqliteSpool(join(config.data, 'spool.sqlite'), vault, (aside) =>
      log.error({ aside }, 'the spool of the uploads was damaged and is kept aside'),
    ),
  );
  const uploader = opened.use(
    new Uploader({
      spool,
      openStore: (order) => openStore(order, { agents }),
      backup: backupOf(config),
      backupAfterMs: config.backupAfterS * 1000,
      log,
      onEvent: (sid, event) => {
        const record = records.bySid(sid);
        if (record !== null) callbacks.uploads(record, event);
      },
    }),
  );
  const costs = opened.use(
    openSqliteCosts(join(config.data, 'costs.sqlite'), (aside) =>
      log.error({ aside }, 'what was learned of the costs of recordings was damaged and is kept aside'),
    ),
  );
  const capacity = new MachineCapacity({
    cores: config.capacityCores,
    memoryMB: config.capacityMemoryMb,
    costs: new LearnedCosts(costs),
  });
  const encodings = opened.use(
    Encodings.open({
      settings: config,
      identity,
      unpromisedCores: () => capacity.totalCores - capacity.usedCores,
      log: (details, text) => log.info(details, text),
    }),
  );
  const figures = new Metrics(() => totalsOf({ capacity, uploader, notices }));
  const rules = rulesOf(config, listener.origin);
  const controller = new Controller({
    recorder: opened.use(
      new Supervisor({
        warm: warmRules({ config, rules, encodings, identity, capacity }),
        log: (details, text) => log.info(details, text),
      }),
    ),
    records,
    capacity,
    resourceIds: new ResourceIds(openKeyFile(join(config.data, 'resource.key'))),
    places: {
      recordings: join(config.data, 'recordings'),
      runtime: runtimeRoot(),
      identity,
      debug: join(config.data, 'debug'),
      apps: config.apps,
      rules,
      encodingFor: (picture) => encodings.encodingFor(picture),
    },
    uploads: uploader,
    followers: [
      uploadsFollower(uploader),
      callbacks,
      figures.follower,
      hardwareFollower(() => encodings.hardware.failed()),
      new UsageFollower(capacity, availableParallelism()),
    ],
    forbids: (url) => forbiddenHost(url, policy),
    log,
  });
  const lost = new Set(controller.lostSids);
  sweep(lost);
  uploader.resume(lost);
  const housekeeping = startHousekeeping({ config, controller, uploader, notices, log });
  opened.defer(() => clearInterval(housekeeping));
  const recovered = controller.recover({
    resumeOf: ({ plan, status }, now) => resumeOf(plan, status, now),
    finish: ({ plan, status }) => finishLost(plan, status, 'the service ended while this recording was running'),
  });
  opened.defer(() => recovered);
  opened.defer(() => controller.close());
  const operator = operatorView(controller, notices);
  const channels = new ChannelRoutes({ hub, config, log });
  listener.serve(buildApp({ controller, operator, figures, channels: channels.router, config, version, log }));
  // Before the parts that its answers come from.
  opened.defer(() => listener[Symbol.asyncDispose]());
  opened.use(channels);
  if (config.credentials.length === 0) log.warn('no credentials are configured: only this machine may call');
  const { address, port } = listener.address;
  log.info({ address, port, data: config.data }, 'listening');
  return opened.move();
}

/** Before anything has been asked for, what is asked for most is kept ready. */
function warmRules(parts: {
  readonly config: Config;
  readonly rules: Places['rules'];
  readonly encodings: Encodings;
  readonly identity: Identity | null;
  readonly capacity: MachineCapacity;
}): WarmRules {
  const { config, rules, encodings, identity, capacity } = parts;
  const picture: PicturePlan = { width: 1280, height: 720, fps: 15, bitrateKbps: 2000 };
  return {
    count: config.warmSpares,
    maxAgeMs: config.warmMaxAgeS * 1000,
    first: {
      ...rules,
      ...{ mode: 'web', mobile: false, network: { ...rules.network, service: null }, identity },
      ...{ picture, encoding: encodings.encodingFor(picture) },
      sound: AUDIO_PROFILES[0] ?? null,
    },
    mayKeep: ({ mode, picture }, others) =>
      capacity.hasRoomForSpare({ picture, page: mode === 'mix' ? CHANNEL_PAGE_KIND : null }, others),
  };
}

function openHub({ publicAddress, iceUdpPorts }: Config, identity: Identity | null, log: Logger): HubProcess {
  const [first = 0, last = 0] = iceUdpPorts.split('-').map(Number);
  return new HubProcess({ publicAddress: publicAddress ?? null, ports: [first, last], identity }, (level, text) =>
    log[level](text),
  );
}

function rulesOf(config: Config, service: string): Places['rules'] {
  const { allowPrivate, webrtcUdp, sandbox } = config;
  return {
    network: { allowPrivate, webrtcUdp, service, caFile: config.caFile ?? null },
    limits: {
      webgl: config.limitWebgl,
      videoPixels: config.limitVideoPixels ?? null,
      bandwidthKbps: config.limitBandwidthKbps ?? null,
    },
    sandbox,
  };
}

function backupOf({ backupStorage }: Config): { order: StorageOrder; prefix: string } | null {
  if (backupStorage === undefined) return null;
  const { data, error } = storageSchema.safeParse(backupStorage);
  if (error) {
    const wrong = error.issues.map(({ path, message }) => `${path.join('.')}: expected ${message}`);
    throw new RecorderError('config_invalid', `backupStorage (TAPEHEAD_BACKUP_STORAGE): ${wrong.join('; ')}`);
  }
  return { order: storageOrderOf(data), prefix: (data.fileNamePrefix ?? []).join('/') };
}

/** Configured, or made at the first start. */
function vaultKey({ vaultKey, data }: Config): Buffer {
  return vaultKey === undefined ? openKeyFile(join(data, 'vault.key')) : Buffer.from(vaultKey, 'hex');
}
