import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  CreateMultipartUploadCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from '@playwright/test';
import type { StorageOrder } from '../../src/recording/storage.ts';
import type { TimeLimits } from '../../src/store/connections.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { Azurite } from '../servers/azurite.ts';
import { Ceph, type CephUser } from '../servers/ceph.ts';
import { type Fault, FaultyProxy } from '../servers/faulty-proxy.ts';
import { putSparse } from '../support/put-sparse.ts';

// Each group has a server of its own, which starts once: its tests run one after the other in one worker.
test.describe.configure({ mode: 'default' });

const MIB = 1024 * 1024;
const { signal } = new AbortController();
const agents = { http: new Agent({ keepAlive: true }), https: new TlsAgent() };
/** Of a store that is made to stall. */
const IMPATIENT = { connectMs: 5_000, idleMs: 2_000 };

/** Most memory that storing may take, whatever the size. */
const FLAT_BYTES = 200e6;
const MUCH = 400e6;

/** 40 MB in which no stretch is like another. */
const FILM = Buffer.from(new Uint32Array(10 * MIB).map((_, index) => index).buffer);

function objectOf(key: string, data: Buffer, contentType = 'video/mp4') {
  return { key, bytes: data.length, contentType, open: () => piecesOf(data) };
}

/** As a file is read. */
function piecesOf(data: Buffer, onPiece: (at: number) => void = () => {}): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < data.length; at += 65_536) {
        onPiece(at);
        yield data.subarray(at, at + 65_536);
      }
    })(),
    { objectMode: false },
  );
}

function open(order: StorageOrder, limits?: TimeLimits): Store {
  return openStore(order, { agents, ...(limits ? { limits } : {}) });
}

async function read(store: Store, key: string): Promise<Buffer> {
  return await buffer(await store.get(key, signal));
}

const hash = (data: Buffer) => createHash('sha256').update(data).digest('hex');

/** Stores, gives back, stores anew, removes. */
async function goThroughLife(store: Store): Promise<void> {
  for (const text of ['#EXTM3U\n', '#EXTM3U\n#EXTINF:15,\na.ts\n', '']) {
    await store.put(objectOf('a/b-1_2.m3u8', Buffer.from(text), 'application/x-mpegURL'), signal);
    expect(await read(store, 'a/b-1_2.m3u8')).toEqual(Buffer.from(text));
  }
  await store.remove('a/b-1_2.m3u8', signal);
  await store.remove('a/b-1_2.m3u8', signal);
  await expect(read(store, 'a/b-1_2.m3u8')).rejects.toMatchObject({ name: 'StoreError', status: 404 });
}

/** Whoever reads a playlist while it is replaced gets one of its versions, whole. */
async function replaceWhileRead(store: Store): Promise<void> {
  const versions = ['old', 'new'].map((word) => Buffer.alloc(300_000, word));
  let writing = true;
  const put = async () => {
    for (let round = 0; round < 20; round += 1) {
      await store.put(objectOf('live.m3u8', versions[round % 2] as Buffer), signal);
    }
    writing = false;
  };
  await store.put(objectOf('live.m3u8', versions[0] as Buffer), signal);
  const written = put();
  const allowed = versions.map(hash);
  while (writing) expect(allowed).toContain(hash(await read(store, 'live.m3u8')));
  await written;
}

