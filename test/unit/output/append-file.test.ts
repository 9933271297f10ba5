import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { sleep } from '../../../src/kit/deadline.ts';
import { AppendFile } from '../../../src/output/append-file.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const NOW = Promise.resolve();

/** Collects errors; the file under test reports each of its own only once. */
function errors(): { list: NodeJS.ErrnoException[]; add: (error: Error) => void } {
  const list: NodeJS.ErrnoException[] = [];
  return { list, add: (error) => list.push(error) };
}

test('everything appended is in the file, in order', async () => {
  await using folder = await makeTempFolder();
  const pieces = fc.array(fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.boolean()), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(pieces, async (list) => {
      const failed = errors();
      const file = new AppendFile(folder.file('order'), NOW, failed.add);
      for (const [bytes, pause] of list) {
        file.append(Buffer.from(bytes));
        if (pause) await sleep(0);
      }
      const whole = Buffer.concat(list.map(([bytes]) => bytes));
      assert.equal(await file.close(), whole.length);
      assert.deepEqual(await readFile(folder.file('order')), whole);
      assert.deepEqual(failed.list, []);
    }),
    { numRuns: 30 },
  );
});

test('the file is made only after what has to come before it', async () => {
  await using folder = await makeTempFolder();
  const before = Promise.withResolvers<void>();
  const file = new AppendFile(folder.file('later'), before.promise, assert.fail);
  file.append(Buffer.from('early'));
  await sleep(0);
  assert.equal(existsSync(folder.file('later')), false);
  before.resolve();
  assert.equal(await file.close(), 5);
  assert.equal(await readFile(folder.file('later'), 'utf8'), 'early');
});

test('a file that nothing was appended to is empty', async () => {
  await using folder = await makeTempFolder();
  assert.equal(await new AppendFile(folder.file('empty'), NOW, assert.fail).close(), 0);
  assert.equal(await readFile(folder.file('empty'), 'utf8'), '');
});

test('a full disk is told once, and closing says that nothing arrived', async () => {
  const failed = errors();
  const file = new AppendFile('/dev/full', NOW, failed.add);
  file.append(Buffer.alloc(4096));
  await sleep(0);
  file.append(Buffer.alloc(4096));
  assert.equal(await file.close(), 0);
  file.append(Buffer.alloc(4096));
  assert.equal(await file.close(), 0);
  assert.deepEqual(
    failed.list.map(({ code }) => code),
    ['ENOSPC'],
  );
});

test('a file that cannot be made is told once', async () => {
  await using folder = await makeTempFolder();
  const failed = errors();
  const file = new AppendFile(folder.file('missing/file'), NOW, failed.add);
  file.append(Buffer.from('a'));
  file.append(Buffer.from('b'));
  assert.equal(await file.close(), 0);
  assert.deepEqual(
    failed.list.map(({ code }) => code),
    ['ENOENT'],
  );
});

test('a disk that stands still is an error before the memory is full', async () => {
  await using folder = await makeTempFolder();
  const failed = errors();
  const stuck = Promise.withResolvers<void>();
  const file = new AppendFile(folder.file('stuck'), stuck.promise, failed.add);
  file.append(Buffer.alloc(64 * 2 ** 20));
  assert.deepEqual(failed.list, []);
  file.append(Buffer.alloc(1));
  file.append(Buffer.alloc(1));
  assert.deepEqual(
    failed.list.map(({ message }) => message),
    ['the disk does not take up: 67108865 bytes wait'],
  );
  stuck.resolve();
  await file.close();
});
