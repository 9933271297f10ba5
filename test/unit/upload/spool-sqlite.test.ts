import assert from 'node:assert/strict';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Spool, StepQuery } from '../../../src/upload/spool.ts';
import { openSqliteSpool } from '../../../src/upload/spool-sqlite.ts';
import { Vault } from '../../../src/vault/vault.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { orderOf, VAULT } from './rig.ts';

const JOB = { sid: 's', folder: '/f', stem: 's_room', prefix: 'p', hls: true, mp4: true, storage: orderOf('b') };
const ANY: StepQuery = { now: 10, mp4: true, limit: 10, failedBefore: 0, addedBefore: 0 };

function openAt(file: string): Spool {
  return openSqliteSpool(file, VAULT, (aside) => assert.fail(aside));
}

test('keeps jobs and objects', async () => {
  await using folder = await makeTempFolder();
  const file = folder.file('spool.sqlite');
  {
    using spool = openAt(file);
    spool.begin(JOB, 1);
    spool.add('s', { name: 'a', kind: 'slice', part: 0, bytes: 5 }, 2);
    spool.failed(1, 3, 99);
    spool.tell('s', 'error 32');
  }
  using spool = openAt(file);
  const { storage, ...rest } = JOB;
  assert.deepEqual(spool.openJobs(), [{ ...rest, finished: false, done: false }]);
  assert.deepEqual(spool.storageOf('s'), storage);
  assert.deepEqual(spool.object('s', 'a'), {
    ...{ id: 1, name: 'a', kind: 'slice', part: 0, bytes: 5 },
    ...{ inStore: false, inBackup: false, onDisk: true, failures: 1, failedMs: 3 },
  });
  assert.ok(spool.told('s', 'error 32'));
  assert.deepEqual(spool.ready('s', 'send', ANY), []);
  spool.retryAll();
  assert.equal(spool.ready('s', 'send', ANY).length, 1);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('what is stored with another size than was last told is not stored', async () => {
  await using folder = await makeTempFolder();
  using spool = openAt(folder.file('spool.sqlite'));
  spool.begin(JOB, 1);
  spool.add('s', { name: 'a', kind: 'mp4', part: 0, bytes: 5 }, 2);
  const [first] = spool.ready('s', 'send', ANY);
  spool.add('s', { name: 'a', kind: 'mp4', part: 0, bytes: 6 }, 3);
  assert.ok(first);
  spool.stored(first, 5);
  const [second] = spool.ready('s', 'send', ANY);
  assert.ok(second);
  spool.stored(second, 6);
  assert.deepEqual(spool.ready('s', 'send', ANY), []);
});

test('a key that is not the one it was sealed with shows nothing', async () => {
  await using folder = await makeTempFolder();
  openAt(folder.file('spool.sqlite'))[Symbol.dispose]();
  {
    using spool = openAt(folder.file('spool.sqlite'));
    spool.begin(JOB, 1);
  }
  using spool = openSqliteSpool(folder.file('spool.sqlite'), new Vault(Buffer.alloc(32, 1)), () => {});
  assert.throws(() => spool.storageOf('s'), { code: 'config_invalid' });
});

test('a file that is no database is put aside', async () => {
  await using folder = await makeTempFolder();
  writeFileSync(folder.file('spool.sqlite'), 'this is no database, and was never meant to be one');
  const aside: string[] = [];
  {
    using spool = openSqliteSpool(folder.file('spool.sqlite'), VAULT, (file) => aside.push(file));
    assert.deepEqual(spool.openJobs(), []);
  }
  assert.equal(aside.length, 1);
  assert.equal(readdirSync(folder.path).filter((name) => name.includes('broken')).length, 1);
});

test('a file of a newer version is refused', async () => {
  await using folder = await makeTempFolder();
  const database = new DatabaseSync(folder.file('spool.sqlite'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  assert.throws(() => openAt(folder.file('spool.sqlite')), { code: 'config_invalid' });
});

test('there is room for thousands of objects in the file before it has to grow', async () => {
  await using folder = await makeTempFolder();
  const file = folder.file('spool.sqlite');
  {
    using spool = openAt(file);
    spool.begin(JOB, 1);
  }
  const before = statSync(file).size;
  {
    using spool = openAt(file);
    for (let i = 0; i < 2000; i += 1)
      spool.add('s', { name: `${'x'.repeat(60)}${i}`, kind: 'slice', part: 0, bytes: 1 }, i);
  }
  assert.equal(statSync(file).size, before);
});
