import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import type { StorageOrder } from '../../../src/recording/storage.ts';
import { S3Store } from '../../../src/store/s3.ts';
import { StoreError } from '../../../src/store/store-error.ts';
import { s3Place, VENDORS } from '../../../src/store/vendors.ts';
import { type SignedRequest, StrictS3 } from '../../servers/strict-s3.ts';
import { GO_ON, numbered, objectOf, orderOf } from './orders.ts';

const MIB = 1024 * 1024;
/** Two parts, unlike each other. */
const LARGE = numbered(9 * MIB + 5);

/** A strict store that knows the order's credentials and expects the vendor's way of naming buckets. */
function strictFor(order: StorageOrder): Promise<StrictS3> {
  const pathStyle = s3Place(order.vendor, order.region, order.endpoint)?.pathStyle ?? true;
  return StrictS3.start({ accessKey: 'AKID', secretKey: 'hidden-secret', bucket: 'recordings', pathStyle });
}

const amazons = (request: SignedRequest) =>
  Object.keys(request.headers).filter((name) => /^x-amz-(checksum|sdk-checksum|trailer)/.test(name));

for (const [vendor, { name, s3 }] of VENDORS) {
  if (s3 === null) continue;
  describe(`${vendor}, ${name}`, () => {
    const endpoint = vendor === 11 ? 's3.example.org' : null;
    const order = orderOf({ vendor, endpoint, stsToken: 'token', sse: 'kms', tag: 'who=me & you&n=1' });
    const place = s3Place(vendor, 0, endpoint);
    const host = new URL(place?.endpoint ?? '').host;

    it('stores, gives back and removes small objects, correctly signed', async () => {
      await using strict = await strictFor(order);
      using store = new S3Store(order, strict);
      const data = Buffer.from('#EXTM3U\n');
      await store.put(objectOf('a/b c.m3u8', data, 'application/x-mpegURL'), GO_ON);
      assert.deepEqual(strict.objects.get('a/b c.m3u8'), data);
      assert.deepEqual(await buffer(await store.get('a/b c.m3u8', GO_ON)), data);
      await store.remove('a/b c.m3u8', GO_ON);
      await store.remove('a/b c.m3u8', GO_ON);
      assert.equal(strict.objects.size, 0);
      const [put] = strict.requests;
      assert.equal(put?.host, place?.pathStyle ? host : `recordings.${host}`);
      assert.equal(put?.region, place?.region);
      assert.equal(put?.headers['content-type'], 'application/x-mpegURL');
      assert.equal(put?.headers['content-length'], '8');
      assert.equal(put?.headers['x-amz-security-token'], 'token');
    });

    it('stores large objects in parts', async () => {
      await using strict = await strictFor(order);
      using store = new S3Store(order, strict);
      await store.put(objectOf('film.mp4', LARGE), GO_ON);
      assert.ok(strict.objects.get('film.mp4')?.equals(LARGE));
      assert.equal(strict.uploads.size, 0);
      const parts = strict.requests.filter(({ query }) => query.has('partNumber'));
      assert.deepEqual(
        parts.map(({ body }) => body.length).sort((a, b) => a - b),
        [MIB + 5, 8 * MIB],
      );
      assert.ok((await buffer(await store.get('film.mp4', GO_ON))).equals(LARGE));
    });

    it('sends encryption, tags, checksums only where they are taken', async () => {
      await using strict = await strictFor(order);
      using store = new S3Store(order, strict);
      await store.put(objectOf('small.ts', Buffer.from('x')), GO_ON);
      await store.put(objectOf('film.mp4', LARGE), GO_ON);
      const [put] = strict.requests;
      const begin = strict.requests.find(({ method, query }) => method === 'POST' && query.has('uploads'));
      for (const request of [put, begin]) {
        const { 'x-amz-tagging': tags, 'x-amz-server-side-encryption': encryption } = request?.headers ?? {};
        assert.equal(tags, place?.tags ? 'who=me%20&%20you=&n=1' : undefined);
        assert.equal(encryption, place?.encryption ? 'aws:kms' : undefined);
      }
      const foreign = strict.requests.filter((request) => amazons(request).length > 0 || request.query.has('x-id'));
      if (place?.genuine) assert.ok(put && amazons(put).includes('x-amz-checksum-crc32'));
      else assert.deepEqual(foreign, []);
    });

    it('finds out that all is right, and leaves nothing behind', async () => {
      await using strict = await strictFor(order);
      using store = new S3Store(order, strict);
      await store.probe(GO_ON);
      assert.equal(strict.objects.size + strict.uploads.size, 0);
    });

    for (const [change, code] of [
      [{ accessKey: 'OTHER' }, 'InvalidAccessKeyId'],
      [{ secretKey: 'wrong-secret' }, 'SignatureDoesNotMatch'],
      [{ bucket: 'nowhere' }, 'NoSuchBucket'],
    ] as const) {
      it(`finds out: ${code}`, async () => {
        await using strict = await strictFor(order);
        using store = new S3Store({ ...order, ...change }, strict);
        await assert.rejects(store.probe(GO_ON), (error) => {
          assert.ok(error instanceof StoreError);
          assert.equal(error.failure, 'configuration');
          assert.equal(error.code, code);
          assert.doesNotMatch(`${error.message} ${error.stack}`, /AKID|OTHER|hidden|wrong-secret|token|secret text/);
          return true;
        });
      });
    }
  });
}

