import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { regionsFor, toPixels } from '../../../pages/composite/layout.js';
import type { Box, Region } from '../../../pages/types.ts';
import type { LayoutKind, RegionPlan } from '../../../src/recording/channel.ts';

type Corner = readonly [x: number, y: number];
type Size = readonly [width: number, height: number];

function users(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i + 1));
}

function regions(kind: LayoutKind, uids: readonly string[], maxResolutionUid: string | null = null): Region[] {
  return regionsFor({ kind, maxResolutionUid, regions: [] }, uids);
}

function assertBox(actual: Box | undefined, [x, y]: Corner, [width, height]: Size, what: string): void {
  assert.ok(actual, `${what}: no region`);
  const near = (a: number, b: number) => Math.abs(a - b) < 1e-9;
  const same = near(actual.x, x) && near(actual.y, y) && near(actual.width, width) && near(actual.height, height);
  assert.ok(same, `${what}: expected ${x},${y} ${width}x${height}, got ${JSON.stringify(actual)}`);
}

describe('floating', () => {
  // Lower left corner first, four to a row.
  const columns = [0.012, 0.259, 0.506, 0.753];
  const rows = [0.753, 0.506, 0.259, 0.012];
  const small = rows.flatMap((y) => columns.map((x): Corner => [x, y]));
  for (let count = 1; count <= 17; count += 1) {
    test(`${count} users: the first fills the canvas, the others lie over it in small windows`, () => {
      const [first, ...others] = regions('floating', users(count));
      assertBox(first, [0, 0], [1, 1], 'the first');
      assert.equal(others.length, count - 1);
      for (const [i, region] of others.entries()) {
        assert.equal(region.uid, String(i + 2));
        assertBox(region, small[i] ?? [NaN, NaN], [0.235, 0.235], `user ${region.uid}`);
        assert.equal(region.render, 'crop');
        assert.equal(region.alpha, 1);
      }
    });
  }
});

describe('best fit', () => {
  const third = 1 / 3;
  const grid = (side: number): Corner[] =>
    Array.from({ length: side * side }, (_, i) => [(i % side) / side, Math.floor(i / side) / side]);
  const seventeen: Corner[] = [
    ...[0, 0.2, 0.4, 0.6].flatMap((y) => [0.1, 0.3, 0.5, 0.7].map((x): Corner => [x, y])),
    [0.4, 0.8],
  ];
  const figures: readonly (readonly [from: number, to: number, cell: Size, corners: readonly Corner[]])[] = [
    [1, 1, [1, 1], [[0, 0]]],
    [2, 2, [0.5, 1], [[0, 0], [0.5, 0]]], // biome-ignore format: one figure, one line
    [3, 4, [0.5, 0.5], grid(2)],
    [5, 9, [third, third], grid(3)],
    [10, 16, [0.25, 0.25], grid(4)],
    [17, 17, [0.2, 0.2], seventeen],
  ];
  for (const [from, to, cell, corners] of figures) {
    for (let count = from; count <= to; count += 1) {
      test(`${count} users`, () => {
        const all = regions('best_fit', users(count));
        assert.equal(all.length, count);
        for (const [i, region] of all.entries()) {
          assert.equal(region.uid, String(i + 1));
          assert.equal(region.render, 'crop');
          assertBox(region, corners[i] ?? [NaN, NaN], cell, `user ${region.uid} of ${count}`);
        }
      });
    }
  }
});

describe('vertical', () => {
  const figures: readonly (readonly [from: number, to: number, large: number, small: Size, rows: number])[] = [
    [1, 5, 4 / 5, [1 / 5, 1 / 4], 4],
    [6, 7, 6 / 7, [1 / 7, 1 / 6], 6],
    [8, 9, 8 / 9, [1 / 9, 1 / 8], 8],
    [10, 17, 4 / 5, [1 / 10, 1 / 8], 8],
  ];
  for (const [from, to, large, small, rows] of figures) {
    for (let count = from; count <= to; count += 1) {
      test(`${count} users, one of them large`, () => {
        // The large one is not the first who came.
        const named = String(Math.ceil(count / 2));
        const [first, ...others] = regions('vertical', users(count), named);
        assertBox(first, [0, 0], [large, 1], 'the large region');
        assert.equal(first?.uid, named);
        assert.equal(first?.render, 'fit');
        assert.deepEqual(
          others.map(({ uid }) => uid),
          users(count).filter((uid) => uid !== named),
        );
        for (const [i, region] of others.entries()) {
          const corner: Corner = [large + small[0] * Math.floor(i / rows), (i % rows) / rows];
          assertBox(region, corner, small, `small region ${i}`);
          assert.equal(region.render, 'crop');
        }
      });
    }
  }

  for (const absent of [null, '99']) {
    test(`keeps the large region free when its user is ${absent ?? 'not named'}`, () => {
      const all = regions('vertical', users(5), absent);
      assert.equal(all.length, 6);
      assertBox(all[0], [0, 0], [6 / 7, 1], 'the large region');
      assert.equal(all[0]?.uid, absent);
      assertBox(all[1], [6 / 7, 0], [1 / 7, 1 / 6], 'the first small one');
    });
  }

  test('has a place for sixteen beside a large region that nobody takes', () => {
    assert.deepEqual(
      regions('vertical', users(17)).map(({ uid }) => uid),
      [null, ...users(16)],
    );
  });

  test('keeps the shape of the large region with one user', () => {
    assertBox(regions('vertical', ['1'], '1')[0], [0, 0], [0.8, 1], 'the large region');
  });
});

