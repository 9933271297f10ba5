import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { regionsFor, toPixels } from '../../pages/composite/layout.js';
import { CEILING } from '../../pages/composite/limiter.js';
import type { LayoutPlan, RegionPlan } from '../../src/recording/channel.ts';
import { NOBODY } from '../../src/recording/channel.ts';
import { distance, type Picture, pixelOf, type Rgb } from '../probe/pixels.ts';
import { ffmpegOutput } from '../probe/tool.ts';
import { CompositePage, LAYOUT } from '../support/composite-page.ts';

const SIZE = { width: 640, height: 360 };
const GROUND: Rgb = [0x10, 0x20, 0x30];
const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];
const [RED, GREEN, BLUE]: readonly Rgb[] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
];
/** Colours go through a decoder and come back a little different. */
const NEAR = 40;

/** Each user's own colour, far enough from all others and from the ground. */
function colourOf(user: number): Rgb {
  const step = [0x50, 0xa8, 0xff] as const;
  return [step[user % 3] ?? 0, step[Math.floor(user / 3) % 3] ?? 0, step[Math.floor(user / 9) % 3] ?? 0];
}

function hex(colour: Rgb): string {
  return `#${Buffer.from(colour).toString('hex')}`;
}

function uids(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i + 1));
}

function someUsers(count: number): { uid: string }[] {
  return uids(count).map((uid) => ({ uid }));
}

function expectColour(picture: Picture, x: number, y: number, colour: Rgb, what: string): void {
  const found = pixelOf(picture, Math.floor(x), Math.floor(y));
  expect(distance(found, colour), `${what}: expected ${colour} at ${x},${y}, found ${found}`).toBeLessThan(NEAR);
}

/** Looks until it is so. */
async function untilColour(page: CompositePage, x: number, y: number, colour: Rgb, ms = 5000): Promise<void> {
  await expect
    .poll(async () => distance(pixelOf(await page.look(), x, y), colour), { timeout: ms, intervals: [100] })
    .toBeLessThan(NEAR);
}

async function begin(layout: Partial<LayoutPlan> = {}, plan: Parameters<typeof CompositePage.begin>[1] = {}) {
  return await CompositePage.begin(layout, plan);
}

test('is black until it is told what it is for, and then of its colour at once', async () => {
  await using page = await CompositePage.open(SIZE);
  expectColour(await page.look(), 320, 180, BLACK, 'before');
  await page.begin({ layout: { ...LAYOUT, backgroundColor: '#0000ff' } });
  const look = await page.look();
  for (const [x, y] of [
    [0, 0],
    [639, 0],
    [0, 359],
    [639, 359],
    [320, 180],
  ] as const) {
    // biome-ignore format: corners
    expectColour(look, x, y, BLUE as Rgb, 'begun');
  }
});

test('puts 2, 4, 7 and 17 users where each layout has them', async () => {
  await using page = await begin();
  await page.users(someUsers(17));
  for (const [i, uid] of uids(17).entries())
    await page.picture(uid, { colour: hex(colourOf(i)), width: 64, height: 36 });
  for (const uid of uids(17)) await page.receives(uid, 'video');
  const custom: RegionPlan[] = [
    { uid: '2', x: 0.5, y: 0.5, width: 0.5, height: 0.5, alpha: 1, render: 'crop' },
    { uid: null, x: 0, y: 0, width: 0.25, height: 0.5, alpha: 1, render: 'crop' },
  ];
  for (const kind of ['floating', 'best_fit', 'vertical', 'custom'] as const) {
    const layout = { kind, maxResolutionUid: '2', regions: kind === 'custom' ? custom : [] };
    await page.layout(layout);
    for (const count of [2, 4, 7, 17]) {
      await page.users(someUsers(count));
      const last = String(count);
      await page.receives(last, 'video');
      await sleep(100);
      const look = await page.look();
      const regions = regionsFor(layout, uids(count));
      expect(regions).toHaveLength(kind === 'custom' ? 2 : count);
      for (const [i, region] of regions.entries()) {
        const box = toPixels(region, SIZE);
        // The middle of a large region may be covered by small ones; its upper right corner is not.
        const covered = kind === 'floating' && i === 0;
        const [x, y] = covered ? [box.x + box.width - 2, 1] : [box.x + box.width / 2, box.y + box.height / 2];
        expectColour(look, x, y, colourOf(Number(region.uid) - 1), `user ${region.uid} of ${count}, ${kind}`);
      }
      if (kind === 'best_fit' && count === 7) expectColour(look, 320, 300, GROUND, 'a cell that nobody takes');
      if (kind === 'vertical' && count === 4) expectColour(look, 600, 350, GROUND, 'below the small ones');
      // Come back for the next count.
      await page.users(someUsers(17));
    }
  }
});

