import { ffmpegOutput, probeJson } from './tool.ts';

export type Rgb = readonly [red: number, green: number, blue: number];

/** One picture in full size, 3 bytes per pixel. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Buffer;
}

/** The frame that a player shows at `time` (seconds from the start of the file), or within the sixtieth of a second after it. */
export async function grabFrame(file: string, time: number): Promise<Picture> {
  const { width, height } = await sizeOf(file);
  // Frames may be a second apart: each is repeated for as long as it is shown.
  const shown = ['-vf', `fps=60,select=gte(t\\,${time})`];
  // Without these flags swscale spreads colour by whole pairs of pixels and is off by one step of brightness.
  const exact = ['-sws_flags', 'accurate_rnd+full_chroma_int'];
  const data = await ffmpegOutput([
    ...['-i', file, '-map', '0:v:0', ...shown, '-frames:v', '1', ...exact],
    ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'],
  ]);
  if (data.length !== width * height * 3) throw new Error(`${file} has no frame at ${time} s`);
  return { width, height, data };
}

export async function pixelAt(file: string, time: number, x: number, y: number): Promise<Rgb> {
  return pixelOf(await grabFrame(file, time), x, y);
}

export function pixelOf(picture: Picture, x: number, y: number): Rgb {
  const at = (y * picture.width + x) * 3;
  const [red, green, blue] = picture.data.subarray(at, at + 3);
  if (x < 0 || x >= picture.width || red === undefined || green === undefined || blue === undefined) {
    throw new Error(`pixel ${x},${y} is outside of ${picture.width}x${picture.height}`);
  }
  return [red, green, blue];
}

/** Mean colour of a rectangle. */
export function meanOf(picture: Picture, x: number, y: number, width: number, height: number): Rgb {
  const sum: [number, number, number] = [0, 0, 0];
  for (let row = y; row < y + height; row += 1) {
    for (let column = x; column < x + width; column += 1) {
      const pixel = pixelOf(picture, column, row);
      for (const i of [0, 1, 2] as const) sum[i] += pixel[i];
    }
  }
  const count = width * height;
  return [sum[0] / count, sum[1] / count, sum[2] / count];
}

/** Largest difference of any of the three channels. */
export function distance(a: Rgb, b: Rgb): number {
  return Math.max(Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1]), Math.abs(a[2] - b[2]));
}

export function lumaOf([red, green, blue]: Rgb): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export async function sizeOf(file: string): Promise<{ width: number; height: number }> {
  const json = await probeJson(['-select_streams', 'v:0', '-show_entries', 'stream=width,height', file]);
  const [stream] = (json as { streams: { width: number; height: number }[] }).streams;
  if (stream === undefined) throw new Error(`${file} has no picture`);
  return stream;
}
