/**
 * The bar code of `test/pages/barcode.js`: a frame's number in a strip at the top of the picture, 2 rows of 16 cells over
 * the whole width, each row 1/24 of the width high. 24 bits of number and 8 bits of CRC, white = 1.
 */
export const COLUMNS = 16;
export const ROWS = 2;
/** Height of the strip as a share of the picture's width. */
export const STRIP_HEIGHT = ROWS / 24;

/** Cells that are neither clearly black nor clearly white make the code unreadable. */
const BLACK_BELOW = 100;
const WHITE_ABOVE = 155;

export function encodeCells(number: number): boolean[] {
  const cells: boolean[] = [];
  for (let bit = 23; bit >= 0; bit -= 1) cells.push(((number >> bit) & 1) === 1);
  const crc = crc8(number);
  for (let bit = 7; bit >= 0; bit -= 1) cells.push(((crc >> bit) & 1) === 1);
  return cells;
}

/** @param cells mean luma (0 to 255) of the 32 cells in reading order; null when they are not a bar code. */
export function decodeCells(cells: ArrayLike<number>): number | null {
  let value = 0;
  let crc = 0;
  for (let i = 0; i < COLUMNS * ROWS; i += 1) {
    const luma = cells[i];
    if (luma === undefined || (luma >= BLACK_BELOW && luma <= WHITE_ABOVE)) return null;
    const bit = luma > WHITE_ABOVE ? 1 : 0;
    if (i < 24) value = (value << 1) | bit;
    else crc = (crc << 1) | bit;
  }
  return crc === crc8(value) ? value : null;
}

/** CRC-8, polynomial 7. It starts at 255, so that an all-black strip is no code. */
function crc8(number: number): number {
  let crc = 0xff;
  for (const shift of [16, 8, 0]) {
    crc ^= (number >> shift) & 0xff;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc & 0x80 ? (crc << 1) ^ 0x07 : crc << 1) & 0xff) >>> 0;
  }
  return crc;
}