test('cuts a picture to fill its region, or shows it whole with black bars', async () => {
  await using page = await begin();
  await page.users([{ uid: '1' }]);
  // Twice as wide as high: in a square region a quarter is cut off on each side, and with it the stripes.
  await page.picture('1', { colour: '#ff0000', stripe: '#00ff00', width: 320, height: 160 });
  await page.receives('1', 'video');
  const region: RegionPlan = { uid: '1', x: 0, y: 0, width: 0.5, height: 320 / 360, alpha: 1, render: 'crop' };
  await page.layout({ kind: 'custom', regions: [region] });
  const cut = await page.look();
  for (const [x, y] of [
    [4, 4],
    [315, 4],
    [4, 315],
    [160, 160],
  ] as const) {
    // biome-ignore format: corners
    expectColour(cut, x, y, RED as Rgb, 'cut');
  }
  expectColour(cut, 330, 160, GROUND, 'beside it');
  await page.layout({ kind: 'custom', regions: [{ ...region, render: 'fit' }] });
  const whole = await page.look();
  expectColour(whole, 160, 40, BLACK, 'bar above');
  expectColour(whole, 160, 280, BLACK, 'bar below');
  expectColour(whole, 10, 160, GREEN as Rgb, 'left stripe');
  expectColour(whole, 310, 160, GREEN as Rgb, 'right stripe');
  expectColour(whole, 160, 160, RED as Rgb, 'middle');
});

test('blends regions, the later over the earlier ones', async () => {
  await using page = await begin();
  await page.users(someUsers(2));
  await page.picture('1', { colour: '#ff0000' });
  await page.picture('2', { colour: '#0000ff' });
  for (const uid of uids(2)) await page.receives(uid, 'video');
  const whole = { x: 0, y: 0, width: 1, height: 1, render: 'crop' } as const;
  await page.layout({ kind: 'custom', regions: [{ ...whole, uid: '1', alpha: 1 }, { ...whole, uid: '2', alpha: 0.5 }] }); // biome-ignore format: two regions
  expectColour(await page.look(), 320, 180, [128, 0, 128], 'half over the other');
  await page.layout({ kind: 'custom', regions: [{ ...whole, uid: '2', alpha: 1 }, { ...whole, uid: '1', alpha: 1 }] }); // biome-ignore format: two regions
  expectColour(await page.look(), 320, 180, RED as Rgb, 'in the order of the regions');
});

test('keeps the last frame for 3.5 s, then shows the image; without an image it stays', async () => {
  await using page = await begin();
  const layout = { userImages: [{ uid: '1', url: page.image({ colour: '00ff00' }), render: 'crop' as const }] };
  await page.layout(layout);
  await page.users(someUsers(2));
  for (const uid of uids(2)) await page.picture(uid, { colour: '#ff0000' });
  for (const uid of uids(2)) await page.receives(uid, 'video');
  for (const uid of uids(2)) await page.call('pause', uid, 'video');
  await page.users(uids(2).map((uid) => ({ uid, video: false })));
  const stoppedMs = Date.now();
  await page.receives('1', 'video', false);
  let seenMs = Date.now();
  while (distance(pixelOf(await page.look(), 160, 180), RED as Rgb) < NEAR && seenMs - stoppedMs < 20_000)
    seenMs = Date.now();
  expect(seenMs - stoppedMs).toBeGreaterThan(2500);
  expect(seenMs - stoppedMs).toBeLessThan(10_000);
  const look = await page.look();
  expectColour(look, 160, 180, GREEN as Rgb, 'with an image');
  expectColour(look, 480, 180, RED as Rgb, 'without one');
  await page.call('resume', '1', 'video');
  await page.users(someUsers(2));
  await untilColour(page, 160, 180, RED as Rgb);
  expect(page.streams('1', 'video').map(({ receiving }) => receiving)).toEqual([true, false, true]);
});

