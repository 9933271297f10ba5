import { COLUMNS, STRIP_HEIGHT } from './barcode.ts';
import { lumaOf, meanOf, type Picture } from './pixels.ts';

const ROW_HEIGHT = 1 / 24;

/** The numbers that `test/pages/facts.js` shows, row by row; null where a row cannot be read. */
export function readFacts(picture: Picture, rows: number): (number | null)[] {
  return Array.from({ length: rows }, (_, row) => readRow(picture, row));
}

function readRow(picture: Picture, row: number): number | null {
  const width = picture.width / COLUMNS;
  const height = picture.width * ROW_HEIGHT;
  const top = picture.width * STRIP_HEIGHT + row * height;
  let value = 0;
  for (let cell = 0; cell < COLUMNS; cell += 1) {
    const [x, y] = [Math.round((cell + 0.25) * width), Math.round(top + height / 4)];
    const luma = lumaOf(meanOf(picture, x, y, Math.floor(width / 2), Math.floor(height / 2)));
    if (luma >= 100 && luma <= 155) return null;
    value = value * 2 + (luma > 155 ? 1 : 0);
  }
  return value;
}
