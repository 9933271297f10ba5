import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demandOf, pageKind } from '../../../src/recording/demand.ts';
import { planOf } from '../debug/plans.ts';

const PICTURE = { width: 160, height: 120, fps: 10 };

test('a page is known by its host alone', () => {
  assert.equal(pageKind('https://user:pass@Room.Example.org:8443/secret-path?token=x#pin'), 'web:room.example.org');
  assert.equal(pageKind('http://[::1]:80/'), 'web:[::1]');
  assert.equal(pageKind('data:text/html,secret'), 'web:');
  assert.equal(pageKind('no address'), 'web:');
});

test('a demand is size, rate and kind of page', () => {
  assert.deepEqual(demandOf(planOf({ channel: null })), { picture: PICTURE, page: 'web:example.org' });
  assert.deepEqual(demandOf(planOf()), { picture: PICTURE, page: 'mix' });
  assert.deepEqual(demandOf(planOf({ picture: null })), { picture: null, page: 'mix' });
});