test('keeps the last frame when the track is gone, and shows the next one from its first frame on', async () => {
  await using page = await begin();
  await page.users(someUsers(1));
  await page.picture('1', { colour: '#ff0000', remote: true });
  await page.receives('1', 'video');
  await page.call('end', '1', 'video');
  await page.receives('1', 'video', false);
  await sleep(500);
  expectColour(await page.look(), 320, 180, RED as Rgb, 'after its end');
  await page.picture('1', { colour: '#00ff00', remote: true });
  await untilColour(page, 320, 180, GREEN as Rgb);
});

test('shows images by their priority where there is no picture, and the ground where there is no image', async () => {
  await using page = await begin();
  await page.layout({
    backgroundImage: page.image({ colour: '0000ff' }),
    defaultUserImage: page.image({ colour: '00ff00' }),
    userImages: [{ uid: '2', url: page.image({ colour: 'ff0000', width: 100, height: 100 }), render: 'fit' }],
  });
  await page.users([1, 2, 3].map((uid) => ({ uid: String(uid), video: false })));
  await untilColour(page, 160, 90, GREEN as Rgb);
  await untilColour(page, 480, 90, RED as Rgb);
  const look = await page.look();
  // A square image in a region of 320 by 180.
  expectColour(look, 330, 90, BLACK, 'a bar beside the own image');
  expectColour(look, 480, 270, BLUE as Rgb, 'a cell that nobody takes');
  const slow = { ms: 1500, colour: 'ffffff' };
  await page.layout({ backgroundImage: page.image(slow), defaultUserImage: page.image({ ...slow, other: 1 }) });
  const between = await page.look();
  expectColour(between, 160, 90, GREEN as Rgb, 'until the next one is there');
  expectColour(between, 480, 270, BLUE as Rgb, 'until the next one is there');
  await untilColour(page, 160, 90, WHITE);
  await untilColour(page, 480, 270, WHITE);
  await page.layout({});
  expectColour(await page.look(), 160, 90, GROUND, 'without images');
});

test('a user with sound only is transparent in floating, and of the background in a region over others', async () => {
  await using page = await begin({ kind: 'floating' });
  await page.users([{ uid: '1' }, { uid: '2', video: false }]);
  await page.picture('1', { colour: '#ff0000' });
  await page.receives('1', 'video');
  const small = toPixels(regionsFor({ ...LAYOUT, kind: 'floating' }, uids(2))[1] as RegionPlan, SIZE);
  const [x, y] = [small.x + 20, small.y + 20];
  expectColour(await page.look(), x, y, RED as Rgb, 'floating');
  const whole = { x: 0, y: 0, width: 1, height: 1, alpha: 1, render: 'crop' } as const;
  const regions = [{ ...whole, uid: '1' }, { ...whole, uid: '2', x: 0.25, width: 0.25, height: 0.5 }]; // biome-ignore format: two regions
  await page.layout({ kind: 'custom', regions });
  const look = await page.look();
  expectColour(look, 200, 90, GROUND, 'custom');
  expectColour(look, 100, 90, RED as Rgb, 'beside it');
  await page.layout({ kind: 'custom', regions, backgroundImage: page.image({ colour: '0000ff' }) });
  await untilColour(page, 200, 90, BLUE as Rgb);
});

test('a region waits for its user, and is the background again when the user has left', async () => {
  const half = { y: 0, width: 0.5, height: 1, alpha: 1, render: 'crop' } as const;
  const regions = [{ ...half, uid: '7', x: 0.5 }, { ...half, uid: null, x: 0 }]; // biome-ignore format: two regions
  await using page = await begin({ kind: 'custom', regions });
  await page.users([{ uid: '1' }, { uid: '7' }]);
  for (const uid of ['1', '7']) await page.picture(uid, { colour: '#ff0000' });
  for (const uid of ['1', '7']) await page.receives(uid, 'video');
  await page.users([{ uid: '1' }]);
  await page.receives('7', 'video', false);
  await sleep(200);
  const look = await page.look();
  expectColour(look, 480, 180, GROUND, 'the user who left');
  expectColour(look, 160, 180, RED as Rgb, 'the user who stayed');
});

