import { ffmpegStream } from './tool.ts';

/** Seconds on the file's own clock. */
export interface Stretch {
  readonly from?: number;
  readonly to?: number;
}

export interface Decoded {
  readonly index: number;
  /** Seconds on the file's own clock, start times included. */
  readonly time: number;
  readonly data: Buffer;
}

export interface Decoding {
  /** From `[0:v:0]` to `[out]`. */
  readonly filter: string;
  readonly format: 'gray' | 'rgb24';
  /** Bytes of a picture. */
  readonly size: number;
  readonly stretch?: Stretch | undefined;
}

/** Decodes a file, or a stretch of it, picture by picture. Only a few pictures are in memory at any time. */
export async function* decodePictures(
  file: string,
  { filter, format, size, stretch = {} }: Decoding,
): AsyncGenerator<Decoded> {
  const times: number[] = [];
  const waiting: Buffer[] = [];
  let index = 0;
  function next(data: Buffer): Decoded {
    const decoded = { index, time: times[index] ?? Number.NaN, data };
    index += 1;
    return decoded;
  }
  const pieces = ffmpegStream(
    [
      ...(stretch.from === undefined ? [] : ['-ss', String(stretch.from)]),
      ...(stretch.to === undefined ? [] : ['-to', String(stretch.to)]),
      ...['-copyts', '-i', file, '-filter_complex', filter.replace(/\[out\]$/, ',showinfo[out]'), '-map', '[out]'],
      ...['-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', format, '-'],
    ],
    (line) => {
      const time = /\bn: *\d+ pts: *\S+ +pts_time:(\S+)/.exec(line)?.[1];
      if (time !== undefined) times.push(Number(time));
    },
  );
  for await (const picture of chop(pieces, size)) {
    waiting.push(picture);
    while (waiting.length > 0 && index < times.length) yield next(waiting.shift() as Buffer);
  }
  for (const picture of waiting) yield next(picture);
}

async function* chop(pieces: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const piece of pieces) {
    rest = rest.length === 0 ? (piece as Buffer<ArrayBuffer>) : Buffer.concat([rest, piece]);
    let at = 0;
    for (; at + size <= rest.length; at += size) yield rest.subarray(at, at + size);
    rest = rest.subarray(at);
  }
}
