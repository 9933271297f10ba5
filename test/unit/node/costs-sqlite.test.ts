import assert from 'node:assert/strict';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Experience } from '../../../src/node/cost-store.ts';
import { openSqliteCosts } from '../../../src/node/costs-sqlite.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const PICTURE = { width: 1280, height: 720, fps: 30 };
const ALL: Experience = { page: null, picture: PICTURE, readings: [{ cores: 0.4, memoryMB: 500 }] };
const DECK: Experience = {
  page: 'web:deck.example',
  picture: PICTURE,
  readings: [
    { cores: 0.1, memoryMB: 400 },
    { cores: 0.12, memoryMB: 410.5 },
  ],
};
const SOUND: Experience = { page: 'mix', picture: null, readings: [{ cores: 0.05, memoryMB: 250 }] };

function unexpected(aside: string): void {
  assert.fail(`put aside: ${aside}`);
}

test('keeps experiences over a restart, readable for its owner only', async () => {
  await using folder = await makeTempFolder();
  const file = folder.file('costs.sqlite');
  {
    using store = openSqliteCosts(file, unexpected);
    for (const experience of [SOUND, ALL, DECK]) store.save({ ...experience, readings: [] });
    for (const experience of [ALL, DECK, SOUND]) store.save(experience);
    store.remove(ALL);
  }
  assert.equal(statSync(file).mode & 0o777, 0o600);
  using store = openSqliteCosts(file, unexpected);
  assert.deepEqual(new Set(store.all()), new Set([DECK, SOUND]));
});

test('a damaged file is put aside, and learning begins again', async () => {
  await using folder = await makeTempFolder();
  const file = folder.file('costs.sqlite');
  writeFileSync(file, 'no database at all '.repeat(500));
  const asides: string[] = [];
  {
    using store = openSqliteCosts(file, (aside) => void asides.push(aside));
    assert.deepEqual(store.all(), []);
    store.save(DECK);
  }
  assert.equal(asides.length, 1);
  assert.ok(readdirSync(folder.path).some((name) => folder.file(name) === asides[0]));
  using store = openSqliteCosts(file, unexpected);
  assert.deepEqual(store.all(), [DECK]);
});

test('readings that cannot be read are learned anew', async () => {
  await using folder = await makeTempFolder();
  const file = folder.file('costs.sqlite');
  {
    using store = openSqliteCosts(file, unexpected);
    store.save(DECK);
  }
  {
    using database = new DatabaseSync(file);
    database.exec(`UPDATE experiences SET readings = '[[0.1'`);
  }
  using store = openSqliteCosts(file, unexpected);
  assert.deepEqual(store.all(), [{ ...DECK, readings: [] }]);
});

test('a file of a newer build is refused', async () => {
  await using folder = await makeTempFolder();
  const file = folder.file('costs.sqlite');
  openSqliteCosts(file, unexpected)[Symbol.dispose]();
  {
    using database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 99');
  }
  assert.throws(() => openSqliteCosts(file, unexpected), { code: 'config_invalid', message: /version 99/ });
});