test('an image that is slow or missing holds nothing up, and is noted without what may be secret', async () => {
  await using page = await begin();
  const missing = page.image({ status: 404, key: 'secret' });
  await page.layout({
    backgroundImage: page.image({ ms: 'never', key: 'secret' }),
    defaultUserImage: missing,
    userImages: [{ uid: '1', url: page.image({ ms: 1500, colour: '00ff00' }), render: 'crop' }],
  });
  await page.users([{ uid: '1', video: false }, { uid: '2' }]);
  await page.picture('2', { colour: '#ff0000' });
  await page.receives('2', 'video');
  const look = await page.look();
  expectColour(look, 160, 180, GROUND, 'not there yet');
  expectColour(look, 480, 180, RED as Rgb, 'the other user');
  await untilColour(page, 160, 180, GREEN as Rgb);
  const note = await page.said(({ type }) => type === 'note');
  expect(JSON.stringify(note)).toContain('/image.bmp');
  expect(JSON.stringify(page.messages)).not.toContain('secret');
});

test('does not show an image above the limit of 6 MB', async () => {
  await using page = await begin();
  await page.layout({ backgroundImage: page.image({ colour: '00ff00', width: 1920, height: 1080 }) });
  const note = await page.said(({ type }) => type === 'note');
  expect(JSON.stringify(note)).toContain('the limit is 6291456');
  expectColour(await page.look(), 320, 180, GROUND, 'the colour stays');
});

test('fetches an image once, however many users show it', async () => {
  await using page = await begin();
  await page.layout({ defaultUserImage: page.image({ colour: '00ff00' }) });
  await page.users(uids(9).map((uid) => ({ uid, video: false })));
  await untilColour(page, 320, 180, GREEN as Rgb);
  const look = await page.look();
  for (const region of regionsFor(LAYOUT, uids(9))) {
    const box = toPixels(region, SIZE);
    expectColour(look, box.x + box.width / 2, box.y + box.height / 2, GREEN as Rgb, `user ${region.uid}`);
  }
  expect(page.requests.filter((path) => path.startsWith('/image'))).toHaveLength(1);
});

