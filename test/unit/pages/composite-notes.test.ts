import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Notes, withoutQueries } from '../../../pages/composite/notes.js';

test('addresses lose what may be secret', () => {
  const text = 'cannot load https://me:key@host.example:8443/a/b.jpg?token=secret#part (twice)';
  assert.equal(withoutQueries(text), 'cannot load https://host.example:8443/a/b.jpg (twice)');
  assert.equal(withoutQueries('wss://live.example?access_token=secret, gone'), 'wss://live.example gone');
  assert.equal(withoutQueries('no address: a?b'), 'no address: a?b');
});

test('what fails is told and stops nothing else', () => {
  const told: string[] = [];
  const notes = new Notes((text) => told.push(text));
  notes.guard('sound', () => {
    throw new TypeError('no track');
  });
  assert.deepEqual(told, ['sound: TypeError: no track']);
});

test('a fault that repeats itself does not flood the log', () => {
  let count = 0;
  const notes = new Notes(() => {
    count += 1;
  });
  for (let i = 0; i < 1000; i += 1) notes.add('again');
  assert.ok(count >= 10 && count <= 60, `${count} lines`);
});
