import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Liveness } from '../../../src/push/liveness.ts';

test('a server that takes what it is sent lives, however long nothing is sent', () => {
  const liveness = new Liveness(0);
  assert.equal(liveness.verdict(3_600_000), null);
  liveness.waits(100, 3_600_000);
  assert.equal(liveness.verdict(3_609_000), null);
  liveness.takes(100, 3_609_500);
  assert.equal(liveness.verdict(7_000_000), null);
});

test('one that takes nothing for ten seconds is lost, though more and more waits', () => {
  const liveness = new Liveness(0);
  for (let ms = 0; ms <= 10_000; ms += 100) {
    liveness.waits(1000, ms);
    assert.equal(liveness.verdict(ms), null);
  }
  assert.match(liveness.verdict(10_001) ?? '', /taken nothing for 10 s/);
});

test('one that takes a little every nine seconds lives', () => {
  const liveness = new Liveness(0);
  liveness.waits(1_000_000, 0);
  for (let ms = 9000; ms < 100_000; ms += 9000) {
    assert.equal(liveness.verdict(ms), null);
    liveness.takes(1, ms);
  }
});

test('it is asked at once, and again five seconds after it has answered', () => {
  const liveness = new Liveness(0);
  assert.equal(liveness.isDue(0), true);
  liveness.asks(0);
  liveness.answers();
  assert.equal(liveness.isDue(4999), false);
  assert.equal(liveness.isDue(5000), true);
});

test('one that has answered once and answers no more is lost after ten seconds', () => {
  const liveness = new Liveness(0);
  liveness.asks(0);
  liveness.answers();
  liveness.asks(5000);
  assert.equal(liveness.isDue(11_000), false);
  assert.equal(liveness.verdict(15_000), null);
  assert.match(liveness.verdict(15_001) ?? '', /answered nothing for 10 s/);
});

test('whatever else it says counts as an answer, for ten seconds', () => {
  const liveness = new Liveness(0);
  liveness.asks(0);
  liveness.answers();
  liveness.asks(5000);
  liveness.hears(9000);
  assert.equal(liveness.verdict(19_000), null);
  assert.notEqual(liveness.verdict(19_001), null);
});

test('one that never answers is asked once, and not blamed for it', () => {
  const liveness = new Liveness(0);
  liveness.asks(0);
  assert.equal(liveness.isDue(3_600_000), false);
  assert.equal(liveness.verdict(3_600_000), null);
});

test('a slow one may answer late as long as it takes something: the question waits behind the media', () => {
  const liveness = new Liveness(0);
  liveness.asks(0);
  liveness.answers();
  liveness.asks(5000);
  liveness.waits(10_000_000, 5000);
  for (let ms = 5000; ms < 60_000; ms += 1000) {
    liveness.takes(1000, ms);
    assert.equal(liveness.verdict(ms), null);
  }
});
