import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { StoreError } from '../../../src/store/store-error.ts';
import { Rig, reaches } from './rig.ts';

test('files are stored under prefix and name, byte for byte, and the folder is gone afterwards', async () => {
  await using rig = await Rig.create();
  const recording = rig.record();
  for (let slice = 0; slice < 3; slice += 1) {
    await recording.slice();
    await recording.playlist();
  }
  await recording.playlist(true);
  recording.finish();
  const view = await rig.uploader.settled(recording.sid, 20_000);
  recording.assertStored();
  assert.deepEqual(recording.local, []);
  assert.ok(!existsSync(join(rig.folder.path, 'recordings', recording.sid)));
  assert.ok(existsSync(join(rig.folder.path, 'recordings')));
  assert.equal(view?.status, 'uploaded');
  assert.deepEqual([view?.storedFiles, view?.pendingFiles, view?.pendingBytes, view?.lagMs], [4, 0, 0, 0]);
  assert.deepEqual(rig.names(recording.sid), ['uploader_started', 'playlist_stored', 'uploaded']);
  assert.equal(rig.user.contentTypes.get(recording.playlistKey), 'application/x-mpegURL');
});

test('a slice is gone from the disk once it is stored, while the recording goes on', async () => {
  await using rig = await Rig.create();
  const recording = rig.record({ prefix: '' });
  await recording.slice();
  await recording.playlist();
  await reaches(() => recording.local.length === 1 && recording.listed.length === 1);
  assert.equal(rig.uploader.view(recording.sid)?.status, 'uploaded');
  assert.ok(!rig.names(recording.sid).includes('uploaded'));
});

