import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileStem } from '../../../src/recording/names.ts';

const SID = '0123456789abcdef0123456789abcdef';

/** The part of the stem that comes from cname. */
function label(cname: string): string {
  const stem = fileStem(SID, cname);
  assert.ok(stem.startsWith(`${SID}_`));
  return stem.slice(SID.length + 1);
}

test('letters, digits and hyphens of any script stay', () => {
  assert.equal(label('Weekly-2024'), 'Weekly-2024');
  assert.equal(label('会议записьé'), '会议записьé');
});

test('each character that the API lists becomes a hyphen', () => {
  for (const character of '!@#$%^&*()+_.=[]{}~|,;:?<>') assert.equal(label(`a${character}b`), 'a-b', character);
});

test('so does each that would break a path, a line or a quote', () => {
  for (const character of [' ', '/', '\\', '"', "'", '`', '\n', '\0', '\u007f', '\u0085', '\u2028']) {
    assert.equal(label(`a${character}b`), 'a-b', JSON.stringify(character));
  }
  assert.equal(label('../../etc'), '------etc');
});

test('at most 128 bytes, and never half a character', () => {
  assert.equal(label('a'.repeat(200)), 'a'.repeat(128));
  assert.equal(label(`${'a'.repeat(127)}é`), 'a'.repeat(127));
  assert.equal(label(`${'a'.repeat(126)}éb`), `${'a'.repeat(126)}é`);
  assert.equal(Buffer.byteLength(label('😀'.repeat(100))), 128);
});

test('half of a surrogate pair becomes a character that a file name can hold', () => {
  assert.ok(label('a\ud83d').isWellFormed());
});
