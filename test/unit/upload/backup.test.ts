import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '../../../src/store/store-error.ts';
import { type Recorded, Rig, reaches } from './rig.ts';

const away = () => new StoreError('unreachable', 'no answer');

async function recordSome(recording: Recorded, mp4: boolean): Promise<void> {
  for (let slice = 0; slice < 5; slice += 1) {
    await recording.slice();
    await recording.playlist();
  }
  if (mp4) await recording.mp4();
  await recording.playlist(true);
  recording.finish();
}

test('what is refused for too long goes to the backup store, and is handed over when the store is back', async () => {
  for (const mp4 of [false, true]) {
    await using rig = await Rig.create({ backupAfterMs: 60 });
    rig.user.fault = away;
    const recording = rig.record({ mp4 });
    await recordSome(recording, mp4);
    await reaches(() => rig.names(recording.sid).includes('backuped'));
    assert.deepEqual(recording.local, []);
    assert.equal(rig.backup.objects.size, mp4 ? 7 : 6);
    for (const [name, bytes] of recording.bytes) {
      assert.ok(rig.backup.objects.get(`kept/${recording.sid}/a/b/${name}`)?.equals(bytes), name);
    }
    const view = rig.uploader.view(recording.sid);
    assert.equal(view?.status, 'backuped');
    assert.deepEqual([view?.backupFiles, view?.pendingFiles, view?.storedFiles], [mp4 ? 7 : 6, 0, 0]);
    rig.user.onChange = () => {
      for (const name of recording.listed) assert.ok(rig.user.objects.has(recording.key(name)), `${name} is missing`);
    };
    rig.user.fault = () => null;
    assert.equal((await rig.uploader.settled(recording.sid, 20_000))?.status, 'uploaded');
    recording.assertStored();
    await reaches(() => rig.backup.objects.size === 0);
    const names = rig.names(recording.sid);
    assert.equal(names.filter((name) => name === 'warning 32').length, mp4 ? 7 : 6);
    assert.equal(names.filter((name) => name === 'warning 31').length, mp4 ? 7 : 6);
    assert.ok(names.indexOf('backuped') < names.indexOf('uploaded'));
  }
});

test('slices that an MP4 is made from stay when they are in the backup store', async () => {
  await using rig = await Rig.create({ backupAfterMs: 30 });
  rig.user.fault = away;
  const recording = rig.record({ mp4: true });
  const name = await recording.slice();
  await reaches(() => rig.backup.objects.size === 1);
  assert.deepEqual(recording.local, [name]);
  await recording.mp4();
  await reaches(() => recording.local.length === 0);
});

test('slices of a running recording go to the backup store, its playlist does not; the store is back in the midst', async () => {
  await using rig = await Rig.create({ backupAfterMs: 30 });
  rig.user.fault = away;
  const recording = rig.record();
  for (let slice = 0; slice < 3; slice += 1) await recording.slice();
  await recording.playlist();
  await reaches(() => rig.backup.objects.size === 3);
  assert.deepEqual(recording.local, [`${recording.stem}.m3u8`]);
  rig.user.fault = () => null;
  await reaches(() => recording.listed.length === 3 && rig.backup.objects.size === 0);
  await recording.slice();
  await recording.playlist(true);
  recording.finish();
  await rig.uploader.settled(recording.sid, 20_000);
  recording.assertStored();
  assert.ok(!rig.names(recording.sid).includes('backuped'));
});

test('one file that is refused for ever goes to the backup store; the rest is stored', async () => {
  await using rig = await Rig.create({ backupAfterMs: 50 });
  const recording = rig.record();
  const first = recording.nameOf(0);
  rig.user.fault = (_, key) =>
    key.endsWith(first) ? new StoreError('refused', 'not this one', { status: 403 }) : null;
  for (let slice = 0; slice < 5; slice += 1) await recording.slice();
  await recording.playlist(true);
  recording.finish();
  await reaches(() => rig.names(recording.sid).includes('backuped'));
  assert.equal(rig.user.objects.size, 4);
  // The playlist names what is stored up to there: nothing.
  assert.equal(rig.backup.objects.size, 2);
  rig.user.fault = () => null;
  await reaches(() => rig.names(recording.sid).includes('uploaded'));
  recording.assertStored();
});

test('the backup store fails as well: everything stays on the disk until one of them takes it', async () => {
  await using rig = await Rig.create({ backupAfterMs: 20 });
  rig.user.fault = away;
  rig.backup.fault = away;
  const recording = rig.record();
  await recordSome(recording, false);
  await reaches(() => rig.backup.puts() > 2);
  assert.equal(recording.local.length, 6);
  rig.backup.fault = () => null;
  await reaches(() => rig.names(recording.sid).includes('backuped'));
  // What cannot be read from there does not count against the user's store, and is asked for again.
  rig.user.fault = () => null;
  rig.backup.fault = (call) => (call === 'get' ? away() : null);
  await reaches(() => rig.backup.calls.filter((call) => call.startsWith('get')).length > 2);
  rig.backup.fault = (call) => (call === 'remove' ? away() : null);
  await reaches(() => rig.names(recording.sid).includes('uploaded'));
  recording.assertStored();
  assert.equal(rig.backup.objects.size, 6);
  rig.backup.fault = () => null;
  await reaches(() => rig.backup.objects.size === 0);
});

test('a restart in the middle of a handing over', async () => {
  await using rig = await Rig.create({ backupAfterMs: 20 });
  rig.user.fault = away;
  const recording = rig.record();
  await recordSome(recording, false);
  await reaches(() => rig.names(recording.sid).includes('backuped'));
  rig.user.fault = () => (rig.user.objects.size >= 3 ? away() : null);
  await reaches(() => rig.user.objects.size >= 3);
  await rig.restart();
  rig.user.fault = () => null;
  assert.equal((await rig.uploader.settled(recording.sid, 20_000))?.status, 'uploaded');
  recording.assertStored();
  await reaches(() => rig.backup.objects.size === 0);
  assert.equal(rig.names(recording.sid).filter((name) => name === 'backuped').length, 1);
});
