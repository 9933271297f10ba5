import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Rgb } from '../probe/pixels.ts';
import { ffmpegOutput } from '../probe/tool.ts';

/** Pictures of one colour, on loopback and a port of their own. */
export interface Images extends AsyncDisposable {
  /** JPEG of this colour, 320x180. */
  url(color: Rgb): string;
  readonly missing: string;
  /** Never answers. */
  readonly hanging: string;
  readonly requests: readonly string[];
}

export async function serveImages(): Promise<Images> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    const color = /^\/([0-9a-f]{6})\.jpg$/.exec(path)?.[1];
    if (path === '/hang.jpg') return;
    if (color === undefined) return void response.writeHead(404).end();
    const source = `color=0x${color}:s=320x180:d=1:r=1`;
    const picture = [
      '-f',
      'lavfi',
      '-i',
      source,
      '-frames:v',
      '1',
      '-f',
      'image2pipe',
      '-c:v',
      'mjpeg',
      '-q:v',
      '2',
      '-',
    ];
    ffmpegOutput(picture).then(
      (jpeg) => response.writeHead(200, { 'content-type': 'image/jpeg' }).end(jpeg),
      (error) => response.destroy(error),
    );
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: (color) => `${origin}/${Buffer.from(color).toString('hex')}.jpg`,
    missing: `${origin}/missing.jpg`,
    hanging: `${origin}/hang.jpg`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
