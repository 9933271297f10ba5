import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TimeLimits } from '../../../src/store/connections.ts';
import { S3Store } from '../../../src/store/s3.ts';
import { type Fault, FaultyProxy, type SeenRequest } from '../../servers/faulty-proxy.ts';
import { StrictS3 } from '../../servers/strict-s3.ts';
import { GO_ON, numbered, objectOf, orderOf } from './orders.ts';

const MIB = 1024 * 1024;
const LARGE = numbered(17 * MIB);
const SMALL = Buffer.from('small');
const LIMITS = { connectMs: 2_000, idleMs: 30_000 };

/** A store behind a proxy that can fail. */
class Scene implements AsyncDisposable {
  readonly strict: StrictS3;
  readonly proxy: FaultyProxy;
  readonly store: S3Store;
  readonly #agents = { http: new Agent({ keepAlive: true }), https: new TlsAgent() };

  private constructor(strict: StrictS3, proxy: FaultyProxy, limits: TimeLimits) {
    this.strict = strict;
    this.proxy = proxy;
    this.store = new S3Store(orderOf({ endpoint: proxy.url }), { agents: this.#agents, limits });
  }

  static async open(limits: TimeLimits = LIMITS): Promise<Scene> {
    const known = { accessKey: 'AKID', secretKey: 'hidden-secret', bucket: 'recordings', pathStyle: true };
    const strict = await StrictS3.start(known);
    return new Scene(strict, await FaultyProxy.start(`http://127.0.0.1:${strict.port}`), limits);
  }

  /** Fails the first `times` of these requests. */
  fail(times: number, fault: Fault, which: (request: SeenRequest) => boolean = () => true): void {
    let left = times;
    this.proxy.fault = (request) => {
      if (!which(request) || left === 0) return null;
      left -= 1;
      return fault;
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.store[Symbol.dispose]();
    this.#agents.http.destroy();
    await this.proxy[Symbol.asyncDispose]();
    await this.strict[Symbol.asyncDispose]();
  }
}

const isPart = ({ path }: SeenRequest) => path.includes('partNumber=2');

describe('a store that refuses', () => {
  for (const [status, code] of [
    [503, 'SlowDown'],
    [500, 'InternalError'],
    [429, 'TooManyRequests'],
    [403, 'AccessDenied'],
  ] as const) {
    it(`with ${status}: refused`, async () => {
      await using scene = await Scene.open();
      scene.fail(Infinity, { kind: 'answer', status, code });
      await assert.rejects(scene.store.put(objectOf('a.ts', SMALL), GO_ON), { failure: 'refused', status, code });
      scene.fail(0, { kind: 'lose' });
      await scene.store.put(objectOf('a.ts', SMALL), GO_ON);
      assert.deepEqual(scene.strict.objects.get('a.ts'), SMALL);
    });
  }

  it('once, is asked once more', async () => {
    await using scene = await Scene.open();
    scene.fail(1, { kind: 'answer', status: 503, code: 'SlowDown' });
    await scene.store.put(objectOf('a.ts', SMALL), GO_ON);
    assert.equal(scene.proxy.requests.length, 2);
  });

  it('a part is left with no part', async () => {
    await using scene = await Scene.open();
    scene.fail(Infinity, { kind: 'answer', status: 503, code: 'SlowDown' }, isPart);
    await assert.rejects(scene.store.put(objectOf('a.mp4', LARGE), GO_ON), { failure: 'refused' });
    assert.equal(scene.strict.uploads.size + scene.strict.objects.size, 0);
  });

  it('everything to this key, at first, is configured wrongly', async () => {
    await using scene = await Scene.open();
    scene.fail(Infinity, { kind: 'answer', status: 403, code: 'AccessDenied' });
    await assert.rejects(scene.store.probe(GO_ON), { failure: 'configuration', status: 403 });
  });

  it('parts without encryption, but takes uploads, is configured rightly', async () => {
    await using scene = await Scene.open();
    scene.fail(1, { kind: 'answer', status: 403, code: 'AccessDenied' }, ({ method }) => method === 'PUT');
    await scene.store.probe(GO_ON);
    assert.equal(scene.strict.uploads.size + scene.strict.objects.size, 0);
  });
});

describe('a connection', () => {
  for (const kind of ['reset', 'stall'] as const) {
    it(`that suffers a ${kind} is tried again`, async () => {
      await using scene = await Scene.open({ ...LIMITS, idleMs: 1_000 });
      scene.fail(1, { kind, afterBytes: MIB }, isPart);
      await scene.store.put(objectOf('a.mp4', LARGE), GO_ON);
      assert.ok(scene.strict.objects.get('a.mp4')?.equals(LARGE));
    });

    it(`that suffers one ${kind} after the other leaves no part`, async () => {
      await using scene = await Scene.open({ ...LIMITS, idleMs: 1_000 });
      scene.fail(Infinity, { kind, afterBytes: MIB }, isPart);
      await assert.rejects(scene.store.put(objectOf('a.mp4', LARGE), GO_ON), { failure: 'unreachable' });
      assert.equal(scene.strict.uploads.size + scene.strict.objects.size, 0);
    });
  }

  it('that loses an answer does not lose the object', async () => {
    await using scene = await Scene.open();
    scene.fail(1, { kind: 'lose' });
    await scene.store.put(objectOf('a.ts', SMALL), GO_ON);
    assert.deepEqual(scene.strict.objects.get('a.ts'), SMALL);
  });

  it('is refused for as long as the store is down', async () => {
    await using scene = await Scene.open();
    await scene.proxy.goDown();
    const refused = { failure: 'unreachable', code: 'ECONNREFUSED' };
    await assert.rejects(scene.store.put(objectOf('a.ts', SMALL), GO_ON), refused);
    await assert.rejects(scene.store.probe(GO_ON), refused);
    await scene.proxy.comeUp();
    await scene.store.put(objectOf('a.ts', SMALL), GO_ON);
  });

  it('is not kept waiting by whoever reads slowly', async () => {
    await using scene = await Scene.open({ ...LIMITS, idleMs: 500 });
    scene.strict.objects.set('a.mp4', LARGE);
    const got = await scene.store.get('a.mp4', GO_ON);
    const pieces: Buffer[] = [];
    for await (const piece of got) {
      pieces.push(piece);
      if (pieces.length === 1) await sleep(1_200);
    }
    assert.ok(Buffer.concat(pieces).equals(LARGE));
  });

  it('that fails in the middle of a read fails the stream', async () => {
    await using scene = await Scene.open({ ...LIMITS, idleMs: 500 });
    scene.strict.objects.set('a.mp4', LARGE);
    scene.fail(Infinity, { kind: 'lose' }, ({ headers }) => headers.range?.startsWith('bytes=8388608-') ?? false);
    const got = await scene.store.get('a.mp4', GO_ON);
    await assert.rejects(buffer(got), { name: 'StoreError', failure: 'unreachable' });
  });
});

describe('an upload that is aborted', () => {
  it('ends with the reason, leaves no part and closes its source', async () => {
    await using scene = await Scene.open();
    const abort = new AbortController();
    const source = Readable.from(
      (async function* () {
        for (let at = 0; at < LARGE.length; at += MIB) {
          if (at === 12 * MIB) abort.abort(new RangeError('enough'));
          yield LARGE.subarray(at, at + MIB);
        }
      })(),
      { objectMode: false },
    );
    const object = { ...objectOf('a.mp4', LARGE), open: () => source };
    await assert.rejects(scene.store.put(object, abort.signal), RangeError);
    assert.equal(scene.strict.uploads.size + scene.strict.objects.size, 0);
    assert.ok(source.destroyed);
  });

  it('before it began sends nothing', async () => {
    await using scene = await Scene.open();
    const reason = new RangeError('enough');
    await assert.rejects(scene.store.put(objectOf('a.mp4', LARGE), AbortSignal.abort(reason)), RangeError);
    await assert.rejects(scene.store.put(objectOf('a.ts', SMALL), AbortSignal.abort(reason)), RangeError);
    assert.equal(scene.proxy.requests.length, 0);
  });
});
