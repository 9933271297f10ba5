import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskUrl } from '../../../src/kit/mask-url.ts';

test('keeps what tells the place, and nothing that opens it', () => {
  assert.equal(
    maskUrl('rtmp://user:pass@live.example.org:1935/app/key?sign=1'),
    'rtmp://live.example.org:1935/app/***',
  );
  assert.equal(maskUrl('https://example.org/?token=1'), 'https://example.org//***');
  assert.equal(maskUrl('https://example.org/'), 'https://example.org/');
  assert.equal(maskUrl('rtmp://example.org/app'), 'rtmp://example.org/app');
  assert.equal(maskUrl('rtmp://example.org/app/a/b/secret'), 'rtmp://example.org/app/***');
  assert.equal(maskUrl('secret'), '(not a URL)');
});
