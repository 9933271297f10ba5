import { expect, test } from '@playwright/test';
import { countPageFrames } from '../probe/counting.ts';
import { readFacts } from '../probe/facts.ts';
import { collectFrames } from '../probe/frames.ts';
import { distance, grabFrame, meanOf, type Picture, pixelOf, type Rgb } from '../probe/pixels.ts';
import { servePages } from '../support/pages.ts';
import { startProgram } from '../support/program.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

async function recordPage(url: string, out: string, args: readonly string[]): Promise<void> {
  const program = startProgram(['record', url, '--out', out, ...args]);
  const { code, stderr } = await program.finished;
  expect(code, stderr).toBe(0);
}

const NEAR = 90;
const COLOURS = {
  topLeft: [255, 0, 0],
  topRight: [0, 255, 0],
  bottomRight: [0, 0, 255],
  bottomLeft: [255, 255, 255],
} as const;

/** Colours at the edges are smeared by their neighbours, as 4:2:0 keeps colour for two by two pixels; corners are larger. */
function expectCorners(picture: Picture): void {
  const { width, height } = picture;
  const corners: readonly (readonly [Rgb, number, number])[] = [
    [COLOURS.topLeft, 4, 4],
    [COLOURS.topRight, width - 12, 4],
    [COLOURS.bottomRight, width - 12, height - 12],
    [COLOURS.bottomLeft, 4, height - 12],
  ];
  for (const [colour, x, y] of corners) expect(distance(meanOf(picture, x, y, 8, 8), colour)).toBeLessThan(NEAR);
}

for (const size of ['640x360', '1280x720', '240x426', '1920x1080']) {
  test(`shows the page exact to the pixel at ${size}, without pointer, bars or scroll bars`, async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    const out = folder.file('geometry.mp4');
    await recordPage(pages.url('geometry'), out, [
      '--size',
      size,
      '--fps',
      '5',
      '--duration',
      '2s',
      '--bitrate',
      '4000',
    ]);
    const picture = await grabFrame(out, 1);
    expect(`${picture.width}x${picture.height}`).toBe(size);
    expectCorners(picture);
    const { width, height } = picture;
    // The lines of one pixel at the outermost edges are in the outermost row and column.
    expect(brightness(pixelOf(picture, width / 2, 0))).toBeGreaterThan(brightness(pixelOf(picture, width / 2, 4)) + 60);
    expect(brightness(pixelOf(picture, width / 2, height - 1))).toBeGreaterThan(
      brightness(pixelOf(picture, width / 2, height - 5)) + 30,
    );
    expect(brightness(pixelOf(picture, width - 1, height / 2))).toBeGreaterThan(
      brightness(pixelOf(picture, width - 5, height / 2)) + 60,
    );
    expect(brightness(pixelOf(picture, 0, height / 2))).toBeGreaterThan(
      brightness(pixelOf(picture, 4, height / 2)) + 60,
    );
    // Neither pointer nor anything hovered: the middle is black.
    expect(brightness(meanOf(picture, width * 0.4, height * 0.4, width * 0.2, height * 0.2))).toBeLessThan(20);
  });
}

test('leaves out the last row and column of an odd size', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const out = folder.file('odd.mp4');
  await recordPage(pages.url('mobile'), out, ['--size', '375x667', '--fps', '5', '--duration', '2s']);
  const picture = await grabFrame(out, 1);
  expect(picture).toMatchObject({ width: 374, height: 666 });
  expect(readFacts(picture, 2)).toEqual([375, 667]);
});

test('has letters for emoji, in colour, and for scripts of the world', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const out = folder.file('fonts.mp4');
  await recordPage(pages.url('fonts'), out, ['--size', '640x360', '--fps', '5', '--duration', '2s']);
  const [flags] = readFacts(await grabFrame(out, 1), 1);
  const [emoji, han, kana, hangul] = [2, 4, 8, 16];
  const colour = 256;
  const wanted = emoji + han + kana + hangul + colour;
  expect((flags ?? 0) & wanted).toBe(wanted);
});

test('is neither stopped nor covered by dialogs, popups and prompts', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const out = folder.file('dialogs.mp4');
  await recordPage(pages.url('dialogs'), out, ['--size', '640x360', '--fps', '10', '--duration', '9s']);
  const frames = await collectFrames(out);
  const count = countPageFrames(frames);
  // Every frame shows the page's bar code, and the page went on drawing while it asked.
  expect(count.unread).toBe(0);
  expect(count.restarts).toBe(0);
  expect(count.unique).toBeGreaterThan(frames.length * 0.6);
  const last = await grabFrame(out, 8.5);
  const facts = readFacts(last, 9).map((fact) => fact ?? 0);
  const begun = facts.map((fact) => Math.floor(fact / 16));
  expect(Math.min(...begun)).toBeGreaterThan(0);
  // Below the rows of facts the page is of one colour: nothing lies over it.
  const below = meanOf(last, 20, 310, 600, 40);
  expect(distance(below, [0x40, 0x20, 0x40])).toBeLessThan(20);
});

test('starts when the page says that it is ready', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const out = folder.file('ready.mp4');
  const args = ['--size', '640x360', '--fps', '10', '--duration', '2s', '--ready-timeout', '20'];
  await recordPage(pages.url('ready', { after: 1500 }), out, args);
  const green: Rgb = [0, 128, 0];
  expect(distance(meanOf(await grabFrame(out, 0), 100, 100, 400, 200), green)).toBeLessThan(30);
});

test('loads the page once more when it is not ready in time', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const out = folder.file('second.mp4');
  const args = ['--size', '640x360', '--fps', '10', '--duration', '2s', '--ready-timeout', '2'];
  await recordPage(pages.url('ready-second'), out, args);
  expect(pages.requests.filter((path) => path.startsWith('/ready-second'))).toHaveLength(2);
  expect(distance(meanOf(await grabFrame(out, 0), 100, 100, 400, 200), [0, 128, 0])).toBeLessThan(30);
});

test('gives up on a page that is not ready in time twice', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const args = ['--out', folder.file('never.mp4'), '--size', '640x360', '--ready-timeout', '1'];
  const { code, stderr } = await startProgram(['record', pages.url('ready', { after: 'never' }), ...args]).finished;
  expect(code).toBe(3);
  expect(stderr).toContain('notifyReady() within 1 s, twice');
  expect(pages.requests.filter((path) => path.startsWith('/ready'))).toHaveLength(2);
});

function brightness(colour: Rgb): number {
  return (colour[0] + colour[1] + colour[2]) / 3;
}
