import { decodePictures, type Stretch } from './decode.ts';
import { inSmall, numberOf, STRIP, WIDTH } from './frames.ts';

/** A picture of test/pages/edge.html that is not one frame of the page. */
export interface Torn {
  readonly index: number;
  /** Seconds on the file's own clock. */
  readonly time: number;
  /** What its bar code says; null: the bar code itself is torn. */
  readonly number: number | null;
  /** Rows, of ROWS, that do not go with the bar code: first, last and how many. Null without bar code. */
  readonly rows: { readonly first: number; readonly last: number; readonly count: number } | null;
}

export interface Tearing {
  readonly pictures: number;
  readonly torn: readonly Torn[];
}

/** In so many rows all below the bar code is looked at: at 720 lines each stands for seven. */
export const ROWS = 88;
const SIZE = STRIP + WIDTH * ROWS;
/** The two greys of the page are far on either side of it. */
const MIDDLE = 120;
/** Columns beside an edge, where encoder and scaling mix what meets there. */
const BLURRED = 2;
/** Columns of a row that may be wrong: an encoder short of bits smears a corner of a block. */
const FORGIVEN = 4;

/** Looks at every picture of a recording of test/pages/edge.html. */
export async function findTearing(file: string, stretch?: Stretch): Promise<Tearing> {
  const torn: Torn[] = [];
  let pictures = 0;
  for await (const { index, time, data } of decodePictures(file, {
    filter: inSmall(ROWS),
    format: 'gray',
    size: SIZE,
    stretch,
  })) {
    pictures += 1;
    const number = numberOf(data);
    const rows = number === null ? null : wrongRows(data.subarray(STRIP), number);
    if (number === null || rows !== null) torn.push({ index, time, number, rows });
  }
  return { pictures, torn };
}

function wrongRows(rest: Buffer, number: number): Torn['rows'] {
  const wrong = Array.from({ length: ROWS }, (_, row) => row).filter(
    (row) => wrongColumns(rest.subarray(row * WIDTH, (row + 1) * WIDTH), number) > FORGIVEN,
  );
  const [first, last] = [wrong[0], wrong.at(-1)];
  return first === undefined || last === undefined ? null : { first, last, count: wrong.length };
}

/** As the page draws it: the edge steps by 5/16 of the width, and with each number dark and bright change places. */
function wrongColumns(row: Buffer, number: number): number {
  const edge = (((number * 5) % 16) / 16) * WIDTH;
  const leftIsBright = number % 2 === 1;
  return row.reduce((wrong, luma, column) => {
    const near = Math.abs(column + 0.5 - edge) < BLURRED;
    const bright = column < edge === leftIsBright;
    return !near && luma > MIDDLE !== bright ? wrong + 1 : wrong;
  }, 0);
}