test('changes of layout and users leave no frame without the users who stay', async () => {
  await using page = await begin();
  await page.users(someUsers(4));
  for (const uid of uids(4)) await page.picture(uid, { colour: '#ff0000', remote: uid === '1' });
  for (const uid of uids(4)) await page.receives(uid, 'video');
  const { pattern, count } = await page.film(async () => {
    for (let round = 0; round < 6; round += 1) {
      await page.layout({ kind: 'vertical', maxResolutionUid: '2' });
      await page.users(someUsers(3));
      await page.layout({ kind: 'best_fit' });
      await page.users(someUsers(4));
      await sleep(100);
    }
  });
  expect(count).toBeGreaterThan(10);
  const small = { width: 64, height: 36 };
  const data = await ffmpegOutput([
    ...['-framerate', '30', '-i', pattern, '-fps_mode', 'passthrough'],
    ...['-vf', `scale=${small.width}:${small.height}:flags=neighbor`, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'],
  ]);
  const bytes = 3 * small.width * small.height;
  for (let frame = 0; frame * bytes < data.length; frame += 1) {
    const picture = { ...small, data: data.subarray(frame * bytes, (frame + 1) * bytes) };
    // Whatever the layout, the first user is seen in one of these two places and the second one in the other or the same.
    for (const [x, y] of [
      [12, 6],
      [60, 3],
    ] as const) {
      // biome-ignore format: two places
      expectColour(picture, x, y, RED as Rgb, `frame ${frame} of ${count}`);
    }
  }
});

test('records the first users only, and those that are subscribed to', async () => {
  await using page = await begin({}, { maxUsers: 2 });
  await page.users(someUsers(3));
  for (const uid of uids(3)) await page.picture(uid, { colour: '#ff0000' });
  for (const uid of uids(2)) await page.receives(uid, 'video');
  expect(page.streams('3', 'video')).toEqual([]);
  await page.users([{ uid: '1' }, { uid: '3' }]);
  await page.receives('3', 'video');
  await page.subscribe({ audio: NOBODY, video: { kind: 'except', uids: ['1'] } });
  await page.receives('1', 'video', false);
  expect(await page.page.evaluate('[...standIn.wanted]')).toEqual([['3', { audio: false, video: true }]]);
  expectColour(await page.look(), 20, 20, RED as Rgb, 'alone on the canvas');
});

test('mixes seventeen loud users without clipping, and leaves a quiet one as it is', async () => {
  await using page = await begin();
  await page.page.evaluate(`{
    const connect = AudioNode.prototype.connect;
    AudioNode.prototype.connect = function (to, ...more) {
      if (to instanceof AudioDestinationNode) {
        globalThis.heard = new AnalyserNode(this.context, { fftSize: 16384 });
        connect.call(this, globalThis.heard);
      }
      return connect.call(this, to, ...more);
    };
  }`);
  const peak = async () =>
    Number(
      await page.page.evaluate(`(() => {
    if (!globalThis.heard) return 0;
    const samples = new Float32Array(heard.fftSize);
    heard.getFloatTimeDomainData(samples);
    return samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
  })()`),
    );
  await page.users(someUsers(17));
  await page.tone('1', { hertz: 440, amplitude: 0.25 });
  await expect.poll(peak).toBeGreaterThan(0.2);
  await sleep(500);
  expect(await peak()).toBeCloseTo(0.25, 2);
  for (const [i, uid] of uids(17).entries()) await page.tone(uid, { hertz: 200 + 37 * i, amplitude: 1 });
  for (const uid of uids(17)) await page.receives(uid, 'audio');
  await expect.poll(peak).toBeGreaterThan(0.8 * CEILING);
  for (let look = 0; look < 5; look += 1) {
    await sleep(100);
    expect(await peak()).toBeLessThanOrEqual(CEILING + 1e-6);
  }
  await page.users([]);
  await expect.poll(peak).toBe(0);
});

test('hears what comes by a peer connection, and tells when it begins and ends', async () => {
  await using page = await begin();
  await page.users(someUsers(1));
  await page.tone('1', { hertz: 440, amplitude: 0.5, remote: true });
  await page.receives('1', 'audio');
  await page.users([{ uid: '1', audio: false }]);
  await page.receives('1', 'audio', false);
  await page.users(someUsers(1));
  await page.receives('1', 'audio');
  await page.users([]);
  await page.receives('1', 'audio', false);
  const told = page.streams('1', 'audio');
  expect(told.map(({ receiving }) => receiving)).toEqual([true, false, true, false]);
  for (const { atMs } of told) expect(Math.abs(Date.now() - atMs)).toBeLessThan(60_000);
});

test('two hundred users who come and go leave nothing behind', async () => {
  await using page = await begin();
  const visit = async (user: number) => {
    const present = [user, user + 1, user + 2].map(String);
    await page.users(present.map((uid) => ({ uid })));
    await page.picture(String(user), { colour: '#ff0000', width: 32, height: 18 });
    await page.tone(String(user), { hertz: 440, amplitude: 0.1 });
    if (user > 3) for (const kind of ['audio', 'video']) await page.call('end', String(user - 3), kind);
  };
  const leave = async () => {
    await page.users([]);
    expect(await page.page.evaluate('document.querySelectorAll(".tile, video").length')).toBe(0);
  };
  const names = [
    'Nodes',
    'JSEventListeners',
    'AudioHandlers',
    'AudioWorkletProcessors',
    'ContextLifecycleStateObservers',
  ];
  const counts = async () => {
    const all = await page.counts();
    return names.map((name) => all.get(name) ?? 0);
  };
  for (let user = 1; user <= 10; user += 1) await visit(user);
  await leave();
  const before = await counts();
  for (let user = 11; user <= 210; user += 1) await visit(user);
  await leave();
  // About as much was there after ten users, too. The last garbage of sound goes when Chromium's audio thread finds the time.
  const most = async () => Math.max(...(await counts()).map((count, i) => count - (before[i] ?? 0)));
  await expect.poll(most, { timeout: 20_000 }).toBeLessThan(10);
});
