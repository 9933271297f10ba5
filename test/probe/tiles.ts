import { decodePictures, type Stretch } from './decode.ts';
import { distance, type Picture, pixelOf, type Rgb, sizeOf } from './pixels.ts';

/** Fractions of a picture's width and height, from the top left corner. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Names of colours that are far apart. */
export type Palette = Readonly<Record<string, Rgb>>;

/** One picture of a recording: which colour of a palette each of some regions has, null for none of them. */
export interface Sight {
  readonly time: number;
  readonly seen: Readonly<Record<string, string | null>>;
}

/**
 * So far a colour may be from the one that it is meant to be. Browsers that send and receive do not always agree on what a
 * saturated colour is; but what is about as near to another colour is neither.
 */
const TOLERANCE = 60;
const CLEARLY = 0.6;
/** Where nothing changes a recording has a picture a second, give or take one interval. */
const APART_S = 1.1;
const LEVELS = [32, 120, 208] as const;

/** Colours that no encoder mistakes for each other, for black, white or grey. */
export const PALETTE: readonly Rgb[] = LEVELS.flatMap((red) =>
  LEVELS.flatMap((green) => LEVELS.map((blue): Rgb => [red, green, blue])),
).filter(([red, green, blue]) => red !== green || green !== blue);

/** Looks at the middle of each region in every picture of a file, or of a stretch of it. */
export async function watchRegions(
  file: string,
  regions: Readonly<Record<string, Region>>,
  palette: Palette,
  stretch?: Stretch,
): Promise<Sight[]> {
  const sights: Sight[] = [];
  for await (const { time, picture } of readPictures(file, stretch)) {
    const seen = Object.entries(regions).map(([name, region]) => [name, nameOf(middleOf(picture, region), palette)]);
    sights.push({ time, seen: Object.fromEntries(seen) });
  }
  return sights;
}

/** All pictures in full size, one after the other. */
export async function* readPictures(
  file: string,
  stretch?: Stretch,
): AsyncGenerator<{ readonly time: number; readonly picture: Picture }> {
  const { width, height } = await sizeOf(file);
  const decoding = { filter: '[0:v:0]null[out]', format: 'rgb24', size: width * height * 3, stretch } as const;
  for await (const { time, data } of decodePictures(file, decoding)) yield { time, picture: { width, height, data } };
}

/** Mean colour of the middle of a region: its borders may be blurred, or show the tile beside it. */
export function middleOf(picture: Picture, region: Region): Rgb {
  return meanColour(picture, {
    x: region.x + region.width * 0.3,
    y: region.y + region.height * 0.3,
    width: region.width * 0.4,
    height: region.height * 0.4,
  });
}

/** Mean colour of a region, of every second of its pixels. */
export function meanColour({ width, height, data }: Picture, region: Region): Rgb {
  const left = Math.round(region.x * width);
  const right = Math.max(left + 1, Math.round((region.x + region.width) * width));
  const top = Math.round(region.y * height);
  const bottom = Math.max(top + 1, Math.round((region.y + region.height) * height));
  const sum: [number, number, number] = [0, 0, 0];
  let count = 0;
  for (let y = top; y < bottom; y += 2) {
    for (let x = left; x < right; x += 2) {
      const at = (y * width + x) * 3;
      for (const i of [0, 1, 2] as const) sum[i] += data[at + i] as number;
      count += 1;
    }
  }
  return [sum[0] / count, sum[1] / count, sum[2] / count];
}

/** The colour of the palette that a colour is meant to be; null for none, or two. */
export function nameOf(colour: Rgb, palette: Palette): string | null {
  const [nearest, next] = Object.entries(palette)
    .map(([name, named]) => ({ name, off: distance(colour, named) }))
    .sort((a, b) => a.off - b.off);
  if (nearest === undefined || nearest.off > TOLERANCE) return null;
  return next === undefined || nearest.off <= next.off * CLEARLY ? nearest.name : null;
}

/** Colours of a palette that cover more than a hundredth of any picture of a stretch. */
export async function coloursAnywhere(file: string, palette: Palette, stretch?: Stretch): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const { picture } of readPictures(file, stretch)) {
    const names = flatSpots(picture).map((colour) => nameOf(colour, palette));
    for (const [name, spots] of Map.groupBy(names, String)) if (spots.length > names.length / 100) found.add(name);
  }
  found.delete('null');
  return found;
}

const SPOT = 12;

/** The colours of small squares, those left out in which colours meet: their mean would be that of nobody. */
function flatSpots(picture: Picture): Rgb[] {
  const columns = Math.floor(picture.width / SPOT);
  const rows = Math.floor(picture.height / SPOT);
  const pixel = (x: number, y: number) => pixelOf(picture, x, y);
  return Array.from({ length: columns * rows }, (_, i) => {
    const [x, y] = [(i % columns) * SPOT, Math.floor(i / columns) * SPOT];
    const corners = [pixel(x, y), pixel(x + SPOT - 1, y), pixel(x, y + SPOT - 1), pixel(x + SPOT - 1, y + SPOT - 1)];
    return { middle: pixel(x + SPOT / 2, y + SPOT / 2), corners };
  }).flatMap(({ middle, corners }) => (corners.every((corner) => distance(corner, middle) < 16) ? [middle] : []));
}

/** How much neighbouring pixels of a region differ on average, 0 to 255: high for fine stripes, near 0 once they are blurred. */
export function detailOf({ width, height, data }: Picture, region: Region): number {
  const [left, right] = [Math.ceil(region.x * width), Math.floor((region.x + region.width) * width)];
  const [top, bottom] = [Math.ceil(region.y * height), Math.floor((region.y + region.height) * height)];
  let sum = 0;
  for (let y = top; y < bottom; y += 1) {
    for (let x = left + 1; x < right; x += 1) {
      // Green is most of what the eye, and so the encoder, calls brightness.
      const at = (y * width + x) * 3 + 1;
      sum += Math.abs((data[at] as number) - (data[at - 3] as number));
    }
  }
  return sum / Math.max(1, (bottom - top) * (right - left - 1));
}

/** When a region begins to show a colour; not when it shows it from the first picture on. */
export function onsetsOf(sights: readonly Sight[], region: string, colour: string): number[] {
  return sights
    .filter(({ seen }, i) => i > 0 && seen[region] === colour && sights[i - 1]?.seen[region] !== colour)
    .map(({ time }) => time);
}

/** The picture that is shown at a time. The last one is shown for as long as pictures may be apart at most. */
export function sightAt(sights: readonly Sight[], time: number): Sight {
  const found = sights.findLast((sight) => sight.time <= time);
  if (found === undefined || time > found.time + APART_S) throw new Error(`no picture at ${time.toFixed(3)} s`);
  return found;
}
