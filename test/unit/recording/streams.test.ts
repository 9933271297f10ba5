import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StreamChange, Streams } from '../../../src/recording/streams.ts';

const VIDEO: StreamChange = { uid: '7', kind: 'video', receiving: true, atMs: 1 };
const GONE: StreamChange = { ...VIDEO, receiving: false };

test('what is so already is no change', () => {
  const streams = new Streams();
  const changes = [GONE, VIDEO, VIDEO, { ...VIDEO, kind: 'audio' } as const, { ...VIDEO, uid: '8' }, GONE, GONE, VIDEO];
  assert.deepEqual(
    changes.map((change) => streams.change(change)),
    [false, true, false, true, true, true, false, true],
  );
});

test('all that are received go at once, once', () => {
  const streams = new Streams();
  for (const uid of ['7', '8', '9']) streams.change({ ...VIDEO, uid });
  streams.change({ ...GONE, uid: '8' });
  assert.deepEqual(streams.lose(5), [
    { ...GONE, uid: '7', atMs: 5 },
    { ...GONE, uid: '9', atMs: 5 },
  ]);
  assert.deepEqual(streams.lose(6), []);
  assert.equal(streams.change(GONE), false);
  assert.equal(streams.change(VIDEO), true);
});
