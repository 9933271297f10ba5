import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CostStore, Experience } from '../../../src/node/cost-store.ts';
import { LearnedCosts, usualCost } from '../../../src/node/costs.ts';
import type { Cost, Demand } from '../../../src/recording/demand.ts';

const HD = { width: 1280, height: 720, fps: 30 };
const FULL_HD = { width: 1920, height: 1080, fps: 30 };
const DECK: Demand = { picture: HD, page: 'web:deck.example' };
const LIGHT: Cost = { cores: 0.1, memoryMB: 350 };

/** In memory. */
class Kept implements CostStore {
  readonly rows = new Map<string, Experience>();

  all(): Experience[] {
    return [...this.rows.values()];
  }

  save(experience: Experience): void {
    this.remove(experience);
    this.rows.set(nameOf(experience), experience);
  }

  remove(kind: Demand): void {
    this.rows.delete(nameOf(kind));
  }

  [Symbol.dispose](): void {}
}

function nameOf({ page, picture }: Demand): string {
  return `${page} ${picture?.width}x${picture?.height}@${picture?.fps}`;
}

function learn(costs: LearnedCosts, demand: Demand, cost: Cost, times: number): void {
  for (let i = 0; i < times; i++) costs.learn(demand, cost);
}

function near(value: number, expected: number, within: number): void {
  assert.ok(Math.abs(value - expected) <= within, `expected ${expected} +- ${within}, got ${value}`);
}

test('the usual cost is a base and a share of pixels per second', () => {
  near(usualCost(DECK).cores, 0.75, 1e-9);
  near(usualCost(DECK).memoryMB, 600, 1e-9);
  const base = usualCost({ picture: { ...HD, fps: 0 } }).cores;
  const perHd = usualCost(DECK).cores - base;
  near(usualCost({ picture: { ...FULL_HD, fps: 60 } }).cores, base + perHd * 4.5, 1e-9);
});

test('sound only costs something, and less than the smallest picture', () => {
  const [sound, smallest] = [usualCost({ picture: null }), usualCost({ picture: { width: 64, height: 64, fps: 1 } })];
  assert.ok(sound.cores > 0 && sound.cores < smallest.cores);
  assert.ok(sound.memoryMB > 0 && sound.memoryMB < smallest.memoryMB);
});

test('nothing is known: the usual cost', () => {
  assert.deepEqual(new LearnedCosts(new Kept()).expect(DECK), usualCost(DECK));
});

describe('knowledge', () => {
  test('counts the more, the more of it there is, and ends a margin above what was used', () => {
    const costs = new LearnedCosts(new Kept());
    const expected = [costs.expect(DECK).cores];
    for (let i = 0; i < 100; i++) {
      costs.learn(DECK, LIGHT);
      expected.push(costs.expect(DECK).cores);
    }
    assert.deepEqual(
      expected,
      expected.toSorted((a, b) => b - a),
    );
    assert.ok((expected[1] ?? 0) > 0.4, 'one reading is not believed');
    near(expected.at(-1) ?? 0, 0.115, 0.01);
    near(costs.expect(DECK).memoryMB, 402, 15);
  });

  test('is of what is often, not of a single peak', () => {
    const costs = new LearnedCosts(new Kept());
    for (let i = 0; i < 100; i++) costs.learn(DECK, i % 20 === 0 ? { cores: 1.5, memoryMB: 900 } : LIGHT);
    assert.ok(costs.expect(DECK).cores < 0.2);
    for (let i = 0; i < 100; i++) costs.learn(DECK, i % 5 === 0 ? { cores: 1.5, memoryMB: 900 } : LIGHT);
    assert.ok(costs.expect(DECK).cores > 1.5);
  });

  test('follows when a page changes', () => {
    const costs = new LearnedCosts(new Kept());
    learn(costs, DECK, LIGHT, 500);
    learn(costs, DECK, { cores: 0.9, memoryMB: 700 }, 30);
    assert.ok(costs.expect(DECK).cores > 0.9);
    learn(costs, DECK, LIGHT, 150);
    assert.ok(costs.expect(DECK).cores < 0.2);
  });

  test('of one page says a little of other pages of the same size, less than of itself', () => {
    const costs = new LearnedCosts(new Kept());
    learn(costs, DECK, LIGHT, 100);
    const other = costs.expect({ ...DECK, page: 'web:other.example' });
    assert.ok(other.cores < 0.3);
    learn(costs, { ...DECK, page: 'web:busy.example' }, { cores: 1, memoryMB: 700 }, 100);
    assert.ok(costs.expect({ ...DECK, page: 'web:other.example' }).cores > 1);
    assert.ok(costs.expect({ ...DECK, page: null }).cores > 1);
    assert.ok(costs.expect(DECK).cores < 0.2);
  });

  test('of a page at one size says what it takes at another, by pixels and rate', () => {
    const costs = new LearnedCosts(new Kept());
    learn(costs, DECK, { cores: 0.375, memoryMB: 300 }, 100);
    const larger = { ...DECK, picture: FULL_HD };
    const ratio = usualCost(larger).cores / usualCost(DECK).cores;
    near(costs.expect(larger).cores, 0.375 * ratio * 1.15, 0.05);
    assert.deepEqual(costs.expect({ picture: FULL_HD, page: 'web:other.example' }), usualCost(larger));
  });

  test('of the nearest size is taken, and of the very size before that', () => {
    const costs = new LearnedCosts(new Kept());
    learn(costs, { ...DECK, picture: { width: 320, height: 180, fps: 5 } }, { cores: 3, memoryMB: 350 }, 100);
    learn(costs, { ...DECK, picture: { ...HD, fps: 25 } }, LIGHT, 100);
    assert.ok(costs.expect(DECK).cores < 0.2);
    learn(costs, DECK, { cores: 0.6, memoryMB: 350 }, 100);
    near(costs.expect(DECK).cores, 0.69, 0.05);
  });

  test('of sound only is apart from pictures', () => {
    const costs = new LearnedCosts(new Kept());
    learn(costs, { picture: null, page: 'mix' }, { cores: 0.05, memoryMB: 200 }, 100);
    near(costs.expect({ picture: null, page: 'mix' }).cores, 0.0575, 0.005);
    assert.deepEqual(costs.expect({ picture: HD, page: null }), usualCost(DECK));
    assert.deepEqual(costs.expect({ picture: HD, page: 'mix' }), usualCost(DECK));
  });
});

test('what was learned outlives a restart', () => {
  const store = new Kept();
  const before = new LearnedCosts(store);
  learn(before, DECK, LIGHT, 10);
  const after = new LearnedCosts(store);
  assert.deepEqual(after.expect(DECK), before.expect(DECK));
  assert.notDeepEqual(after.expect(DECK), usualCost(DECK));
});

test('the kinds that were not seen for longest are forgotten, here and in the store', () => {
  const store = new Kept();
  const costs = new LearnedCosts(store);
  const often: Demand = { ...DECK, page: 'web:often.example' };
  for (let i = 0; i < 600; i++) {
    costs.learn({ ...DECK, page: `web:${i}.example` }, LIGHT);
    costs.learn(often, LIGHT);
  }
  assert.equal(store.rows.size, 500);
  const pages = [...store.rows.values()].map(({ page }) => page);
  assert.ok(pages.includes('web:599.example') && pages.includes(often.page) && pages.includes(null));
  assert.ok(!pages.includes('web:0.example'));
  assert.equal(store.all().find(({ page }) => page === often.page)?.readings.length, 120);
});
