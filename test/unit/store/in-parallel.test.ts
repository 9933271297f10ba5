import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { inParallel } from '../../../src/store/in-parallel.ts';
import { GO_ON } from './orders.ts';

async function* upTo(last: number): AsyncGenerator<number> {
  for (let number = 1; number <= last; number += 1) yield number;
}

describe('in parallel', () => {
  it('does all, and never more than the limit at once', async () => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await inParallel(3, upTo(10), GO_ON, async (item) => {
      running += 1;
      most = Math.max(most, running);
      for (let turns = 0; turns < item % 4; turns += 1) await turn();
      running -= 1;
      done.push(item);
    });
    assert.deepEqual(
      done.sort((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    assert.equal(most, 3);
  });

  it('ends with the first failure, when nothing is under way any more', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const work = inParallel(2, upTo(10), GO_ON, async (item, signal) => {
      begun.push(item);
      if (item === 2) throw new RangeError('second');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await turn();
      ended.push(item);
      throw signal.reason;
    });
    await assert.rejects(work, RangeError);
    assert.deepEqual([begun, ended], [[1, 2], [1]]);
  });

  it('fails when its items fail', async () => {
    const items = (async function* () {
      yield 1;
      throw new RangeError('no more');
    })();
    await assert.rejects(
      inParallel(2, items, GO_ON, () => turn()),
      RangeError,
    );
  });

  it('ends when it is told to', async () => {
    const abort = new AbortController();
    const work = inParallel(2, upTo(10), abort.signal, async (item) => {
      if (item === 3) abort.abort(new RangeError('enough'));
      await turn();
    });
    await assert.rejects(work, RangeError);
  });
});
