import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@playwright/test';
import pino from 'pino';
import { until } from '../../src/kit/deadline.ts';
import type { StorageOrder, UploadEvent } from '../../src/recording/storage.ts';
import { openStore } from '../../src/store/open-store.ts';
import { namedSlices } from '../../src/upload/playlist-up-to.ts';
import { openSqliteSpool } from '../../src/upload/spool-sqlite.ts';
import { UPLOAD_TIMING, type UploadTiming } from '../../src/upload/timing.ts';
import { Uploader } from '../../src/upload/uploader.ts';
import { Vault } from '../../src/vault/vault.ts';
import { Ceph } from '../servers/ceph.ts';
import { type Fault, FaultyProxy, type SeenRequest } from '../servers/faulty-proxy.ts';
import { FakeSession } from '../support/fake-session.ts';
import { startScript, type TestProcess } from '../support/processes.ts';
import { StoredFiles } from '../support/stored-files.ts';
import { makeTempFolder, type TempFolder } from '../support/temp-folder.ts';

// One gateway for all of them, one after the other.
test.describe.configure({ mode: 'default' });

const MIB = 2 ** 20;
const TIMING: UploadTiming = {
  ...UPLOAD_TIMING,
  retryFirstMs: 100,
  retryLongestMs: 500,
  playlistEveryMs: 100,
  tickMs: 50,
};
const LIMITS = { connectMs: 5_000, idleMs: 5_000 };
const PATIENCE_MS = 60_000;

let ceph: Ceph;
let buckets = 0;

test.beforeAll(async () => {
  test.setTimeout(180_000);
  ceph = await Ceph.start();
});

test.afterAll(async () => {
  await ceph?.[Symbol.asyncDispose]();
});

/** An uploader in front of whose store stands a proxy; what is stored is looked at behind it. */
class Bench implements AsyncDisposable {
  readonly proxy: FaultyProxy;
  readonly folder: TempFolder;
  readonly user: StoredFiles;
  readonly backup: StoredFiles;
  readonly events: UploadEvent[] = [];
  readonly logged: string[] = [];
  readonly session: FakeSession;
  readonly #owned: AsyncDisposableStack;
  #uploader: Uploader | null = null;

  private constructor(owned: AsyncDisposableStack, parts: Pick<Bench, 'proxy' | 'folder' | 'user' | 'backup'>) {
    this.#owned = owned;
    this.proxy = parts.proxy;
    this.folder = parts.folder;
    this.user = parts.user;
    this.backup = parts.backup;
    const sid = randomBytes(16).toString('hex');
    this.session = new FakeSession({
      ...{ sid, recordings: this.folder.file('recordings'), prefix: 'rooms/one' },
      onReady: (file) => this.#uploader?.fileReady(sid, file),
    });
  }