test('the playlist never names a slice that is not stored, and ends when all are', async () => {
  await using rig = await Rig.create();
  const recording = rig.record();
  rig.user.onChange = () => {
    const text = rig.user.text(recording.playlistKey) ?? '';
    for (const name of recording.listed) assert.ok(rig.user.objects.has(recording.key(name)), `${name} is missing`);
    if (text.includes('#EXT-X-ENDLIST')) assert.equal(recording.listed.length, 12);
  };
  // Every slice but the third goes through.
  rig.user.fault = (_, key) => (key.endsWith(recording.nameOf(2)) ? new StoreError('refused', 'slow down') : null);
  for (let slice = 0; slice < 12; slice += 1) {
    await recording.slice();
    await recording.playlist(slice === 11);
  }
  recording.finish();
  await reaches(() => rig.user.objects.size === 12 && recording.listed.length === 2);
  rig.user.fault = () => null;
  await reaches(() => rig.names(recording.sid).includes('uploaded'));
  assert.match(rig.user.text(recording.playlistKey) ?? '', /#EXT-X-ENDLIST\n$/);
  recording.assertStored();
  assert.deepEqual(rig.names(recording.sid).filter((name) => name === 'warning 31').length, 1);
});

test('there is never more than one upload of a playlist, and the last version wins', async () => {
  await using rig = await Rig.create();
  const recording = rig.record();
  await recording.slice();
  await recording.playlist();
  await reaches(() => recording.listed.length === 1);
  const gate = Promise.withResolvers<void>();
  rig.user.gate = gate.promise;
  for (let slice = 0; slice < 2; slice += 1) {
    await recording.slice();
    await recording.playlist();
  }
  await reaches(() => rig.user.busy === 2);
  const before = rig.user.puts('.m3u8');
  rig.user.gate = null;
  gate.resolve();
  await recording.playlist(true);
  recording.finish();
  await rig.uploader.settled(recording.sid, 20_000);
  recording.assertStored();
  assert.ok(rig.user.puts('.m3u8') <= before + 3);
});

test('slices that an MP4 is made from stay until it is stored', async () => {
  await using rig = await Rig.create();
  const recording = rig.record({ mp4: true });
  const [first, second] = [await recording.slice(0), await recording.slice(1)];
  await recording.playlist();
  await reaches(() => recording.listed.length === 2);
  assert.deepEqual(
    recording.local.filter((name) => name.endsWith('.ts')),
    [first, second],
  );
  await recording.mp4(0);
  await reaches(() => !recording.local.includes(first as string));
  assert.ok(recording.local.includes(second as string));
  await recording.mp4(1);
  await recording.playlist(true);
  recording.finish();
  await rig.uploader.settled(recording.sid, 20_000);
  recording.assertStored();
  assert.deepEqual(recording.local, []);
});

test('an MP4 is removed after the last of its slices', async () => {
  await using rig = await Rig.create();
  const recording = rig.record({ mp4: true });
  const slice = recording.nameOf(0);
  rig.user.fault = (_, key) => (key.endsWith(slice) ? new StoreError('refused', 'not this one') : null);
  await recording.slice();
  const mp4 = await recording.mp4();
  await reaches(() => rig.user.objects.has(recording.key(mp4)));
  assert.deepEqual(recording.local, [mp4, slice].sort());
  rig.user.fault = () => null;
  await reaches(() => recording.local.length === 0);
});

test('what was never told is taken up at the end', async () => {
  await using rig = await Rig.create();
  const recording = rig.record({ mp4: true });
  await recording.slice(0);
  await recording.slice(0, false);
  await recording.mp4(0, false);
  await recording.playlist(true, false);
  recording.finish();
  assert.equal((await rig.uploader.settled(recording.sid, 20_000))?.status, 'uploaded');
  recording.assertStored();
  assert.deepEqual(recording.local, []);
});

test('a slice that only the playlist tells of is taken up while the recording goes on', async () => {
  await using rig = await Rig.create();
  const recording = rig.record();
  await recording.slice(0, false);
  await recording.slice(0);
  await recording.playlist();
  await reaches(() => recording.listed.length === 2);
});

test('a file told again after it was stored and removed changes nothing', async () => {
  await using rig = await Rig.create();
  const recording = rig.record();
  const name = await recording.slice();
  await reaches(() => recording.local.length === 0);
  recording.tell({ name, kind: 'slice', part: 0 });
  assert.equal(rig.uploader.view(recording.sid)?.status, 'uploaded');
  assert.equal(rig.user.puts(), 1);
});

test('a recording without any file ends without a word', async () => {
  await using rig = await Rig.create();
  const recording = rig.record();
  recording.finish();
  assert.equal((await rig.uploader.settled(recording.sid, 20_000))?.status, 'uploaded');
  await reaches(() => rig.names(recording.sid).length > 0);
  assert.deepEqual(rig.names(recording.sid), ['uploader_started']);
});

test('a store that is away is left alone, and everything arrives when it is back', async () => {
  await using rig = await Rig.create();
  rig.user.fault = () => new StoreError('unreachable', 'no answer');
  const recordings = [rig.record(), rig.record(), rig.record()];
  for (const recording of recordings) {
    for (let slice = 0; slice < 20; slice += 1) await recording.slice();
    await recording.playlist(true);
    recording.finish();
  }
  await reaches(() => rig.user.puts() > 12);
  // At first as many as may run at once; since then one by one.
  assert.ok(rig.user.busiest <= 8);
  rig.user.busiest = 0;
  const before = rig.user.puts();
  await reaches(() => rig.user.puts() > before + 3);
  assert.equal(rig.user.busiest, 1);
  const [first] = recordings;
  assert.equal(rig.uploader.view(first?.sid ?? '')?.status, 'backuped');
  assert.equal(rig.uploader.view(first?.sid ?? '')?.problem, 'no answer');
  assert.equal(rig.uploader.backlog.pendingFiles, 63);
  rig.user.fault = () => null;
  for (const recording of recordings) {
    assert.equal((await rig.uploader.settled(recording.sid, 20_000))?.status, 'uploaded');
    recording.assertStored();
  }
  assert.equal(rig.uploader.backlog.pendingFiles, 0);
});

test('no more than a few uploads at once, and each recording has its share', async () => {
  await using rig = await Rig.create({ timing: { inAll: 4, perRecording: 2 } });
  const gate = Promise.withResolvers<void>();
  rig.user.gate = gate.promise;
  const [long, short] = [rig.record(), rig.record()];
  for (let slice = 0; slice < 30; slice += 1) await long.slice();
  for (let slice = 0; slice < 2; slice += 1) await short.slice();
  await reaches(() => rig.user.busy === 4);
  rig.user.gate = null;
  gate.resolve();
  await reaches(() => rig.user.objects.size === 32);
  assert.equal(rig.user.busiest, 4);
  const shortOnes = rig.user.calls.flatMap((call, at) => (call.includes(short.sid) ? [at] : []));
  assert.ok(Math.max(...shortOnes) < 8, `the short one had to wait: ${shortOnes}`);
});

test('MP4s leave room for slices', async () => {
  await using rig = await Rig.create({ timing: { inAll: 2, perRecording: 2, mp4s: 1 } });
  rig.user.gate = new Promise(() => {});
  const recording = rig.record({ mp4: true });
  await recording.mp4(0);
  await recording.mp4(1);
  await recording.slice(2);
  await reaches(() => rig.user.busy === 2);
  assert.equal(rig.user.puts('.mp4'), 1);
  assert.equal(rig.user.puts('.ts'), 1);
});

test('wrong settings are told at once, by the probe, and tried again when they are renewed', async () => {
  await using rig = await Rig.create({ backupAfterMs: 1 });
  const wrong = new StoreError('configuration', 'expected the bucket "user" to exist', { status: 404 });
  rig.user.fault = () => wrong;
  const recording = rig.record();
  await reaches(() => rig.names(recording.sid).includes('error 32'));
  await recording.slice();
  await recording.playlist(true);
  recording.finish();
  const view = await rig.uploader.settled(recording.sid, 60_000);
  assert.equal(view?.status, 'unknown');
  assert.equal(view?.problem, wrong.message);
  assert.deepEqual(rig.user.puts(), 0);
  rig.user.fault = () => null;
  rig.uploader.renew(recording.sid, { ...rig.spool.storageOf(recording.sid), secretKey: 'right' });
  assert.equal((await rig.uploader.settled(recording.sid, 20_000))?.status, 'uploaded');
  recording.assertStored();
  assert.equal(rig.backup.calls.length, 0);
  assert.equal(rig.opened.at(-1), 'right');
  assert.deepEqual(rig.names(recording.sid), ['uploader_started', 'error 32', 'playlist_stored', 'uploaded']);
});

test('an order that names no store is an error that the caller sees', async () => {
  await using rig = await Rig.create();
  rig.user.openStore = () => {
    throw new StoreError('configuration', 'expected a region of vendor 1');
  };
  const recording = rig.record();
  await recording.slice();
  await reaches(() => rig.names(recording.sid).includes('error 32'));
  assert.equal(rig.uploader.view(recording.sid)?.status, 'unknown');
});

test('a store that refuses for too long is told once', async () => {
  await using rig = await Rig.create({ timing: { reportAfterMs: 50 } });
  rig.user.fault = () => new StoreError('refused', 'forbidden', { status: 403 });
  const recording = rig.record();
  await recording.slice();
  await reaches(() => rig.names(recording.sid).includes('error 47'));
  const before = rig.user.puts();
  await reaches(() => rig.user.puts() > before + 2);
  assert.equal(rig.names(recording.sid).filter((name) => name === 'error 47').length, 1);
});

test('credentials of one recording that are refused do not hold up others in the same bucket', async () => {
  await using rig = await Rig.create({ timing: { retryFirstMs: 60_000, retryLongestMs: 60_000 } });
  const [refused, fine] = [rig.record(), rig.record()];
  rig.user.fault = (_, key) => (key.includes(refused.sid) ? new StoreError('refused', 'no', { status: 403 }) : null);
  await refused.slice();
  await reaches(() => rig.user.puts() === 1 && rig.user.busy === 0);
  await fine.slice();
  await reaches(() => rig.user.objects.size === 1);
});

test('who waits for a recording that is not stored in time is told so', async () => {
  await using rig = await Rig.create();
  rig.user.fault = () => new StoreError('refused', 'slow down', { status: 503 });
  const recording = rig.record();
  await recording.slice();
  recording.finish();
  const view = await rig.uploader.settled(recording.sid, 30);
  assert.equal(view?.status, 'backuped');
  assert.equal(view?.pendingFiles, 1);
  await rig.uploader.settled(recording.sid, 30);
  assert.equal(rig.names(recording.sid).filter((name) => name === 'error 50').length, 1);
  assert.equal(await rig.uploader.settled('nobody', 10_000), null);
});

test('progress is told while a recording runs, and not afterwards', async () => {
  await using rig = await Rig.create({ timing: { progressEveryMs: 20 } });
  const recording = rig.record();
  await recording.slice();
  const full = () => rig.events.some(({ event }) => event.name === 'progress' && event.progress === 10_000);
  await reaches(full);
  const gate = Promise.withResolvers<void>();
  rig.user.gate = gate.promise;
  await recording.slice();
  const half = () => rig.events.some(({ event }) => event.name === 'progress' && event.progress === 5000);
  await reaches(half);
  recording.finish();
  const told = rig.events.length;
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(rig.events.length, told);
  gate.resolve();
});

test('what happened to a file on the disk is told: it is gone', async () => {
  await using rig = await Rig.create({ timing: { retryConfigurationMs: 50 } });
  const recording = rig.record();
  recording.tell({ name: recording.nameOf(0), kind: 'slice', part: 0 });
  await reaches(() => rig.names(recording.sid).includes('error 47'));
  assert.match(rig.uploader.view(recording.sid)?.problem ?? '', /it is gone/);
  assert.equal(rig.uploader.view(recording.sid)?.status, 'unknown');
  // It was on a disk that was away for a while.
  await recording.slice(0, false);
  await reaches(() => rig.uploader.view(recording.sid)?.status === 'uploaded');
});

test('no secret is written down in the clear or logged', async () => {
  await using rig = await Rig.create();
  rig.user.fault = () => new StoreError('configuration', 'expected another key');
  const recording = rig.record();
  await recording.slice();
  await reaches(() => rig.logged.length > 0);
  await rig.restart([recording]);
  for (const name of ['spool.sqlite', 'spool.sqlite-wal']) {
    const bytes = await readFile(rig.folder.file(name)).catch(() => Buffer.alloc(0));
    assert.ok(!bytes.includes('very-secret'));
  }
  assert.ok(!rig.logged.join().includes('very-secret'));
  assert.equal(rig.spool.storageOf(recording.sid).secretKey, 'very-secret');
});
