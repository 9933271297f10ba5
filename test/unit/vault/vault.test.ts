import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openKeyFile } from '../../../src/vault/key-file.ts';
import { Vault } from '../../../src/vault/vault.ts';

const folder = mkdtempSync(join(tmpdir(), 'tapehead-key-'));
after(() => rmSync(folder, { recursive: true }));

const SECRET = 'rtmp://live.example.org/app/stream-key-ü';
const vault = new Vault(Buffer.alloc(32, 1));

test('opens what it sealed, and shows nothing of it', () => {
  const sealed = vault.seal(SECRET);
  assert.equal(vault.open(sealed), SECRET);
  assert.ok(!sealed.includes('stream'));
  assert.ok(!Buffer.from(sealed.slice(8), 'base64').includes('stream'));
  assert.notEqual(vault.seal(SECRET), sealed);
});

test('what was sealed with another key, changed or never sealed is refused without showing it', () => {
  const sealed = vault.seal(SECRET);
  const other = new Vault(Buffer.alloc(32, 2));
  const middle = sealed.length - 10;
  const changed = sealed.slice(0, middle) + (sealed[middle] === 'A' ? 'B' : 'A') + sealed.slice(middle + 1);
  for (const open of [() => other.open(sealed), () => vault.open(changed), () => vault.open(SECRET)]) {
    assert.throws(open, (error: Error & { code?: string }) => {
      assert.ok(!error.message.includes('stream-key'));
      return error.code === 'config_invalid';
    });
  }
});

test('the key is made once, and readable for its owner only', () => {
  const file = join(folder, 'new', 'key');
  const key = openKeyFile(file);
  assert.equal(key.length, 32);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(openKeyFile(file), key);
});

test('a key file of another length is refused', () => {
  const file = join(folder, 'short');
  writeFileSync(file, 'short');
  assert.throws(() => openKeyFile(file), { code: 'config_invalid' });
});