describe('an object', () => {
  const order = orderOf({ endpoint: 'http://s3.example.org' });

  it('may be empty', async () => {
    await using strict = await strictFor(order);
    using store = new S3Store(order, strict);
    await store.put(objectOf('empty', Buffer.alloc(0)), GO_ON);
    assert.equal(strict.objects.get('empty')?.length, 0);
    assert.equal((await buffer(await store.get('empty', GO_ON))).length, 0);
  });

  for (const said of [LARGE.length - 1, LARGE.length + 1]) {
    it(`that is not as long as it says (${said - LARGE.length}) is not stored`, async () => {
      await using strict = await strictFor(order);
      using store = new S3Store(order, strict);
      await assert.rejects(store.put({ ...objectOf('film.mp4', LARGE), bytes: said }, GO_ON), /bytes to store/);
      assert.equal(strict.objects.size + strict.uploads.size, 0);
    });
  }

  it('that cannot be read fails with the reader’s own error', async () => {
    await using strict = await strictFor(order);
    using store = new S3Store(order, strict);
    const open = () => Promise.reject(new RangeError('gone'));
    await assert.rejects(store.put({ ...objectOf('film.mp4', LARGE), open }, GO_ON), RangeError);
    assert.equal(strict.uploads.size, 0);
  });

  it('whose upload was cut off earlier is sent anew, and the earlier parts go', async () => {
    await using strict = await strictFor(order);
    using store = new S3Store(order, strict);
    strict.uploads.set('old', { key: 'film.mp4', parts: new Map([[1, Buffer.from('x')]]) });
    strict.uploads.set('other', { key: 'film.mp4.part', parts: new Map() });
    await store.put(objectOf('film.mp4', LARGE), GO_ON);
    assert.deepEqual([...strict.uploads.keys()], ['other']);
  });

  it('that is not there cannot be got', async () => {
    await using strict = await strictFor(order);
    using store = new S3Store(order, strict);
    await assert.rejects(store.get('none', GO_ON), { name: 'StoreError', status: 404, code: 'NoSuchKey' });
  });
});

describe('a store', () => {
  const order = orderOf({ endpoint: 's3.example.org' });

  it('says where it is, without secrets', async () => {
    await using strict = await strictFor(order);
    using store = new S3Store(order, strict);
    assert.equal(store.place, 'https://s3.example.org/recordings');
  });

  it('that is something else is found out', async () => {
    const page = createServer((_request, response) => response.end('<html>welcome</html>')).listen(0, '127.0.0.1');
    await once(page, 'listening');
    const { port } = page.address() as AddressInfo;
    const agents = { http: new Agent(), https: new TlsAgent() };
    using store = new S3Store(orderOf({ endpoint: `http://127.0.0.1:${port}` }), { agents });
    await assert.rejects(store.probe(GO_ON), { name: 'StoreError', failure: 'configuration' });
    page.close();
  });

  it('that is closed fails what is under way, and what comes', async () => {
    await using strict = await strictFor(order);
    const store = new S3Store(order, strict);
    const getting = store.get('none', GO_ON).catch((error: unknown) => error);
    store[Symbol.dispose]();
    assert.ok((await getting) instanceof StoreError);
    await assert.rejects(store.probe(GO_ON), { failure: 'unreachable' });
  });

  it('takes no order that names no place', () => {
    for (const change of [{ endpoint: 'ftp://x' }, { vendor: 1, region: 26 }, { vendor: 9 }]) {
      assert.throws(() => new S3Store({ ...order, ...change }, {} as never), { failure: 'configuration' });
    }
  });
});
