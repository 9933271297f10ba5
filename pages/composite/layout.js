// @ts-check
/** @import { LayoutPlan, RenderMode } from '../../src/recording/channel.ts' */
/** @import { Box, Region } from '../types.ts' */

/** More than this many users are not shown. */
const MOST_REGIONS = 17;

const WHOLE = { x: 0, y: 0, width: 1, height: 1 };

/**
 * Where each user is shown, lowest region first. Users for whom there is no region are left out.
 * @param {Pick<LayoutPlan, 'kind' | 'maxResolutionUid' | 'regions'>} layout
 * @param {readonly string[]} uids of those who are there, in the order in which they came
 * @returns {Region[]}
 */
export function regionsFor(layout, uids) {
  const shown = uids.slice(0, MOST_REGIONS);
  switch (layout.kind) {
    case 'floating':
      return shown.map((uid, i) => region(uid, i === 0 ? WHOLE : floatingBox(i - 1)));
    case 'best_fit':
      return shown.map((uid, i) => region(uid, gridBox(shown.length, i)));
    case 'vertical':
      return verticalRegions(layout.maxResolutionUid, shown);
    case 'custom':
      return customRegions(layout, uids);
  }
}

/**
 * Whole pixels of a box of fractions. Each edge is rounded by itself, so regions that share an edge share it here too, and are
 * a pixel wider or narrower than one another where the canvas cannot be divided evenly: 1280 by 3 is 427, 426, 427.
 * @param {Box} box
 * @param {{ readonly width: number, readonly height: number }} canvas
 * @returns {Box}
 */
export function toPixels({ x, y, width, height }, canvas) {
  const left = pixel(x, canvas.width);
  const top = pixel(y, canvas.height);
  return {
    x: left,
    y: top,
    width: pixel(x + width, canvas.width) - left,
    height: pixel(y + height, canvas.height) - top,
  };
}

/**
 * @param {number} fraction sums of fractions are off by some 1e-16, which must not decide about half a pixel
 * @param {number} size
 */
function pixel(fraction, size) {
  return Math.min(size, Math.round(fraction * size + 1e-6));
}

/**
 * @param {string | null} uid
 * @param {Box} box
 * @param {RenderMode} [render]
 * @returns {Region}
 */
function region(uid, box, render = 'crop') {
  return { uid, ...box, alpha: 1, render };
}

/**
 * Four small windows to a row, the first row at the bottom.
 * @param {number} i
 * @returns {Box}
 */
function floatingBox(i) {
  return {
    x: 0.012 + 0.247 * (i % 4),
    y: 1 - 0.247 * (Math.floor(i / 4) + 1),
    width: 0.235,
    height: 0.235,
  };
}

/**
 * @param {number} count
 * @param {number} i
 * @returns {Box}
 */
function gridBox(count, i) {
  // Side by side on every canvas, upright ones too.
  if (count === 2) return { x: i / 2, y: 0, width: 1 / 2, height: 1 };
  if (count === 17)
    return { x: i === 16 ? 0.4 : 0.1 + 0.2 * (i % 4), y: 0.2 * Math.floor(i / 4), width: 0.2, height: 0.2 };
  const side = Math.ceil(Math.sqrt(count));
  return { x: (i % side) / side, y: Math.floor(i / side) / side, width: 1 / side, height: 1 / side };
}

/** By the number of small regions: how wide the large one is, and how many small ones are in a column. */
const VERTICAL = [
  { most: 4, large: 4 / 5, column: { width: 1 / 5, rows: 4 } },
  { most: 6, large: 6 / 7, column: { width: 1 / 7, rows: 6 } },
  { most: 8, large: 8 / 9, column: { width: 1 / 9, rows: 8 } },
  { most: 16, large: 4 / 5, column: { width: 1 / 10, rows: 8 } },
];

/**
 * The large region stays when its user is not there; of seventeen other users the last one has no region then.
 * @param {string | null} maxResolutionUid
 * @param {readonly string[]} uids
 */
function verticalRegions(maxResolutionUid, uids) {
  const small = uids.filter((uid) => uid !== maxResolutionUid).slice(0, MOST_REGIONS - 1);
  const row = VERTICAL.find(({ most }) => small.length <= most);
  if (!row) return [];
  const { large, column } = row;
  const boxes = small.map((_, i) => ({
    x: large + column.width * Math.floor(i / column.rows),
    y: (i % column.rows) / column.rows,
    width: column.width,
    height: 1 / column.rows,
  }));
  return [
    region(maxResolutionUid, { ...WHOLE, width: large }, 'fit'),
    ...small.map((uid, i) => region(uid, /** @type {Box} */ (boxes[i]))),
  ];
}

/**
 * Regions with a uid wait for it; the others are taken in the order in which users come. When two name the same user, the first
 * counts.
 * @param {Pick<LayoutPlan, 'regions'>} layout
 * @param {readonly string[]} uids
 */
function customRegions({ regions }, uids) {
  const named = new Set(regions.map(({ uid }) => uid));
  const free = uids.filter((uid) => !named.has(uid));
  const given = new Set();
  return regions.slice(0, MOST_REGIONS).flatMap((plan) => {
    const uid = plan.uid ?? free.shift() ?? null;
    if (uid === null || given.has(uid)) return [];
    given.add(uid);
    return [{ ...plan, uid }];
  });
}