describe('custom', () => {
  const plan = (uid: string | null, x: number): RegionPlan => {
    return { uid, x, y: 0.25, width: 0.2, height: 0.5, alpha: 0.5, render: 'fit' };
  };
  const custom = (plans: readonly RegionPlan[], uids: readonly string[]) =>
    regionsFor({ kind: 'custom', maxResolutionUid: null, regions: plans }, uids);

  test('gives named regions to their users, the others to whoever comes next', () => {
    const plans = [plan(null, 0), plan('3', 0.2), plan(null, 0.4)];
    const all = custom(plans, ['1', '2', '3', '4']);
    assert.deepEqual(all, [plan('1', 0), plan('3', 0.2), plan('2', 0.4)]);
  });

  test('keeps the region of a user who is not there', () => {
    assert.deepEqual(custom([plan('9', 0), plan(null, 0.2)], ['1', '2']), [plan('9', 0), plan('1', 0.2)]);
  });

  test('has no region for nobody', () => {
    assert.deepEqual(custom([plan(null, 0), plan(null, 0.2)], ['1']), [plan('1', 0)]);
  });

  test('shows a user once', () => {
    assert.deepEqual(custom([plan('1', 0), plan('1', 0.2)], ['1']), [plan('1', 0)]);
  });
});

const kinds = fc.constantFrom<LayoutKind>('floating', 'best_fit', 'vertical');
const counts = fc.integer({ min: 0, max: 40 });
const sizes = fc.record({ width: fc.integer({ min: 2, max: 1920 }), height: fc.integer({ min: 2, max: 1920 }) });

test('nothing lies outside of the canvas, and everybody is shown once', () => {
  const property = fc.property(kinds, counts, fc.integer({ min: 0, max: 20 }), sizes, (kind, count, named, size) => {
    const all = regions(kind, users(count), String(named));
    assert.ok(all.length <= 18);
    assert.equal(new Set(all.map(({ uid }) => uid)).size, all.length);
    for (const region of all) {
      const box = toPixels(region, size);
      for (const edge of [box.x, box.y, box.width, box.height]) assert.ok(Number.isInteger(edge) && edge >= 0);
      assert.ok(box.x + box.width <= size.width && box.y + box.height <= size.height);
    }
  });
  fc.assert(property);
});

test('the regions of a grid, and of vertical, do not overlap by a pixel', () => {
  const property = fc.property(
    fc.constantFrom<LayoutKind>('best_fit', 'vertical'),
    counts,
    sizes,
    (kind, count, size) => {
      const boxes = regions(kind, users(count), '2').map((region) => toPixels(region, size));
      for (const [i, a] of boxes.entries()) {
        for (const b of boxes.slice(i + 1)) {
          const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
          assert.ok(apart, `${JSON.stringify(a)} and ${JSON.stringify(b)}`);
        }
      }
    },
  );
  fc.assert(property);
});

test('a full grid leaves no pixel out', () => {
  const property = fc.property(fc.constantFrom(1, 2, 4, 9, 16), sizes, (count, size) => {
    const area = regions('best_fit', users(count))
      .map((region) => toPixels(region, size))
      .reduce((sum, { width, height }) => sum + width * height, 0);
    assert.equal(area, size.width * size.height);
  });
  fc.assert(property);
});

test('neighbours touch where the canvas cannot be divided evenly', () => {
  const [a, b, c] = regions('best_fit', users(9)).map((region) => toPixels(region, { width: 1280, height: 720 }));
  assert.deepEqual([a?.x, a?.width], [0, 427]);
  assert.deepEqual([b?.x, b?.width], [427, 426]);
  assert.deepEqual([c?.x, c?.width], [853, 427]);
});

test('neighbours touch whose fractions were rounded to six places', () => {
  const left = toPixels({ x: 0, y: 0, width: 0.333333, height: 1 }, { width: 1280, height: 720 });
  const right = toPixels({ x: 0.333333, y: 0, width: 0.666667, height: 1 }, { width: 1280, height: 720 });
  assert.equal(left.width, right.x);
  assert.equal(right.x + right.width, 1280);
});
