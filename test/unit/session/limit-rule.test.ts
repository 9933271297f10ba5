import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PageLimits } from '../../../src/recording/plan.ts';
import { LimitRule } from '../../../src/session/limit-rule.ts';

const NONE: PageLimits = { webgl: false, videoPixels: null, bandwidthKbps: null };
const HEAVY = { webgl: true, videoPixels: 3840 * 2160, trafficBytes: 0 };

test('without limits everything goes', () => {
  const rule = new LimitRule(NONE);
  for (let i = 0; i < 100; i += 1) assert.equal(rule.look({ ...HEAVY, trafficBytes: 1e9 * i }), null);
});

test('WebGL and large video are beyond their limits at once', () => {
  assert.equal(new LimitRule({ ...NONE, webgl: true }).look(HEAVY)?.limit, 'WebGL');
  const rule = new LimitRule({ ...NONE, videoPixels: 1920 * 1080 });
  assert.equal(rule.look({ ...HEAVY, videoPixels: 1920 * 1080 }), null);
  assert.deepEqual(rule.look(HEAVY), {
    limit: 'resolution',
    detail: 'the page plays a video of 8294400 pixels, 2073600 are allowed',
  });
});

test('traffic counts as the mean over ten seconds', () => {
  const rule = new LimitRule({ ...NONE, bandwidthKbps: 1000 });
  let trafficBytes = 5e6;
  const look = (kbps: number) => {
    trafficBytes += (kbps * 1000) / 8;
    return rule.look({ webgl: false, videoPixels: 0, trafficBytes });
  };
  // What was loaded before it was watched does not count; nor does a short burst.
  for (let i = 0; i < 20; i += 1) assert.equal(look(1000), null);
  for (let i = 0; i < 5; i += 1) assert.equal(look(0), null);
  assert.equal(look(5000), null);
  const found = Array.from({ length: 10 }, () => look(1500)).find((excess) => excess !== null);
  assert.deepEqual(found?.limit, 'bandwidth');
});
