import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResourceIds } from '../../../src/controller/resource-id.ts';

const TASK = { appId: 'app', cname: 'weekly', uid: '7' };
const RESOURCE = { acquiredMs: 1_700_000_000_123, resourceExpiredHour: 720 };
const ids = new ResourceIds(Buffer.alloc(32, 1));
const unreadable = { code: 'resource_unreadable' };

test('says what was sealed, in the alphabet and length that clients know', () => {
  const text = ids.seal(TASK, RESOURCE);
  assert.match(text, /^[A-Za-z0-9_-]{200,340}$/);
  const opened = ids.open(text);
  assert.equal(opened.acquiredMs, RESOURCE.acquiredMs);
  assert.equal(opened.resourceExpiredHour, 720);
  assert.ok(opened.isOfApp('app'));
  assert.ok(!opened.isOfApp('other'));
  assert.ok(opened.isOfTask(TASK));
  assert.ok(!opened.isOfTask({ cname: 'weekly', uid: '8' }));
  assert.ok(!opened.isOfTask({ cname: 'weekly7', uid: '' }));
});

test('is of the same length for the longest name, and never the same twice', () => {
  const long = ids.seal({ ...TASK, cname: 'é'.repeat(512) }, RESOURCE);
  assert.equal(long.length, ids.seal(TASK, RESOURCE).length);
  assert.notEqual(ids.seal(TASK, RESOURCE), ids.seal(TASK, RESOURCE));
});

test('nothing that was changed, cut or made with another key can be opened', () => {
  const text = ids.seal(TASK, RESOURCE);
  const other = text.endsWith('A') ? 'B' : 'A';
  for (const wrong of ['', 'x', text.slice(1), `${text}A`, text.slice(0, -1) + other, text.replace(/^./, '*')]) {
    assert.throws(() => ids.open(wrong), unreadable);
  }
  assert.throws(() => ids.open(`${text.slice(0, 100)}${text[100] === 'A' ? 'B' : 'A'}${text.slice(101)}`), unreadable);
  assert.throws(() => new ResourceIds(Buffer.alloc(32, 2)).open(text), unreadable);
});