test.describe('Ceph', () => {
  let ceph: Ceph;

  test.beforeAll(async () => {
    test.setTimeout(240_000);
    ceph = await Ceph.start();
  });
  test.afterAll(() => ceph?.[Symbol.asyncDispose]());

  const orderOf = (more: Partial<StorageOrder> = {}): StorageOrder => ({
    vendor: 11,
    region: 0,
    bucket: ceph.bucket,
    ...ceph.user,
    stsToken: null,
    endpoint: ceph.endpoint,
    sse: null,
    tag: null,
    ...more,
  });
  const unfinished = async () => {
    const { Uploads = [] } = await ceph.client.send(new ListMultipartUploadsCommand({ Bucket: ceph.bucket }));
    return Uploads.map(({ Key }) => Key);
  };
  const keys = async (prefix: string) => {
    const found = await ceph.client.send(new ListObjectsV2Command({ Bucket: ceph.bucket, Prefix: prefix }));
    return (found.Contents ?? []).map(({ Key }) => Key);
  };
  const policy = (statements: readonly object[]) =>
    ceph.client.send(
      new PutBucketPolicyCommand({
        Bucket: ceph.bucket,
        Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
      }),
    );
  const resources = ['arn:aws:s3:::recordings', 'arn:aws:s3:::recordings/*'];

  test('keeps small objects', async () => {
    using store = open(orderOf());
    await goThroughLife(store);
  });

  test('keeps large objects, with type and tags', async () => {
    using store = open(orderOf({ tag: 'who=me%20%26%20you&room=7' }));
    await store.put(objectOf('films/film.mp4', FILM), signal);
    expect(hash(await read(store, 'films/film.mp4'))).toBe(hash(FILM));
    const at = { Bucket: ceph.bucket, Key: 'films/film.mp4' };
    const head = await ceph.client.send(new HeadObjectCommand(at));
    expect(head).toMatchObject({ ContentType: 'video/mp4', ContentLength: FILM.length });
    expect(head.ETag).toMatch(/-5"$/);
    const small = { Bucket: ceph.bucket, Key: 'slice.ts' };
    await store.put(objectOf('slice.ts', Buffer.from('x'), 'video/mp2t'), signal);
    expect(await ceph.client.send(new HeadObjectCommand(small))).toMatchObject({ ContentType: 'video/mp2t' });
    // Of uploads in parts, this version of Ceph forgets the tags.
    const { TagSet = [] } = await ceph.client.send(new GetObjectTaggingCommand(small));
    expect(new Map(TagSet.map(({ Key, Value }) => [Key, Value]))).toEqual(
      new Map([
        ['who', 'me & you'],
        ['room', '7'],
      ]),
    );
  });

  test('gives readers whole playlists while they are replaced', async () => {
    using store = open(orderOf());
    await replaceWhileRead(store);
  });

  test('has nothing left of an upload that is aborted', async () => {
    using store = open(orderOf());
    const abort = new AbortController();
    const source = () => piecesOf(FILM, (at) => at > 20 * MIB && abort.abort(new RangeError('enough')));
    await expect(store.put({ ...objectOf('aborted.mp4', FILM), open: source }, abort.signal)).rejects.toThrow(
      RangeError,
    );
    expect([await unfinished(), await keys('aborted')]).toEqual([[], []]);
    await store.put(objectOf('aborted.mp4', FILM), signal);
    expect(hash(await read(store, 'aborted.mp4'))).toBe(hash(FILM));
  });

  test('has nothing left of an upload that was cut off by death', async () => {
    using store = open(orderOf());
    for (const Key of ['cut.mp4', 'cut.mp4.other']) {
      const at = { Bucket: ceph.bucket, Key };
      const { UploadId } = await ceph.client.send(new CreateMultipartUploadCommand(at));
      await ceph.client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: Buffer.alloc(5 * MIB) }));
    }
    await store.put(objectOf('cut.mp4', FILM), signal);
    expect(await unfinished()).toEqual(['cut.mp4.other']);
    expect(hash(await read(store, 'cut.mp4'))).toBe(hash(FILM));
  });

  test('says what is configured wrongly, and takes nothing for a probe', async () => {
    const other = await ceph.addUser('stranger');
    const before = await keys('');
    for (const [change, code] of [
      [{ secretKey: 'wrong-secret' }, 'SignatureDoesNotMatch'],
      [{ accessKey: 'UNKNOWN' }, 'InvalidAccessKeyId'],
      [{ bucket: 'nowhere' }, 'NoSuchBucket'],
      [other, 'AccessDenied'],
      [{ endpoint: 'http://nowhere.invalid' }, 'ENOTFOUND'],
    ] as const) {
      using store = open(orderOf(change));
      await expect(store.probe(signal)).rejects.toMatchObject({ failure: 'configuration', code });
    }
    using store = open(orderOf());
    await store.probe(signal);
    await store.put(objectOf('probed.ts', Buffer.from('x')), signal);
    expect(await keys('')).toEqual([...before, 'probed.ts'].sort());
  });

  test('can be used by a key that may only write', async () => {
    const writer: CephUser = await ceph.addUser('writer');
    const who = { AWS: ['arn:aws:iam:::user/writer'] };
    await policy([{ Effect: 'Allow', Principal: who, Action: ['s3:PutObject'], Resource: resources }]);
    using store = open(orderOf(writer));
    await expect(store.get('any', signal)).rejects.toMatchObject({ status: 403 });
    await store.probe(signal);
    await store.put(objectOf('written.ts', Buffer.from('x')), signal);
    await store.put(objectOf('written.mp4', FILM), signal);
    expect(await keys('written')).toEqual(['written.mp4', 'written.ts']);
  });

  test('may fail in between', async () => {
    await using proxy = await FaultyProxy.start(ceph.endpoint);
    const order = orderOf({ endpoint: proxy.url });
    for (const [fault, failure] of [
      [{ kind: 'reset', afterBytes: MIB }, 'unreachable'],
      [{ kind: 'stall', afterBytes: MIB }, 'unreachable'],
      [{ kind: 'answer', status: 503, code: 'SlowDown' }, 'refused'],
      [{ kind: 'answer', status: 403, code: 'AccessDenied' }, 'refused'],
    ] as const satisfies [Fault, string][]) {
      using store = open(order, fault.kind === 'stall' ? IMPATIENT : undefined);
      proxy.fault = ({ path }) => (path.includes('partNumber=3') ? fault : null);
      await expect(store.put(objectOf('failing.mp4', FILM), signal)).rejects.toMatchObject({ failure });
      expect(await keys('failing')).toEqual([]);
      expect(await unfinished()).not.toContain('failing.mp4');
    }
    using store = open(order);
    await proxy.goDown();
    await expect(store.put(objectOf('failing.mp4', FILM), signal)).rejects.toMatchObject({ failure: 'unreachable' });
    await proxy.comeUp();
    proxy.fault = () => null;
    await store.put(objectOf('failing.mp4', FILM), signal);
    expect(hash(await read(store, 'failing.mp4'))).toBe(hash(FILM));
  });

  test('takes much without filling memory', async () => {
    const { growthBytes } = await putSparse({ order: orderOf(), key: 'much.mp4', bytes: MUCH });
    expect(growthBytes).toBeLessThan(FLAT_BYTES);
    const at = { Bucket: ceph.bucket, Key: 'much.mp4' };
    expect(await ceph.client.send(new HeadObjectCommand(at))).toMatchObject({ ContentLength: MUCH });
  });
});

