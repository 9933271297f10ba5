import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import type { RecordingRecord, Records } from '../../../src/controller/records.ts';
import { openSqliteRecords } from '../../../src/controller/records-sqlite.ts';
import { STANDALONE } from '../../../src/recording/plan.ts';
import { statusBefore } from '../../../src/recording/status.ts';
import { Vault } from '../../../src/vault/vault.ts';
import { channelPlan, FLOATING } from '../../support/channel-plans.ts';
import { endOf, statusOf } from '../api/fake-recorder.ts';

const vault = new Vault(Buffer.alloc(32, 5));
let folder: string;
let file: string;
let records: Records;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapehead-records-'));
  file = join(folder, 'data', 'tapehead.sqlite');
  records = openSqliteRecords(file, vault);
});

afterEach(() => {
  records[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

function record(sid: string, startedMs = 5): RecordingRecord {
  return {
    sid,
    resourceId: `resource of ${sid}`,
    appId: 'app',
    cname: 'näme',
    uid: '1',
    plan: {
      sid,
      page: { url: 'http://127.0.0.1/', mobile: false, readyTimeoutS: 0 },
      picture: { width: 640, height: 360, fps: 15, bitrateKbps: 1500 },
      sound: { channels: 1, bitrateKbps: 48 },
      ...STANDALONE,
      onhold: false,
      maxRecordingMs: 3_600_000,
      files: { folder: '/d', stem: 's', hls: true, mp4: null },
      runtimeFolder: '/r',
      identity: null,
    },
    prefix: 'a/b',
    startedMs,
    limitMs: 99.5,
    stopAsked: false,
    status: statusOf({}),
    end: null,
  };
}

test('gives back what was put in, also after it was opened again', () => {
  records.insert(record('one'));
  records[Symbol.dispose]();
  records = openSqliteRecords(file, vault);
  assert.deepEqual(records.bySid('one'), record('one'));
  assert.deepEqual(records.byResource('resource of one'), record('one'));
  assert.equal(records.bySid('two'), null);
  assert.equal(records.byResource('one'), null);
});

test('one recording per sid and per resourceId', () => {
  records.insert(record('one'));
  assert.throws(() => records.insert(record('one')), /UNIQUE/);
  assert.throws(() => records.insert({ ...record('two'), resourceId: 'resource of one' }), /UNIQUE/);
});

test('a removed one leaves its resourceId free', () => {
  records.insert(record('one'));
  records.remove('one');
  assert.equal(records.bySid('one'), null);
  records.insert({ ...record('two'), resourceId: 'resource of one' });
  assert.equal(records.byResource('resource of one')?.sid, 'two');
});

test('status and end are kept, the first end for good', () => {
  records.insert(record('late', 8));
  records.insert(record('early', 3));
  const status = statusOf({ phase: 'recording', slices: 4, startedMs: 12.25 });
  records.saveStatus('early', status);
  assert.deepEqual(
    records.open().map(({ sid, status: { slices } }) => [sid, slices]),
    [
      ['early', 4],
      ['late', 0],
    ],
  );
  records.saveEnd('early', endOf({ detail: 'first' }));
  records.saveEnd('early', endOf({ detail: 'second' }));
  assert.equal(records.bySid('early')?.end?.detail, 'first');
  assert.deepEqual(records.bySid('early')?.status, status);
  assert.deepEqual(
    records.open().map(({ sid }) => sid),
    ['late'],
  );
});

test('the file is for its owner only, and written ahead', () => {
  assert.equal(statSync(file).mode & 0o777, 0o600);
  using other = new DatabaseSync(file);
  assert.equal(other.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal');
});

test('a file of a newer version is refused', () => {
  using other = new DatabaseSync(file);
  other.exec('PRAGMA user_version = 99');
  assert.throws(() => openSqliteRecords(file, vault), { code: 'config_invalid', message: /version 99/ });
});

test('pages, pushes and their secrets cannot be read in the file', () => {
  const secret = 'rtmp://live.example.org/app/stream-key';
  const one = record('one');
  records.insert({ ...one, plan: { ...one.plan, pushes: [secret] } });
  records.saveStatus('one', statusOf({ pushes: [{ url: secret, state: 'publishing' }] }));
  assert.equal(records.bySid('one')?.plan.pushes[0], secret);
  assert.equal(records.bySid('one')?.status.pushes[0]?.url, secret);
  records[Symbol.dispose]();
  assert.ok(!readFileSync(file).includes('stream-key'));
});

test('neither can token and keys of a channel, nor addresses of its pictures', () => {
  const salt = Buffer.alloc(32, 9).toString('base64');
  const layout = { ...FLOATING, backgroundImage: 'https://example.org/image-signature.jpg' };
  const channel = channelPlan({
    ...{ token: '007channel-token', layout },
    encryption: { mode: 'aes-128-gcm2', secret: 'channel-secret', salt },
  });
  const one = record('one');
  records.insert({ ...one, plan: { ...one.plan, channel }, status: statusBefore(false, channel) });
  records.saveStatus('one', statusBefore(false, channel));
  assert.deepEqual(records.bySid('one')?.plan.channel, channel);
  assert.deepEqual(records.bySid('one')?.status.channel?.layout, layout);
  for (const written of [file, `${file}-wal`]) {
    const bytes = readFileSync(written);
    for (const secret of ['channel-token', 'channel-secret', salt, 'image-signature']) {
      assert.ok(!bytes.includes(secret), `${secret} in ${written}`);
    }
  }
});

test('a stop that was asked for is remembered', () => {
  records.insert(record('one'));
  records.saveStopAsked('one');
  assert.equal(records.bySid('one')?.stopAsked, true);
});

test('the latest come first, and those that ended long ago are forgotten', () => {
  for (const [sid, startedMs] of [
    ['first', 1],
    ['second', 2],
    ['third', 3],
  ] as const)
    records.insert(record(sid, startedMs));
  records.saveEnd('first', endOf({ endedMs: 100 }));
  records.saveEnd('second', endOf({ endedMs: 200 }));
  records.prune(150);
  assert.deepEqual(
    records.latest(10).map(({ sid }) => sid),
    ['third', 'second'],
  );
  assert.deepEqual(
    records.latest(1).map(({ sid }) => sid),
    ['third'],
  );
});
