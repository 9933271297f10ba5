import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { pause, Retries } from '../../../pages/shared/retries.js';

describe('retries', () => {
  it('come quickly at first, then each 4 s, and quickly again after a success', () => {
    const retries = new Retries();
    assert.deepEqual(
      Array.from({ length: 7 }, () => retries.next()),
      [200, 500, 1000, 2000, 4000, 4000, 4000],
    );
    retries.reset();
    assert.equal(retries.next(), 200);
  });
});

describe('a pause', () => {
  it('ends early, and leaves nothing behind', async () => {
    const stop = new AbortController();
    const paused = pause(60_000, stop.signal);
    stop.abort();
    await paused;
    await pause(60_000, stop.signal);
    assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
  });

  it('ends by itself, and leaves nothing behind', async () => {
    const { signal } = new AbortController();
    await pause(1, signal);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });
});
