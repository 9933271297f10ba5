import { COLUMNS, decodeCells, ROWS, STRIP_HEIGHT } from './barcode.ts';
import { decodePictures, type Stretch } from './decode.ts';

/** One picture of a recording, as far as the test pages go. */
export interface Frame {
  readonly index: number;
  /** Seconds on the file's own clock, start times included. */
  readonly time: number;
  /** What the bar code says; null where there is none that can be read. */
  readonly number: number | null;
  /** Mean luma of the whole picture, 0 to 255. */
  readonly luma: number;
  /** Brightest minus darkest spot of the picture in small; near 0 in a picture of one colour. */
  readonly spread: number;
  /** All below the bar code is white. */
  readonly flash: boolean;
  /** Largest change of any spot since the frame before, 0 to 255; null for the first frame. */
  readonly change: number | null;
}

const CELL = 4;
export const WIDTH = COLUMNS * CELL;
const STRIP_ROWS = ROWS * CELL;
const REST_ROWS = 36;
/** Bytes of the strip, which is above all else. */
export const STRIP = WIDTH * STRIP_ROWS;
const SIZE = WIDTH * (STRIP_ROWS + REST_ROWS);
const FLASH_ABOVE = 215;

/**
 * The strip with the code and all below it, each scaled to a fixed small size, one above the other: WIDTH columns of greys.
 * @param rows of what is below
 */
export function inSmall(rows: number): string {
  return [
    '[0:v:0]split[a][b]',
    `[a]crop=iw:iw*${STRIP_HEIGHT}:0:0,scale=${WIDTH}:${STRIP_ROWS}:flags=area,format=gray[strip]`,
    `[b]crop=iw:ih-iw*${STRIP_HEIGHT}:0:iw*${STRIP_HEIGHT},scale=${WIDTH}:${rows}:flags=area,format=gray[rest]`,
    '[strip][rest]vstack[out]',
  ].join(';');
}

/** Decodes a file, or a stretch of it, frame by frame. */
async function* readFrames(file: string, stretch?: Stretch): AsyncGenerator<Frame> {
  let previous: Buffer | null = null;
  for await (const { index, time, data } of decodePictures(file, {
    filter: inSmall(REST_ROWS),
    format: 'gray',
    size: SIZE,
    stretch,
  })) {
    yield toFrame(data, previous, index, time);
    previous = data;
  }
}

export async function collectFrames(file: string, stretch?: Stretch): Promise<Frame[]> {
  return await Array.fromAsync(readFrames(file, stretch));
}

function toFrame(picture: Buffer, previous: Buffer | null, index: number, time: number): Frame {
  let sum = 0;
  let restSum = 0;
  let lowest = 255;
  let highest = 0;
  let change = 0;
  for (let i = 0; i < SIZE; i += 1) {
    const luma = picture[i] as number;
    sum += luma;
    if (i >= STRIP) restSum += luma;
    if (luma < lowest) lowest = luma;
    if (luma > highest) highest = luma;
    if (previous !== null) change = Math.max(change, Math.abs(luma - (previous[i] as number)));
  }
  return {
    index,
    time,
    number: numberOf(picture),
    luma: sum / SIZE,
    spread: highest - lowest,
    flash: restSum / (SIZE - STRIP) > FLASH_ABOVE,
    change: previous === null ? null : change,
  };
}

/** What the bar code of a picture in small says; null where there is none that can be read. */
export function numberOf(picture: Buffer): number | null {
  return decodeCells(cellMeans(picture));
}

/** Only the inner quarter of each cell counts: its edges are blurred by the encoder and by odd sizes. */
function cellMeans(picture: Buffer): number[] {
  const means: number[] = [];
  for (let cell = 0; cell < COLUMNS * ROWS; cell += 1) {
    const left = (cell % COLUMNS) * CELL + 1;
    const top = Math.floor(cell / COLUMNS) * CELL + 1;
    const at = (x: number, y: number) => picture[(top + y) * WIDTH + left + x] as number;
    means.push((at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4);
  }
  return means;
}