  /** @param diskMb all that is written goes to a disk of this size */
  static async open(diskMb: number | null = null): Promise<Bench> {
    await using owned = new AsyncDisposableStack();
    const folder = owned.use(await makeTempFolder());
    if (diskMb !== null) {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMb}m`, 'tmpfs', folder.path]);
      owned.defer(() => void execFileSync('umount', [folder.path]));
    }
    const proxy = owned.use(await FaultyProxy.start(ceph.endpoint));
    buckets += 1;
    const user = await StoredFiles.make(ceph.client, `user${buckets}`);
    const backup = await StoredFiles.make(ceph.client, `backup${buckets}`);
    return new Bench(owned.move(), { proxy, folder, user, backup });
  }

  /** @param backupAfterMs null: there is no backup store */
  startUploader(backupAfterMs: number | null = null): Uploader {
    const { sid } = this.session;
    const agents = { http: new Agent({ keepAlive: true }), https: new TlsAgent() };
    this.#owned.defer(() => agents.http.destroy());
    const spool = this.#owned.use(openSqliteSpool(this.folder.file('spool.sqlite'), new Vault(KEY), () => {}));
    this.#uploader = this.#owned.use(
      new Uploader({
        spool,
        openStore: (order) => openStore(order, { agents, limits: LIMITS }),
        backup: backupAfterMs === null ? null : { order: orderAt(ceph.endpoint, this.backup.bucket), prefix: '' },
        backupAfterMs: backupAfterMs ?? 0,
        log: pino({}, { write: (line) => this.logged.push(line) }),
        onEvent: (of, event) => of === sid && this.events.push(event),
        timing: TIMING,
      }),
    );
    return this.#uploader;
  }

  get order(): StorageOrder {
    return orderAt(this.proxy.url, this.user.bucket);
  }

  told(name: UploadEvent['name']): UploadEvent[] {
    return this.events.filter((event) => event.name === name);
  }

  /** Requests that are refused, cut off, or left without an answer, as many of each as the list says. */
  failOneAfterTheOther(faults: readonly Fault[], concerns: (request: SeenRequest) => boolean): void {
    const left = [...faults];
    this.proxy.fault = (request) => (concerns(request) ? (left.shift() ?? null) : null);
  }

  /** All that was written is stored, once, under its own name, and is nowhere else any more. */
  async expectStored(): Promise<void> {
    const { session } = this;
    expect(await this.user.keys()).toEqual([...session.bytes.keys()].map((name) => session.key(name)).sort());
    for (const [name, bytes] of session.bytes) {
      expect((await this.user.bytes(session.key(name))).equals(bytes), name).toBe(true);
    }
    expect(await this.user.unfinished()).toEqual([]);
    expect(session.local).toEqual([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned[Symbol.asyncDispose]();
  }
}

const KEY = Buffer.alloc(32, 3);

function orderAt(endpoint: string, bucket: string): StorageOrder {
  const none = { stsToken: null, sse: null, tag: null };
  return { vendor: 11, region: 0, bucket, ...ceph.user, endpoint, ...none };
}

/** Looks all the time whether the stored playlist names something that is not there. */
function watchPlaylist({ user, session }: Bench): { missing: string[]; seen: Set<number>; end(): Promise<void> } {
  const watch = { missing: [] as string[], seen: new Set<number>(), over: false };
  const looking = (async () => {
    while (!watch.over) {
      const text = await user.bytes(session.playlistKey).then(String, () => '');
      const names = namedSlices(text);
      const keys = new Set(await user.keys());
      watch.missing.push(...names.filter((name) => !keys.has(session.key(name))));
      watch.seen.add(names.length);
    }
  })();
  const end = async () => {
    watch.over = true;
    await looking;
  };
  return Object.assign(watch, { end });
}

const isPut = ({ method }: SeenRequest) => method === 'PUT';

test('a store that is down for a while, throttles, refuses and cuts off: everything arrives, once', async () => {
  await using bench = await Bench.open();
  const { session, proxy } = bench;
  const uploader = bench.startUploader();
  uploader.begin(session.job(bench.order, true));
  const watch = watchPlaylist(bench);
  const record = async (slices: number) => {
    for (let slice = 0; slice < slices; slice += 1) {
      await session.slice(0, true, 300_000);
      await session.playlist();
    }
  };
  await record(3);
  await expect.poll(() => watch.seen.has(3), { timeout: PATIENCE_MS }).toBe(true);
  await proxy.goDown();
  await record(3);
  await expect
    .poll(() => uploader.view(session.sid)?.problem, { timeout: PATIENCE_MS })
    .toContain('expected an answer');
  expect(uploader.view(session.sid)).toMatchObject({ status: 'backuped', storedFiles: 3, pendingFiles: 4 });
  await proxy.comeUp();
  const refused = (status: number, code: string): Fault => ({ kind: 'answer', status, code });
  bench.failOneAfterTheOther(
    [
      ...[
        refused(503, 'SlowDown'),
        refused(503, 'SlowDown'),
        refused(403, 'AccessDenied'),
        refused(500, 'InternalError'),
      ],
      ...([{ kind: 'reset', afterBytes: 100_000 }, { kind: 'lose' }, { kind: 'stall', afterBytes: 50_000 }] as const),
    ],
    isPut,
  );
  await record(3);
  await session.mp4(0, true, 20 * MIB);
  await session.playlist(true);
  uploader.finish(session.sid);
  const view = await uploader.settled(session.sid, PATIENCE_MS);
  await watch.end();
  expect(view).toMatchObject({ status: 'uploaded', storedFiles: 11, pendingFiles: 0, pendingBytes: 0, problem: null });
  await bench.expectStored();
  expect(watch.missing).toEqual([]);
  expect(bench.told('uploader_started')).toHaveLength(1);
  expect(bench.told('playlist_stored')).toHaveLength(1);
  expect(bench.told('uploaded')).toHaveLength(1);
  expect(bench.told('backuped')).toHaveLength(0);
  expect(bench.told('warning').length).toBeGreaterThan(0);
  expect(await bench.user.contentType(session.playlistKey)).toBe('application/x-mpegURL');
});

test('an MP4 that is cut off in its midst is sent again, and leaves nothing half behind', async () => {
  await using bench = await Bench.open();
  const { session } = bench;
  const uploader = bench.startUploader();
  uploader.begin(session.job(bench.order, true));
  const isPart = (number: number) => (request: SeenRequest) =>
    isPut(request) && request.path.includes(`partNumber=${number}`);
  // The SDK tries each request twice by itself.
  const cut: Fault = { kind: 'reset', afterBytes: MIB };
  bench.failOneAfterTheOther([cut, cut], isPart(3));
  await session.mp4(0, true, 40 * MIB);
  await expect.poll(() => uploader.view(session.sid)?.problem, { timeout: PATIENCE_MS }).not.toBeNull();
  uploader.finish(session.sid);
  expect(await uploader.settled(session.sid, PATIENCE_MS)).toMatchObject({ status: 'uploaded' });
  await bench.expectStored();
});

test('a wrong bucket and a wrong key are told at once; nothing goes to the backup store', async () => {
  for (const wrong of [{ bucket: 'nowhere' }, { secretKey: 'wrong' }]) {
    await using bench = await Bench.open();
    const { session } = bench;
    const uploader = bench.startUploader(1);
    uploader.begin(session.job({ ...bench.order, ...wrong }, false));
    await expect.poll(() => bench.told('error'), { timeout: PATIENCE_MS }).toMatchObject([{ code: 32 }]);
    await session.slice();
    await session.playlist(true);
    uploader.finish(session.sid);
    expect(await uploader.settled(session.sid, PATIENCE_MS)).toMatchObject({ status: 'unknown', pendingFiles: 2 });
    expect(await bench.backup.keys()).toEqual([]);
    expect(session.local).toHaveLength(2);
    // Who mends it finds that nothing is lost.
    uploader.renew(session.sid, bench.order);
    expect(await uploader.settled(session.sid, PATIENCE_MS)).toMatchObject({ status: 'uploaded' });
    await bench.expectStored();
    expect(bench.told('error')).toHaveLength(1);
  }
});

test('the backup store takes what is refused for too long, and hands it over later', async () => {
  await using bench = await Bench.open();
  const { session, proxy } = bench;
  const uploader = bench.startUploader(500);
  uploader.begin(session.job(bench.order, true));
  await session.slice();
  await session.playlist();
  await expect.poll(() => bench.told('playlist_stored').length, { timeout: PATIENCE_MS }).toBe(1);
  await proxy.goDown();
  for (let slice = 0; slice < 4; slice += 1) await session.slice();
  await session.mp4(0, true, 20 * MIB);
  await session.playlist(true);
  uploader.finish(session.sid);
  await expect.poll(() => bench.told('backuped').length, { timeout: PATIENCE_MS }).toBe(1);
  expect(uploader.view(session.sid)).toMatchObject({
    status: 'backuped',
    storedFiles: 1,
    pendingFiles: 0,
    backupFiles: 6,
  });
  expect(session.local).toEqual([]);
  const kept = [...session.bytes.keys()].slice(2).concat(`${session.stem}.m3u8`);
  expect(await bench.backup.keys()).toEqual(kept.map((name) => `${session.sid}/${session.key(name)}`).sort());
  const watch = watchPlaylist(bench);
  await proxy.comeUp();
  expect(await uploader.settled(session.sid, PATIENCE_MS)).toMatchObject({ status: 'uploaded', backupFiles: 0 });
  await watch.end();
  expect(watch.missing).toEqual([]);
  await bench.expectStored();
  expect(bench.told('uploaded')).toHaveLength(1);
  await expect.poll(() => bench.backup.keys(), { timeout: PATIENCE_MS }).toEqual([]);
});

test('a full disk: what is told of only then is stored all the same, and makes room', async () => {
  test.skip(process.getuid?.() !== 0, 'only root can make a small disk');
  await using bench = await Bench.open(8);
  const { session } = bench;
  const uploader = bench.startUploader();
  uploader.begin(session.job(bench.order, false));
  const names: string[] = [];
  for (let slice = 0; slice < 200; slice += 1) names.push(await session.slice(0, false, 20_000));
  await session.playlist(true, false);
  await fillUp(bench.folder.file('ballast'));
  for (const name of names) session.tell({ name, kind: 'slice', part: 0 });
  uploader.finish(session.sid);
  expect(await uploader.settled(session.sid, PATIENCE_MS)).toMatchObject({ status: 'uploaded', storedFiles: 201 });
  await bench.expectStored();
  expect(bench.logged).toEqual([]);
});

/** Writes until the disk takes not a byte more. */
async function fillUp(file: string): Promise<void> {
  for (const bytes of [MIB, 4096, 1]) {
    while (
      await appendFile(file, Buffer.alloc(bytes)).then(
        () => true,
        () => false,
      )
    );
  }
}

/** Runs an uploader on what is in the folder, in a process of its own, and says when all is stored. */
const SERVICE = `
const { root, folder, key, job, limits, timing } = JSON.parse(process.argv[1]);
const load = (path) => import(new URL(path, root));
const { Agent } = await import('node:http');
const { default: pino } = await load('node_modules/pino/pino.js');
const { Vault } = await load('src/vault/vault.ts');
const { openStore } = await load('src/store/open-store.ts');
const { openSqliteSpool } = await load('src/upload/spool-sqlite.ts');
const { Uploader } = await load('src/upload/uploader.ts');
const agents = { http: new Agent({ keepAlive: true }), https: new Agent() };
const uploader = new Uploader({
  spool: openSqliteSpool(folder + '/spool.sqlite', new Vault(Buffer.from(key, 'hex')), () => {}),
  openStore: (order) => openStore(order, { agents, limits }),
  backup: null,
  backupAfterMs: 0,
  log: pino({ level: 'silent' }),
  onEvent: (sid, { name }) => console.log(name),
  timing,
});
uploader.resume(new Set());
if (uploader.view(job.sid) === null) uploader.begin(job);
uploader.finish(job.sid);
`;

function startService(bench: Bench): TestProcess {
  const parts = {
    root: `${pathToFileURL(join(import.meta.dirname, '../..'))}/`,
    folder: bench.folder.path,
    key: KEY.toString('hex'),
    job: bench.session.job(bench.order, true),
    limits: LIMITS,
    timing: TIMING,
  };
  return startScript(SERVICE, [JSON.stringify(parts)]);
}

test('kill -9 of the service in the midst of uploads, again and again: everything arrives, once', async () => {
  await using bench = await Bench.open();
  const { session, proxy } = bench;
  for (let slice = 0; slice < 12; slice += 1) await session.slice(0, false, MIB);
  await session.playlist(true, false);
  await session.mp4(0, false, 40 * MIB);
  // It dies after so many requests of this kind; the last one of them hangs.
  const deaths = [
    { concerns: (request: SeenRequest) => isPut(request) && request.path.includes('.ts'), after: 2 },
    { concerns: (request: SeenRequest) => request.path.includes('partNumber=4'), after: 1 },
    { concerns: (request: SeenRequest) => isPut(request) && request.path.includes('.m3u8'), after: 1 },
  ];
  for (const { concerns, after } of deaths) {
    let seen = 0;
    proxy.fault = (request) => {
      if (concerns(request)) seen += 1;
      return concerns(request) && seen >= after ? { kind: 'stall', afterBytes: 10 } : null;
    };
    await using service = startService(bench);
    expect(await until(PATIENCE_MS, 20, () => seen >= after), 'what was waited for did not come').toBe(true);
    await service.kill();
  }
  proxy.fault = () => null;
  await using service = startService(bench);
  while ((await service.line()) !== 'uploaded');
  await expect.poll(() => session.local, { timeout: PATIENCE_MS }).toEqual([]);
  await bench.expectStored();
});
