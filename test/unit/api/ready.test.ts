import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ReadyParts, ready } from '../../../src/api/ready.ts';
import { readinessSchema } from '../../../src/api/schema-operator.ts';
import { MachineCapacity } from '../../../src/node/capacity.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { openApp } from './small-app.ts';

const ROOMY = () => Promise.resolve(5e9);

async function ask(change: Partial<ReadyParts> = {}): Promise<{ status: number; reasons: readonly string[] }> {
  await using folder = await makeTempFolder();
  const parts = {
    ...{
      capacity: new MachineCapacity({ cores: 2, memoryMB: 8000 }),
      stopping: () => false,
      data: folder.path,
      free: ROOMY,
    },
    ...change,
  };
  await using app = await openApp((routes) => routes.get('/readyz', ready(parts)));
  const answer = await app.get('/readyz');
  const { ready: isReady, reasons } = readinessSchema.parse(await answer.json());
  assert.equal(isReady, answer.status === 200);
  return { status: answer.status, reasons };
}

describe('readiness', () => {
  test('room, disk and nothing against it', async () => assert.deepEqual(await ask(), { status: 200, reasons: [] }));

  test('another recording would not fit', async () => {
    const capacity = new MachineCapacity({ cores: 2, memoryMB: 8000 });
    capacity.reserve('a', { picture: { width: 1920, height: 1080, fps: 30 }, page: null });
    const { status, reasons } = await ask({ capacity });
    assert.equal(status, 503);
    assert.deepEqual(reasons, [
      'a recording of 1280x720 at 30 frames per second does not fit: this machine has 2 cores and 8000 MB for recordings; 1 recording uses 1.44 and 913; this one would take some 0.75 and 600; wait for one to end',
    ]);
  });

  test('it is asked anew each time', async () => {
    const capacity = new MachineCapacity({ cores: 1, memoryMB: 8000 });
    await using folder = await makeTempFolder();
    const parts = { capacity, stopping: () => false, data: folder.path, free: ROOMY };
    await using app = await openApp((routes) => routes.get('/readyz', ready(parts)));
    const permit = capacity.reserve('a', { picture: { width: 1280, height: 720, fps: 30 }, page: null });
    assert.equal((await app.get('/readyz')).status, 503);
    permit?.[Symbol.dispose]();
    assert.equal((await app.get('/readyz')).status, 200);
  });

  test('the disk is nearly full', async () => {
    const { status, reasons } = await ask({ free: () => Promise.resolve(999_999_999) });
    assert.equal(status, 503);
    assert.deepEqual(reasons, ['the data folder has 999 MB left, 1000 are needed']);
  });

  test('the data folder is gone', async () => {
    await using folder = await makeTempFolder();
    const capacity = new MachineCapacity({ cores: 2, memoryMB: 8000 });
    const parts = { capacity, stopping: () => false, data: folder.file('gone') };
    await using app = await openApp((routes) => routes.get('/readyz', ready(parts)));
    const answer = await app.get('/readyz');
    assert.equal(answer.status, 503);
    assert.match((await answer.json()).reasons[0], /^the data folder cannot be written to: .*ENOENT/);
  });

  test('all reasons are told at once', async () => {
    const capacity = new MachineCapacity({ cores: 0.5, memoryMB: 8000 });
    capacity.reserve('a', { picture: { width: 640, height: 360, fps: 15 }, page: null });
    const free = () => Promise.reject(new Error('read-only'));
    const { reasons } = await ask({ capacity, free, stopping: () => true });
    assert.deepEqual([reasons.length, reasons[0]], [3, 'the service is stopping']);
  });
});
