import type { Region } from './tiles.ts';

/** Where the API's documents put users; on purpose not a word of the code under test. */

/** A cell of an even grid, counted from 0, row by row. */
export function gridCell(columns: number, rows: number, i: number): Region {
  return { x: (i % columns) / columns, y: Math.floor(i / columns) / rows, width: 1 / columns, height: 1 / rows };
}

/** Small windows of the floating layout, counted from 0: four to a row, from the bottom left corner. */
export function floatingWindow(i: number): Region {
  return { x: 0.012 + 0.247 * (i % 4), y: 1 - 0.247 * (Math.floor(i / 4) + 1), width: 0.235, height: 0.235 };
}

/** Best fit of 17. */
export function cellOf17(i: number): Region {
  if (i === 16) return { x: 0.4, y: 0.8, width: 0.2, height: 0.2 };
  return { x: 0.1 + 0.2 * (i % 4), y: 0.2 * Math.floor(i / 4), width: 0.2, height: 0.2 };
}