test.describe('Azurite', () => {
  let azurite: Azurite;

  test.beforeAll(async () => {
    test.setTimeout(240_000);
    azurite = await Azurite.start();
  });
  test.afterAll(() => azurite?.[Symbol.asyncDispose]());

  const orderOf = (more: Partial<StorageOrder> = {}): StorageOrder => ({
    vendor: 5,
    region: 0,
    bucket: azurite.container,
    accessKey: azurite.account,
    secretKey: azurite.key,
    stsToken: null,
    endpoint: azurite.endpoint,
    sse: null,
    tag: null,
    ...more,
  });

  test('keeps small objects', async () => {
    using store = open(orderOf());
    await goThroughLife(store);
  });

  test('keeps large objects, with type and tags', async () => {
    using store = open(orderOf({ tag: 'who=me&room=7' }));
    await store.put(objectOf('films/film.mp4', FILM), signal);
    expect(hash(await read(store, 'films/film.mp4'))).toBe(hash(FILM));
    const blob = azurite.client.getBlockBlobClient('films/film.mp4');
    expect(await blob.getProperties()).toMatchObject({ contentType: 'video/mp4', contentLength: FILM.length });
    expect((await blob.getBlockList('committed')).committedBlocks).toHaveLength(5);
    expect((await blob.getTags()).tags).toEqual({ who: 'me', room: '7' });
    await store.put(objectOf('slice.ts', Buffer.from('x'), 'video/mp2t'), signal);
    const small = azurite.client.getBlockBlobClient('slice.ts');
    expect(await small.getProperties()).toMatchObject({ contentType: 'video/mp2t' });
    expect((await small.getTags()).tags).toEqual({ who: 'me', room: '7' });
  });

  test('gives readers whole playlists while they are replaced', async () => {
    using store = open(orderOf());
    await replaceWhileRead(store);
  });

  test('takes an upload anew that was aborted', async () => {
    using store = open(orderOf());
    const abort = new AbortController();
    const source = () => piecesOf(FILM, (at) => at > 20 * MIB && abort.abort(new RangeError('enough')));
    await expect(store.put({ ...objectOf('aborted.mp4', FILM), open: source }, abort.signal)).rejects.toThrow(
      RangeError,
    );
    await expect(read(store, 'aborted.mp4')).rejects.toMatchObject({ status: 404 });
    await store.put(objectOf('aborted.mp4', FILM), signal);
    expect(hash(await read(store, 'aborted.mp4'))).toBe(hash(FILM));
  });

  test('says what is configured wrongly', async () => {
    for (const [change, code] of [
      [{ secretKey: 'd3Jvbmc=' }, 'AuthorizationFailure'],
      [{ bucket: 'nowhere' }, 'ContainerNotFound'],
      [{ endpoint: 'http://nowhere.invalid' }, 'ENOTFOUND'],
    ] as const) {
      using store = open(orderOf(change));
      await expect(store.probe(signal)).rejects.toMatchObject({ failure: 'configuration', code });
    }
    using store = open(orderOf());
    await store.probe(signal);
  });

  test('may fail in between', async () => {
    await using proxy = await FaultyProxy.start(new URL(azurite.endpoint).origin);
    const order = orderOf({ endpoint: `${proxy.url}/${azurite.account}` });
    for (const [fault, failure] of [
      [{ kind: 'reset', afterBytes: MIB }, 'unreachable'],
      [{ kind: 'stall', afterBytes: MIB }, 'unreachable'],
      [{ kind: 'answer', status: 503, code: 'ServerBusy' }, 'refused'],
      [{ kind: 'answer', status: 404, code: 'ContainerNotFound' }, 'configuration'],
    ] as const satisfies [Fault, string][]) {
      using store = open(order, fault.kind === 'stall' ? IMPATIENT : undefined);
      proxy.fault = ({ method, path }) => (method === 'PUT' && path.includes('comp=block&') ? fault : null);
      await expect(store.put(objectOf('failing.mp4', FILM), signal)).rejects.toMatchObject({ failure });
    }
    using store = open(order);
    await proxy.goDown();
    await expect(store.put(objectOf('failing.mp4', FILM), signal)).rejects.toMatchObject({ failure: 'unreachable' });
    await proxy.comeUp();
    proxy.fault = () => null;
    await store.put(objectOf('failing.mp4', FILM), signal);
    expect(hash(await read(store, 'failing.mp4'))).toBe(hash(FILM));
  });

  test('takes much without filling memory', async () => {
    const { growthBytes } = await putSparse({ order: orderOf(), key: 'much.mp4', bytes: MUCH });
    expect(growthBytes).toBeLessThan(FLAT_BYTES);
    const blob = azurite.client.getBlockBlobClient('much.mp4');
    expect(await blob.getProperties()).toMatchObject({ contentLength: MUCH });
  });
});
