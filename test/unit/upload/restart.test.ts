import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { StoreError } from '../../../src/store/store-error.ts';
import { Rig, reaches } from './rig.ts';

test('a restart in the midst: uploads are ended at once, and everything arrives, once', async () => {
  await using rig = await Rig.create();
  rig.user.gate = new Promise(() => {});
  const recording = rig.record({ mp4: true });
  for (let slice = 0; slice < 5; slice += 1) await recording.slice();
  await recording.mp4();
  await recording.playlist(true);
  recording.finish();
  await reaches(() => rig.user.busy >= 3);
  const before = performance.now();
  rig.user.gate = null;
  await rig.restart();
  assert.ok(performance.now() - before < 4_000);
  assert.equal((await rig.uploader.settled(recording.sid, 20_000))?.status, 'uploaded');
  recording.assertStored();
  assert.deepEqual(recording.local, []);
  assert.deepEqual(rig.names(recording.sid), ['uploader_started', 'playlist_stored', 'uploaded']);
});

test('what was written without an uploader arrives; a recording that goes on is not ended', async () => {
  await using rig = await Rig.create();
  rig.user.fault = () => new StoreError('unreachable', 'no answer');
  const [over, live] = [rig.record(), rig.record()];
  await over.slice();
  await live.slice();
  for (const recording of [over, live]) {
    await recording.slice(0, false);
    await recording.playlist(recording === over, false);
  }
  rig.user.fault = () => null;
  await rig.restart([live]);
  assert.equal((await rig.uploader.settled(over.sid, 20_000))?.status, 'uploaded');
  over.assertStored();
  // As a session does that takes over.
  await live.playlist();
  await reaches(() => live.listed.length === 2);
  assert.doesNotMatch(rig.user.text(live.playlistKey) ?? '', /ENDLIST/);
  await live.slice();
  await live.playlist(true);
  live.finish();
  await rig.uploader.settled(live.sid, 20_000);
  live.assertStored();
  assert.ok(rig.names(live.sid).includes('uploaded'));
});

test('a playlist that seems to have ended is not ended in the store while the recording may go on', async () => {
  await using rig = await Rig.create();
  const recording = rig.record();
  await recording.slice();
  await recording.playlist(true);
  await reaches(() => recording.listed.length === 1);
  assert.doesNotMatch(rig.user.text(recording.playlistKey) ?? '', /ENDLIST/);
  await rig.restart([recording]);
  await recording.slice();
  await recording.playlist(true);
  recording.finish();
  await rig.uploader.settled(recording.sid, 20_000);
  recording.assertStored();
});

test('an MP4 that is made anew is stored anew', async () => {
  await using rig = await Rig.create();
  const recording = rig.record({ mp4: true });
  await recording.slice();
  const name = await recording.mp4();
  await reaches(() => recording.local.length === 0);
  await writeFile(`${recording.folder}/${name}`, 'longer or shorter');
  recording.bytes.set(name, Buffer.from('longer or shorter'));
  recording.tell({ name, kind: 'mp4', part: 0 });
  recording.finish();
  await rig.uploader.settled(recording.sid, 20_000);
  recording.assertStored();
});

test('a finished upload is still known after a restart, its credentials are not, and it is forgotten in time', async () => {
  await using rig = await Rig.create();
  const recording = rig.record();
  await recording.slice();
  recording.finish();
  await rig.uploader.settled(recording.sid, 20_000);
  await rig.restart();
  assert.equal(rig.uploader.view(recording.sid)?.storedFiles, 1);
  assert.throws(() => rig.spool.storageOf(recording.sid));
  assert.equal(rig.user.puts(), 1);
  rig.uploader.prune(60_000);
  assert.notEqual(rig.uploader.view(recording.sid), null);
  rig.uploader.prune(-60_000);
  assert.equal(rig.uploader.view(recording.sid), null);
});

test('credentials that are renewed while files are under way: these end as they are, none is sent twice', async () => {
  await using rig = await Rig.create();
  const gate = Promise.withResolvers<void>();
  const recording = rig.record();
  rig.user.gate = gate.promise;
  await recording.slice();
  await reaches(() => rig.user.busy === 1);
  rig.uploader.renew(recording.sid, { ...rig.spool.storageOf(recording.sid), secretKey: 'renewed' });
  await recording.slice();
  await reaches(() => rig.user.busy === 2);
  rig.user.gate = null;
  gate.resolve();
  await reaches(() => rig.user.objects.size === 2);
  assert.equal(rig.user.puts(), 2);
  await reaches(() => rig.user.open === 1);
  assert.deepEqual(rig.opened, ['very-secret', 'renewed']);
});

test('a spool that cannot be written harms nobody', async () => {
  await using rig = await Rig.create({ timing: { retryLongestMs: 20 } });
  const recording = rig.record();
  const add = rig.spool.add;
  const finish = rig.spool.finish;
  const broken = () => {
    throw new Error('database or disk is full');
  };
  rig.spool.add = broken;
  rig.spool.finish = broken;
  await recording.slice();
  await recording.playlist(true);
  recording.finish();
  assert.match(rig.logged.join(), /database or disk is full/);
  rig.spool.add = add;
  rig.spool.finish = finish;
  await reaches(() => rig.names(recording.sid).includes('uploaded'));
  recording.assertStored();
  rig.spool.begin = broken;
  const other = rig.record();
  await reaches(() => rig.names(other.sid).includes('error 47'));
  assert.equal(rig.uploader.view(other.sid), null);
});

test('a store that confirms what the spool cannot note down is not flooded', async () => {
  await using rig = await Rig.create({ timing: { retryLongestMs: 200 } });
  const recording = rig.record();
  const { stored, failed } = rig.spool;
  const broken = () => {
    throw new Error('disk I/O error');
  };
  rig.spool.stored = broken;
  rig.spool.failed = broken;
  const beganMs = performance.now();
  await recording.slice();
  await reaches(() => rig.user.puts() === 3);
  assert.ok(performance.now() - beganMs > 350);
  rig.spool.stored = stored;
  rig.spool.failed = failed;
  recording.finish();
  await reaches(() => rig.names(recording.sid).includes('uploaded'));
});

test('a folder with files of others is left to them', async () => {
  await using rig = await Rig.create();
  const recording = rig.record();
  await recording.slice();
  await writeFile(`${recording.folder}/notes.txt`, 'mine');
  await writeFile(`${recording.folder}/${recording.stem}_1.mp4.part`, 'half');
  recording.finish();
  await rig.uploader.settled(recording.sid, 20_000);
  assert.deepEqual(recording.local, ['notes.txt', `${recording.stem}_1.mp4.part`].sort());
  await rm(recording.folder, { recursive: true });
});
