import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Outbox, Told } from '../../../src/callback/outbox.ts';
import { openSqliteOutbox } from '../../../src/callback/outbox-sqlite.ts';
import { Vault } from '../../../src/vault/vault.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const VAULT = new Vault(Buffer.alloc(32, 1));
const DAY_MS = 24 * 3_600_000;

function told(sid: string, eventMs = 1000, more: Readonly<Record<string, unknown>> = {}): Told {
  return {
    subject: { appId: 'demo', cname: 'näme', uid: '1', sid, mode: 'web' },
    notice: { eventType: 100, serviceType: 6, details: { msgName: 'rtmp_publish_status', ...more } },
    eventMs,
    noticeId: 'n1',
  };
}

function firstOf(outbox: Outbox, sid: string) {
  const message = outbox.first(sid);
  assert.ok(message);
  return message;
}

test('counts for each recording by itself, and on after a restart, whatever became of the messages', async () => {
  await using folder = await makeTempFolder();
  const file = folder.file('data/outbox.sqlite');
  {
    using outbox = openSqliteOutbox(file, VAULT);
    assert.deepEqual(
      ['a', 'a', 'b', 'a'].map((sid) => outbox.add(told(sid))),
      [0, 1, 0, 2],
    );
    outbox.delivered(firstOf(outbox, 'a'));
    outbox.delivered(firstOf(outbox, 'b'));
  }
  using outbox = openSqliteOutbox(file, VAULT);
  assert.equal(outbox.add(told('a')), 3);
  assert.equal(outbox.add(told('b')), 1);
});

test('gives back what was put in, first things first', async () => {
  await using folder = await makeTempFolder();
  using outbox = openSqliteOutbox(folder.file('outbox.sqlite'), VAULT);
  outbox.add(told('late', 2000, { rtmpUrl: 'rtmp://x.org/app/key' }));
  outbox.add(told('early', 1000));
  outbox.add(told('late', 500));
  assert.deepEqual(outbox.waiting(), [
    { sid: 'late', appId: 'demo' },
    { sid: 'early', appId: 'demo' },
  ]);
  const message = firstOf(outbox, 'late');
  assert.deepEqual(message, {
    ...{ sid: 'late', sequence: 0, appId: 'demo', noticeId: 'n1', eventType: 100, eventMs: 2000, attempts: 0 },
    content: {
      ...{ cname: 'näme', uid: '1', mode: 'web', serviceType: 6 },
      details: { msgName: 'rtmp_publish_status', rtmpUrl: 'rtmp://x.org/app/key' },
    },
  });
  outbox.failed(message, { problem: 'no answer', atMs: 3000 });
  assert.deepEqual(outbox.first('late'), { ...message, attempts: 1 });
  outbox.givenUp(message, { problem: 'answered 500', atMs: 4000 });
  assert.equal(firstOf(outbox, 'late').sequence, 1);
  outbox.delivered(firstOf(outbox, 'late'));
  assert.equal(outbox.first('late'), null);
  assert.deepEqual(outbox.waiting(), [{ sid: 'early', appId: 'demo' }]);
});

test('shows what waits, what is lost and why', async () => {
  await using folder = await makeTempFolder();
  using outbox = openSqliteOutbox(folder.file('outbox.sqlite'), VAULT);
  assert.deepEqual(outbox.view(null), { pending: 0, oldestMs: null, givenUp: 0, lost: [], problem: null });
  for (let i = 0; i < 30; i += 1) outbox.add(told('dead', i));
  outbox.add(told('well', 77));
  for (let i = 0; i < 25; i += 1) {
    outbox.givenUp(firstOf(outbox, 'dead'), { problem: `problem ${i}`, atMs: 1000 + i });
  }
  const { lost, ...counts } = outbox.view('dead');
  assert.deepEqual(counts, { pending: 5, oldestMs: 25, givenUp: 25, problem: 'problem 24' });
  assert.deepEqual(
    lost.map(({ sequence }) => sequence),
    Array.from({ length: 20 }, (_, i) => 24 - i),
  );
  assert.deepEqual(lost[0], {
    ...{ sid: 'dead', sequence: 24, appId: 'demo', noticeId: 'n1', eventType: 100, eventMs: 24, attempts: 1 },
    problem: 'problem 24',
  });
  assert.deepEqual(outbox.view('well'), { pending: 1, oldestMs: 77, givenUp: 0, lost: [], problem: null });
  assert.equal(outbox.view(null).pending, 6);
});

test('forgets lost messages after a while, and counters only when no recording can be that long', async () => {
  await using folder = await makeTempFolder();
  using outbox = openSqliteOutbox(folder.file('outbox.sqlite'), VAULT);
  outbox.add(told('lost', 1000));
  outbox.add(told('waits', 1000));
  outbox.givenUp(firstOf(outbox, 'lost'), { problem: 'no answer', atMs: 2000 });
  outbox.prune(1000);
  assert.equal(outbox.view(null).givenUp, 1);
  outbox.prune(1001);
  assert.deepEqual(outbox.view(null), { pending: 1, oldestMs: 1000, givenUp: 0, lost: [], problem: null });
  assert.equal(outbox.add(told('lost', 1000)), 1);
  outbox.delivered(firstOf(outbox, 'lost'));
  outbox.prune(1001 + 30 * DAY_MS);
  assert.equal(outbox.add(told('lost', 1000)), 0);
  assert.equal(outbox.add(told('waits', 1000)), 1);
});

test('nothing secret is in its files, which are for their owner only', async () => {
  await using folder = await makeTempFolder();
  using outbox = openSqliteOutbox(folder.file('outbox.sqlite'), VAULT);
  outbox.add(told('a', 1000, { rtmpUrl: 'rtmp://x.org/app/stream-key-42' }));
  const files = readdirSync(folder.path).map((name) => join(folder.path, name));
  assert.ok(files.length > 1);
  const bytes = Buffer.concat(files.map((file) => readFileSync(file)));
  assert.ok(bytes.includes('sealed1:'));
  for (const secret of ['stream-key-42', 'rtmp:', 'näme']) assert.ok(!bytes.includes(secret), secret);
  for (const file of files) assert.equal(statSync(file).mode & 0o077, 0, file);
});

test('a message sealed with another key is there, but cannot be read', async () => {
  await using folder = await makeTempFolder();
  const file = folder.file('outbox.sqlite');
  {
    using outbox = openSqliteOutbox(file, VAULT);
    outbox.add(told('a'));
  }
  using outbox = openSqliteOutbox(file, new Vault(Buffer.alloc(32, 2)));
  assert.equal(firstOf(outbox, 'a').content, null);
});

test('a file of a newer version is refused', async () => {
  await using folder = await makeTempFolder();
  const file = folder.file('outbox.sqlite');
  openSqliteOutbox(file, VAULT)[Symbol.dispose]();
  {
    using other = new DatabaseSync(file);
    other.exec('PRAGMA user_version = 99');
  }
  assert.throws(() => openSqliteOutbox(file, VAULT), { code: 'config_invalid', message: /version 99/ });
});

test('works on when the disk is full', {
  skip: process.getuid?.() !== 0 && 'only root can make a small disk',
}, async () => {
  await using folder = await makeTempFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder.path]);
  try {
    const file = folder.file('outbox.sqlite');
    {
      using outbox = openSqliteOutbox(file, VAULT);
      outbox.add(told('a'));
      fill(folder.file('rest'));
      for (let i = 0; i < 300; i += 1) outbox.add(told('b'));
      for (let i = 0; i < 300; i += 1) outbox.delivered(firstOf(outbox, 'b'));
      assert.equal(outbox.view(null).pending, 1);
      // One whose receiver is dead as well has some room, too; it ends with an error, and nothing is half written.
      assert.throws(() => {
        for (;;) outbox.add(told('c'));
      }, /full/);
      assert.ok(outbox.view('c').pending > 300);
      assert.equal(firstOf(outbox, 'a').sequence, 0);
    }
    using outbox = openSqliteOutbox(file, VAULT);
    assert.equal(firstOf(outbox, 'a').sequence, 0);
    assert.ok(outbox.view('c').pending > 300);
  } finally {
    execFileSync('umount', [folder.path]);
  }
});

function fill(file: string): void {
  try {
    for (;;) appendFileSync(file, Buffer.alloc(4096));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  }
}
